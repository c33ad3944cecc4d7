"""Reports as files: what is wrong is said with its line, and harms no other report."""

from pathlib import Path

import pytest

from nightlight.errors import NightlightError
from nightlight.operations.report_files import Report, find_report, read_reports, reports_of

GOOD = """title: Night queue
dashboard: queue
principal: lin
purpose: partner_reporting
recipients: [office@lindenruf.example, lead@lindenruf.example]
schedule: monthly on day 2 at 07:00
period: last month
language: fr
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "good.yml").write_text(GOOD)
    return tmp_path / "reports"


def test_a_report_is_read(folder: Path) -> None:
    report = find_report(folder, "good")
    assert (report.dashboard, report.principal, report.period, report.language) == (
        "queue",
        "lin",
        "last 1 months",
        "fr",
    )
    assert report.recipients == ("office@lindenruf.example", "lead@lindenruf.example")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "schedule: monthly on day 2",
            "schedule: monthly on day 31",
            "bad.yml:6: 'monthly on day 31 at 07:00' is no",
        ),
        ("period: last month", "period: next month", "reports/bad.yml:7: 'next month' is no period"),
        ("office@lindenruf.example", "office", "reports/bad.yml:5: 'office' is no e-mail address"),
        ("office@lindenruf.example", '"a@b.example\\nBcc: x@y.example"', "is no e-mail address"),
        ("title: Night queue\n", "", "reports/bad.yml:1: 'title' is missing"),
        ("dashboard:", "dashbord:", "reports/bad.yml:2: unknown key 'dashbord'; did you mean 'dashboard'?"),
        ("language: fr", "language: xx", "reports/bad.yml:8: 'xx' is not possible here"),
        ("title:", "title: [", "reports/bad.yml:"),
    ],
)
def test_a_mistake_is_said_with_its_line_and_the_others_stay(folder: Path, old: str, new: str, line: str) -> None:
    (folder / "bad.yml").write_text(GOOD.replace(old, new))
    found = read_reports(folder)
    assert line in str(found["bad"])
    assert isinstance(found["bad"], NightlightError)
    assert isinstance(found["good"], Report)


def test_a_changed_file_is_read_again(folder: Path) -> None:
    find_report(folder, "good")
    (folder / "good.yml").write_text(GOOD.replace("Night queue", "Nights"))
    assert find_report(folder, "good").title == "Nights"


def test_a_report_that_is_not_there_is_said_with_those_that_are(folder: Path) -> None:
    with pytest.raises(NightlightError, match="there is no report 'god'; there are good"):
        find_report(folder, "god")


def test_reports_belong_to_their_recipients_and_principal(folder: Path) -> None:
    assert list(reports_of(folder, "lin")) == list(reports_of(folder, "lead@lindenruf.example")) == ["good"]
    assert reports_of(folder, "ana") == {}
