"""The example line's reports: they can be read and sent as they are shipped."""

import pytest
from tests.conftest import copy_home

from nightlight.catalog.principals import add_member, add_principal
from nightlight.dashboards.files import read_dashboards
from nightlight.operations.example import DEMO_USERS
from nightlight.operations.report_files import Report, read_reports
from nightlight.operations.reports import check_sendable
from nightlight.settings import Home, shipped

REPORTS = read_reports(shipped("examples/line/reports"))


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory, example_home: Home) -> Home:
    home = copy_home(example_home, tmp_path_factory.mktemp("line") / "home")
    for user, groups in DEMO_USERS.items():
        add_principal(home.database_url, user, "user", by="root")
        for group in groups:
            add_member(home.database_url, user, group, by="root")
    return home


@pytest.mark.parametrize("name", REPORTS)
def test_a_shipped_report_may_be_sent_and_has_something_to_tell(line: Home, name: str) -> None:
    report = REPORTS[name]
    assert isinstance(report, Report), report
    check_sendable(line, report)
    dashboard = read_dashboards(line.dashboards)[report.dashboard]
    assert not isinstance(dashboard, Exception), dashboard
    assert any(chart.may_leave for chart in dashboard.charts)
    assert set(report.charts) <= {chart.name for chart in dashboard.charts if chart.may_leave}


def test_there_is_one() -> None:
    assert "lindenruf_yearly" in REPORTS


def test_their_addresses_are_nobodys() -> None:
    for report in REPORTS.values():
        assert isinstance(report, Report)
        assert all(address.endswith(".example") for address in report.recipients)
