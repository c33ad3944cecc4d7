"""A partner line's own people: whatever page they open, however they ask, no row of another line is in it."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import pytest
from fastapi.testclient import TestClient
from tests.conftest import Deliver
from tests.operations.test_reports import DASHBOARD, REPORT
from tests.web.conftest import As

from nightlight.catalog.statements import read_statements
from nightlight.lakehouse.tables import Lake
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

OTHERS_ROWS = 1181  # with the line's 56 that makes 1,237
PLANTED = re.compile(r"777[,.\s\u202f]?777|otherline|1[,.\s\u202f]?237|1[,.\s\u202f]?181")
ALLOWED = "GRANT VIEW ON DASHBOARD queue TO partner_lindenruf;"
PAGES_AT_MOST = 150


@pytest.fixture
def planted(line: Home, deliver: Deliver) -> Home:
    """Rows of another line, with a name and numbers that stand nowhere else; the partner's dashboard and report."""
    days = [date(2026, 2, 1) + timedelta(number % 28) for number in range(OTHERS_ROWS)]
    rows = [{"day": day, "partner": "otherline", "conversations": 777_777, "answered": 777_777} for day in days]
    deliver(line, "gold.volume_daily", rows, Lake(line.lake).table("gold.volume_daily").schema)
    (line.dashboards / "queue.yml").write_text(DASHBOARD)
    (line.reports / "night.yml").write_text(REPORT)
    apply_policies(line, list(read_statements(ALLOWED, "more.sql")), by="ada", text=ALLOWED)
    return line


class Ways(HTMLParser):
    """Where a page leads: its links, and what its GET forms send with each of their choices."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base, self.found = base, set[str]()
        self._form: str | None = None
        self._fields: dict[str, list[str]] = {}
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for name in ("href", "hx-get"):
            if tag in ("a", "div", "section", "button") and given.get(name):
                self._add(given[name])
        match tag:
            case "form" if given.get("method", "get").lower() == "get":
                self._form, self._fields = given.get("action") or self.base, {}
            case "input" if self._form is not None and given.get("name"):
                self._fields[given["name"]] = [given.get("value", "")]
            case "select":
                self._select = given.get("name", "")
            case "option" if self._form is not None and self._select:
                self._fields.setdefault(self._select, []).append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form is not None:
            first = {name: values[0] for name, values in self._fields.items()}
            for name, values in self._fields.items() or [("", [""])]:
                for value in values:
                    self._add(f"{self._form}?{urlencode({**first, name: value} if name else first)}")
            self._form = None

    def _add(self, href: str) -> None:
        target = urlsplit(urljoin(self.base, href))
        if target.netloc in ("", "nightlight.test") and target.path.startswith("/"):
            query = urlencode(parse_qsl(target.query))
            self.found.add(f"{target.path}?{query}" if query else target.path)


def walk(browser: TestClient, start: str = "/") -> Iterator[tuple[str, str]]:
    """Every page that links and forms lead to, with its text."""
    waiting, seen = [start], {start}
    while waiting and len(seen) < PAGES_AT_MOST:
        url = waiting.pop(0)
        if url.startswith(("/static", "/sign-in")):
            continue
        answer = browser.get(url)
        assert answer.status_code < 500, url
        yield url, answer.text
        found = {answer.headers["location"]} if answer.is_redirect else set()
        if "text/html" in answer.headers.get("content-type", ""):
            ways = Ways(url)
            ways.feed(answer.text)
            found |= ways.found
        waiting += sorted(found - seen)
        seen |= found


def test_no_page_that_a_partner_can_reach_tells_of_another_line(planted: Home, sign_in: As) -> None:
    pages = dict(walk(sign_in("lin")))
    told = {url: found[0] for url, text in pages.items() if (found := PLANTED.search(text))}
    assert told == {}
    reached = {urlsplit(url).path for url in pages}
    assert {"/", "/dashboards", "/dashboards/queue", "/data", "/data/gold/volume_daily", "/reports/night"} <= reached
    assert "/dashboards/queue/by_day.csv" in reached


def test_what_is_planted_is_there_for_those_who_may_read_it(planted: Home, sign_in: As) -> None:
    """Otherwise the test above could not fail."""
    answer = sign_in("ana").post(
        "/api/sql",
        json={"sql": "SELECT partner, conversations FROM gold.volume_daily", "purpose": "improve_service"},
        headers={"accept": "application/json"},
    )
    assert PLANTED.search(answer.text)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM gold.volume_daily",
        "SELECT count(*), max(conversations), sum(conversations) FROM gold.volume_daily",
        "SELECT * FROM gold.volume_daily WHERE partner <> 'lindenruf'",
        "SUMMARIZE gold.volume_daily",
        "SELECT partner, count(*) FROM gold.volume_daily GROUP BY ALL",
    ],
)
def test_no_question_of_a_partner_is_answered_from_another_lines_rows(planted: Home, sign_in: As, sql: str) -> None:
    browser = sign_in("lin")
    answer = browser.post(
        "/api/sql", json={"sql": sql, "purpose": "partner_reporting"}, headers={"accept": "application/json"}
    )
    assert answer.status_code == 200
    assert not PLANTED.search(answer.text)
    assert "lindenruf" in answer.text or "28" in answer.text or "<>" in sql
    asked = browser.post("/console/run", data={"sql": sql, "purpose": "partner_reporting"})
    assert not PLANTED.search(answered(browser, asked.headers["location"]))


def answered(browser: TestClient, url: str) -> str:
    """The page of a question in the console, when it has been answered."""
    for _ in range(2000):
        page = browser.get(url).text
        if 'id="running"' not in page:
            return page
    raise AssertionError("the question was not answered")
