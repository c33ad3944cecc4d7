"""Promises of `nightlight report`: what there is, how it looks before it goes, and sending it now."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Deliver
from tests.operations.test_alerts import MailServer, serving
from tests.operations.test_reports import LEAD, OFFICE, make_line
from typer.testing import CliRunner

from nightlight.catalog.audit import tail
from nightlight.cli.report import report as commands
from nightlight.errors import NightlightError
from nightlight.settings import Home


@pytest.fixture
def server() -> Iterator[MailServer]:
    yield from serving(MailServer())


@pytest.fixture
def place(home: Home, deliver: Deliver, server: MailServer) -> Home:
    return make_line(home, deliver, server)


def report(home: Home, *arguments: str) -> str:
    result = CliRunner().invoke(commands, [*arguments, "--home", str(home.root)], catch_exceptions=False)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def test_reports_are_listed_with_what_happened_last(place: Home, server: MailServer) -> None:
    (before,) = json.loads(report(place, "list", "--json"))
    assert (before["report"], before["as"], before["recipients"], before["last"]) == ("night", "lin", 2, "")
    assert report(place, "send", "night") == f"sent night to {OFFICE}, {LEAD}\n"
    assert len(server.mails) == 2
    (after,) = json.loads(report(place, "list", "--json"))
    assert after["last"] != ""
    (place.reports / "broken.yml").write_text("title: [")
    assert "broken.yml" in report(place, "list")


def test_a_preview_is_a_file_for_its_owner_alone_and_nothing_is_sent(
    place: Home, server: MailServer, tmp_path: Path
) -> None:
    out = tmp_path / "night.html"
    assert report(place, "preview", "night", "--out", str(out)).startswith(f"wrote {out}: Night queue: ")
    assert "<h1>Night queue</h1>" in out.read_text()
    assert out.stat().st_mode & 0o077 == 0
    assert server.mails == []
    assert tail(place, 1, action="preview report")[0]["principal"] == "lin"


def test_a_report_that_is_not_there_is_one_line(place: Home) -> None:
    with pytest.raises(NightlightError, match=r"^there is no report 'nigt'; there are night$"):
        report(place, "send", "nigt")


def test_a_home_without_reports_says_where_to_read_on(home: Home) -> None:
    assert "docs/reports.md" in report(home, "list")
