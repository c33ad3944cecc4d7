"""Dashboards' pages: who sees which, what is on them, and what may leave."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
from tests.conftest import Deliver
from tests.web.conftest import NOW, As

from nightlight.catalog.audit import tail
from nightlight.catalog.statements import read_statements
from nightlight.lakehouse.tables import Lake
from nightlight.pipelines.events import Event, Outcome, record_events
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

VOLUME = """title: Volume
question: How many write to us?
owner: program_health
purposes: [improve_service, partner_reporting]
parameters:
  period: {title: Days, kind: dates, default: last 28 days}
  partner:
    title: Line
    kind: choice
    default: all
    choices: {all: All lines}
    sql: SELECT DISTINCT partner FROM gold.volume_daily ORDER BY partner
charts:
  - name: total
    title: Total
    question: How many, in these days?
    sql: |
      SELECT sum(conversations) AS conversations FROM gold.volume_daily
      WHERE day BETWEEN {{period.from}} AND {{period.to}}
    number: conversations
    count: conversations
  - name: by_day
    title: By day
    question: On which days?
    sql: |
      SELECT day, partner, conversations, '=1+1' AS note FROM gold.volume_daily
      WHERE day BETWEEN {{period.from}} AND {{period.to}} AND ({{partner}} = 'all' OR partner = {{partner}})
      ORDER BY day, partner
    columns: {day: {title: Day, unit: day}}
    count: conversations
    dimensions: [day, partner]
    vega:
      mark: line
      encoding:
        x: {field: day, type: temporal}
        y: {field: conversations, type: quantitative}
  - name: kept
    title: Kept
    question: What stays on the page?
    sql: SELECT count(*) AS rows FROM gold.volume_daily
    unsuppressed: it counts days
  - name: refused
    title: Refused
    question: Who may read it?
    sql: SELECT count(*) AS n FROM silver.conversations
    unsuppressed: to see a refusal
"""
NOW_BOARD = """title: Now
question: Is somebody waiting?
owner: program_health
purposes: [improve_service]
refresh: 60s
charts:
  - name: waiting
    title: Waiting
    question: At this moment
    sql: SELECT 2 AS waiting, {{now}} AS at_
    number: waiting
    unsuppressed: to look at
