"""The pages of reports: for whom a report concerns; a preview shows what whoever looks may see, and nothing more."""

from datetime import timedelta

import pytest
from tests.operations.test_reports import DASHBOARD, REPORT
from tests.web.conftest import NOW, As

from nightlight.catalog.audit import tail
from nightlight.catalog.principals import disable
from nightlight.catalog.statements import read_statements
from nightlight.operations.reports import send_due
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

ALLOWED = "GRANT VIEW ON DASHBOARD queue TO partner_lindenruf; GRANT VIEW ON DASHBOARD queue TO analysts;"


@pytest.fixture
def with_report(line: Home) -> Home:
    (line.dashboards / "queue.yml").write_text(
        DASHBOARD.replace("[partner_reporting]", "[partner_reporting, improve_service]")
    )
    (line.reports / "night.yml").write_text(REPORT)
    apply_policies(line, list(read_statements(ALLOWED, "more.sql")), by="ada", text=ALLOWED)
    return line


def test_a_report_is_listed_for_whom_it_concerns_and_for_nobody_else(with_report: Home, sign_in: As) -> None:
    for name, sees in (("lin", True), ("ada", True), ("ana", False), ("otto", False)):
        page = sign_in(name).get("/reports")
        assert page.status_code == 200
        assert ("Night queue" in page.text) is sees
        assert ('href="/reports"' in sign_in(name).get("/").text) is sees
        assert sign_in(name).get("/reports/night").status_code == (200 if sees else 404)
    assert sign_in("lin").get("/reports/other").status_code == 404


def test_the_principal_previews_what_is_sent(with_report: Home, sign_in: As) -> None:
    page = sign_in("lin").get("/reports/night").text
    assert "As it would be sent now" in page
    assert "518" in page  # 5, 6, .. 32 conversations in the days of February
    assert "As they are" not in page
    assert "hidden" in page
    assert "home" not in page.split("Preview")[1].split("</main>")[0]


def test_managing_reports_shows_nobody_a_partners_numbers(with_report: Home, sign_in: As) -> None:
    page = sign_in("ada").get("/reports/night").text
    assert "No preview: you may not open the dashboard" in page
    assert "518" not in page


def test_a_preview_is_in_the_audit_as_of_whoever_looked(with_report: Home, sign_in: As) -> None:
    sign_in("lin").get("/reports/night")
    (record,) = tail(with_report, 5, action="preview report")
    assert (record["principal"], record["purpose"], record["statement"]) == ("lin", "partner_reporting", "night")


def test_what_became_of_the_mails_is_told(with_report: Home, sign_in: As) -> None:
    assert "Nothing has been sent yet" in sign_in("lin").get("/reports/night").text
    send_due(with_report, NOW)
    send_due(with_report, NOW + timedelta(days=2))  # there is no mail server here
    page = sign_in("lin").get("/reports/night").text
    assert "not yet: mails have no sender" in page
    assert "last one failed" in sign_in("lin").get("/reports").text


def test_a_report_whose_principal_is_disabled_says_so(with_report: Home, sign_in: As) -> None:
    disable(with_report.database_url, "lin", by="ada")
    page = sign_in("ada").get("/reports/night").text
    assert "This report is not sent" in page
    assert "not sent" in sign_in("ada").get("/reports").text


def test_a_broken_file_is_shown_to_those_who_can_mend_it(with_report: Home, sign_in: As) -> None:
    (with_report.reports / "broken.yml").write_text("title: [")
    assert "reports/broken.yml" in sign_in("ada").get("/reports").text
    assert "broken" not in sign_in("lin").get("/reports").text
    assert sign_in("ada").get("/reports/broken").status_code == 404