"""
POLICIES = """
GRANT VIEW ON DASHBOARD volume TO analysts; GRANT VIEW ON DASHBOARD volume TO partner_lindenruf;
GRANT VIEW ON DASHBOARD volume TO volunteers; GRANT VIEW ON DASHBOARD broken TO analysts;
GRANT VIEW ON DASHBOARD now TO analysts; GRANT VIEW ON DASHBOARD gone TO analysts;
"""


@pytest.fixture
def boards(line: Home) -> Home:
    for name, text in (("volume", VOLUME), ("now", NOW_BOARD), ("broken", VOLUME.replace("owner:", "owns:"))):
        (line.dashboards / f"{name}.yml").write_text(text, encoding="utf-8")
    apply_policies(line, list(read_statements(POLICIES, "dashboards.sql")), by="ada", text=POLICIES)
    return line


def test_the_list_shows_what_one_may_open_and_which_file_is_broken(boards: Home, sign_in: As) -> None:
    page = sign_in("ana").get("/dashboards").text
    assert '<a href="/dashboards/volume">Volume</a>' in page
    assert "How many write to us?" in page
    assert "dashboards/broken.yml:3: unknown key &#39;owns&#39;; did you mean &#39;owner&#39;?" in page
    page = sign_in("lin").get("/dashboards").text
    assert "/dashboards/volume" in page
    assert "/dashboards/now" not in page
    assert "broken" not in page
    assert "No dashboard has been opened to you yet" in sign_in("otto").get("/dashboards").text


@pytest.mark.parametrize("path", ["volume", "volume/by_day.csv"])
def test_a_dashboard_is_there_for_those_it_is_granted_to(boards: Home, sign_in: As, path: str) -> None:
    assert sign_in("ana").get(f"/dashboards/{path}").status_code == 200
    assert sign_in("lin").get(f"/dashboards/{path}").status_code == 200
    refused, nothing = (sign_in(who).get(f"/dashboards/{path}") for who in ("otto", "sam"))
    assert (refused.status_code, nothing.status_code) == (404, 404)
    assert sign_in("").get(f"/dashboards/{path}").status_code == 303


@pytest.mark.parametrize("path", ["gone", "none", "Volume", "a.b", "volume/none.csv", "broken/by_day.csv", "%00/x.csv"])
def test_what_is_not_there_is_answered_as_what_may_not_be_opened(boards: Home, sign_in: As, path: str) -> None:
    assert sign_in("ana").get(f"/dashboards/{path}").status_code == 404


def test_a_page_holds_a_number_a_picture_and_the_table_of_it(boards: Home, sign_in: As) -> None:
    page = sign_in("ana").get("/dashboards/volume").text
    assert page.count("<h1") == 1
    assert "2,576" in page  # 28 days of 60 and 5 and more: counted by hand
    assert re.search(r'<svg [^>]*role="img"', page)
    assert "<title" in page
    assert "By day</title>" in page
    assert "<summary>Data</summary>" in page
    assert 'href="/data/gold/volume_daily"' in page
    assert " style=" not in page


def test_the_partner_sees_their_own_rows_alone(boards: Home, sign_in: As) -> None:
    rows = list(csv.DictReader(io.StringIO(sign_in("lin").get("/dashboards/volume/by_day.csv").text)))
    assert {row["partner"] for row in rows} == {"lindenruf"}
    assert (
        "home" not in re.sub(r'"/[^"]*"', "", sign_in("lin").get("/dashboards/volume").text).lower().split("<main")[1]
    )


def test_small_counts_are_hidden_on_the_page_and_in_the_file(boards: Home, sign_in: As) -> None:
    rows = list(csv.DictReader(io.StringIO(sign_in("ana").get("/dashboards/volume/by_day.csv").text)))
    first = [row for row in rows if row["day"] == "2026-02-01"]
    assert {row["conversations"] for row in first} == {"hidden"}, "five, and what the day's total would tell it by"
    assert [row["conversations"] for row in rows if row["partner"] == "lindenruf"][-1] == "32"
    page = sign_in("ana").get("/dashboards/volume").text
    assert '<span class="muted">hidden</span>' in page
    assert "groups of fewer than 11 people" in page


def test_a_file_runs_nothing_in_a_spreadsheet_and_is_in_the_audit(boards: Home, sign_in: As) -> None:
    answer = sign_in("ana").get("/dashboards/volume/by_day.csv?partner=home")
    assert answer.headers["content-disposition"] == 'attachment; filename="volume-by_day.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["note"] for row in rows} == {"'=1+1"}
    assert {row["partner"] for row in rows} == {"home"}
    record = tail(boards, 1)[0]
    assert (record["action"], record["statement"], record["rows"]) == ("download", "volume/by_day", 28)
    assert record["tables"] == ["gold.volume_daily"]


def test_what_is_not_suppressed_does_not_leave(boards: Home, sign_in: As) -> None:
    page = sign_in("ana").get("/dashboards/volume").text
    assert "/dashboards/volume/by_day.csv?" in page
    assert "/dashboards/volume/kept.csv" not in page
    answer = sign_in("ana").get("/dashboards/volume/kept.csv")
    assert answer.status_code == 400
    assert "this table does not leave the page" in answer.text
    record = tail(boards, 1)[0]
    assert (record["action"], record["outcome"]) == ("download", "refused")


def test_opening_is_in_the_audit_and_refreshing_is_not_opening(boards: Home, sign_in: As) -> None:
    browser = sign_in("ana")
    assert browser.get("/dashboards/now").status_code == 200
    assert [each["statement"] for each in tail(boards, 9, action="open dashboard")] == ["now"]
    part = browser.get("/dashboards/now", headers={"hx-request": "true", "hx-target": "div#charts"})
    assert part.text.lstrip().startswith('<div id="charts"')
    assert len(tail(boards, 9, action="open dashboard")) == 1
    assert len(tail(boards, 9, action="dashboard")) == 2


def test_a_dashboard_refreshes_itself_with_and_without_scripts_and_can_be_stopped(boards: Home, sign_in: As) -> None:
    page = sign_in("ana").get("/dashboards/now").text
    assert 'hx-trigger="every 60s"' in page
    assert '<noscript><meta http-equiv="refresh" content="60"></noscript>' in page
    stopped = sign_in("ana").get("/dashboards/now?refresh=off").text
    assert "hx-trigger" not in stopped
    assert "http-equiv" not in stopped
    assert "hx-trigger" not in sign_in("ana").get("/dashboards/volume").text


def test_a_chart_that_is_refused_says_so_in_its_place(boards: Home, sign_in: As) -> None:
    page = sign_in("lin").get("/dashboards/volume")
    assert page.status_code == 200
    assert "there is no table &#39;silver.conversations&#39; that you may read" in page.text
    assert "<svg" in page.text


def test_a_broken_file_is_shown_with_its_mistake(boards: Home, sign_in: As) -> None:
    page = sign_in("ana").get("/dashboards/broken")
    assert page.status_code == 200
    assert "dashboards/broken.yml:3" in page.text
    assert str(boards.root) not in page.text


def test_who_may_ask_for_none_of_its_purposes_is_told_so(boards: Home, sign_in: As) -> None:
    page = sign_in("vera").get("/dashboards/volume")
    assert "for purposes that are not allowed to you: improve_service, partner_reporting" in page.text
    assert "<svg" not in page.text


def test_a_wrong_day_is_told_beside_its_field(boards: Home, sign_in: As) -> None:
    page = sign_in("ana").get("/dashboards/volume?period_from=2026-02-30&period_to=2026-02-03").text
    assert '<small id="period_from-error" class="field-error">this is no date (2026-03-01)</small>' in page
    assert 'aria-invalid="true" aria-describedby="period_from-error"' in page
    assert "<svg" not in page
    answer = sign_in("ana").get("/dashboards/volume/by_day.csv?period_from=x")
    assert answer.status_code == 400


@pytest.mark.parametrize("value", ["' OR 1=1 --", "\0", "{{period.from}}", "<script>", "x" * 5000, "🌙"])
def test_nothing_that_is_sent_gets_into_sql_or_page(boards: Home, sign_in: As, value: str) -> None:
    for name in ("partner", "period_from", "nothing", "refresh"):
        page = sign_in("ana").get("/dashboards/volume", params={name: value})
        assert page.status_code == 200
        assert "<script>" not in page.text


def test_a_page_tells_how_far_its_numbers_can_be_trusted(boards: Home, sign_in: As) -> None:
    lake = Lake(boards.lake)
    told = Event("u1", "harbour", "gold.volume_daily", "refresh", "", Outcome.DONE, NOW, broken={"parts_fit": 14})
    record_events(lake, [told])
    page = sign_in("ana").get("/dashboards/volume").text
    assert re.search(r"1 check broken:\s+parts_fit 14 rows", page)
    partner = sign_in("lin").get("/dashboards/volume").text
    assert "1 check broken" in partner
    assert "14 rows" not in partner, "how many rows others have is not theirs to know"
    failed = Event("u2", "harbour", "gold.volume_daily", "refresh", "", Outcome.FAILED, NOW + timedelta(hours=1))
    record_events(lake, [failed])
    assert "last update failed; numbers are of" in sign_in("ana").get("/dashboards/volume").text


def test_a_page_is_of_one_moment_of_the_line(boards: Home, sign_in: As, deliver: Deliver) -> None:
    import pyarrow as pa

    schema = pa.schema(
        [("day", pa.date32()), ("partner", pa.string()), ("conversations", pa.int64()), ("answered", pa.int64())]
    )
    browser = sign_in("ana")
    browser.get("/dashboards/volume")
    row = {"day": date(2026, 2, 20), "partner": "third", "conversations": 1000, "answered": 900}
    deliver(boards, "gold.volume_daily", [row], schema)
    assert "3,576" in browser.get("/dashboards/volume").text, "what has been kept is of the version before"
