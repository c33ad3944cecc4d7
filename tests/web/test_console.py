"""The console: ask, page, cancel, take along; each answer for the one who asked, and only while they may read it."""

import csv
import io
import json
from dataclasses import replace
from typing import Any, cast

import pyarrow as pa
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.web.conftest import As

from nightlight.catalog.audit import tail
from nightlight.catalog.statements import read_statements
from nightlight.settings import Home
from nightlight.sql.background import list_queries
from nightlight.sql.policies import apply_policies
from nightlight.web.console.questions import Questions

VOLUME = "SELECT partner, sum(conversations) AS n FROM gold.volume_daily GROUP BY partner ORDER BY partner"
TEXTS = "SELECT conversation_id, text FROM silver.messages WHERE author = 'texter' ORDER BY ALL"
MANY = "SELECT range AS n FROM range(250)"
LONG = (
    "SELECT count(*) FROM range(100000) a, range(100000) b, range(1000) c WHERE (a.range + b.range) % 7 > c.range % 5"
)
PARTIAL = {"hx-request": "true", "hx-request-type": "partial"}


def questions(browser: TestClient) -> Questions:
    return cast(Questions, cast(FastAPI, browser.app).state.questions)


def begin(browser: TestClient, sql: str, purpose: str = "improve_service", within: str = "") -> str:
    """The URL of a question that was sent without JavaScript."""
    sent = browser.post("/console/run", data={"sql": sql, "purpose": purpose, "within": within})
    assert sent.status_code == 303, sent.text
    return sent.headers["location"]


def ask(browser: TestClient, sql: str, purpose: str = "improve_service", who: str = "ana", within: str = "") -> str:
    """The URL of a question that has ended."""
    url = begin(browser, sql, purpose, within)
    ended(browser, url, who)
    return url


def ended(browser: TestClient, url: str, who: str = "ana") -> None:
    """Wait for the end of a question."""
    asked = questions(browser).find(url.rpartition("/")[2], who)
    assert asked is not None
    asked.wait(20)


def change(home: Home, statements: str) -> None:
    apply_policies(home, list(read_statements(statements, "test")), by="ada", text=statements)


def entries(home: Home, action: str) -> list[tuple[str, str, str]]:
    return [(row["principal"], row["outcome"], row["detail"]) for row in tail(home, 20, action=action)]


def test_an_answer_is_shown_with_its_types_its_time_and_the_version_read(sign_in: As) -> None:
    browser = sign_in("ana")
    page = browser.get(ask(browser, VOLUME)).text
    assert "2 rows" in page
    assert "lindenruf" in page
    assert 'class="number">518<' in page
    assert "whole number" in page
    assert "gold.volume_daily, version 0" in page
    assert VOLUME in page


def test_a_question_is_audited_before_its_answer_is_shown(sign_in: As, line: Home) -> None:
    ask(sign_in("ana"), VOLUME)
    record = tail(line, 1)[0]
    assert (record["action"], record["principal"], record["purpose"]) == ("console", "ana", "improve_service")
    assert (record["statement"], record["rows"], record["outcome"]) == (VOLUME, 2, "done")


def test_the_first_showing_is_the_answer_and_later_ones_are_openings(sign_in: As, line: Home) -> None:
    browser = sign_in("ana")
    url = ask(browser, VOLUME)
    browser.get(url)
    assert entries(line, "open result") == []
    assert "lindenruf" in browser.get(url).text
    assert entries(line, "open result") == [("ana", "done", "")]


def test_an_answer_is_there_for_the_one_who_asked_and_for_nobody_else(sign_in: As) -> None:
    url = ask(sign_in("sam"), TEXTS, "quality_review", "sam")
    assert "cant sleep" in sign_in("sam").get(url).text
    for other in ("ana", "otto"):
        for path in (url, f"{url}/answer.csv"):
            answer = sign_in(other).get(path)
            assert (answer.status_code, "cant sleep" in answer.text) == (404, False)
        for act in ("cancel", "background"):
            assert sign_in(other).post(f"{url}/{act}").status_code == 404
        assert sign_in(other).get("/console/queries/ffff").status_code == 404
    assert sign_in("").get(url).status_code == 303


def test_a_kept_answer_closes_once_its_owner_may_read_less(sign_in: As, line: Home) -> None:
    browser = sign_in("sam")
    url = ask(browser, TEXTS, "quality_review", "sam")
    browser.get(url)
    change(line, "DROP ROW FILTER ON TABLE silver.messages;")
    page = browser.get(url).text
    assert "what you may read has changed" in page
    assert "cant sleep" not in page
    change(
        line,
        "REVOKE USE SCHEMA ON SCHEMA silver FROM supervisors;",
    )
    assert "cant sleep" not in browser.get(url).text


def test_a_hundred_rows_make_a_page(sign_in: As) -> None:
    browser = sign_in("ana")
    url = ask(browser, MANY)
    first, last, beyond = (browser.get(f"{url}?page={page}").text for page in (1, 3, 999))
    assert "Rows 1 to 100 of 250" in first
    assert "?page=2" in first
    assert "Rows 201 to 250 of 250" in last
    assert ">249<" in last
    assert "Rows 201 to 250 of 250" in beyond


def test_what_is_asked_by_htmx_comes_as_a_part_with_its_address(sign_in: As) -> None:
    browser = sign_in("ana")
    part = browser.post("/console/run", data={"sql": VOLUME, "purpose": "improve_service"}, headers=PARTIAL)
    url = part.headers["hx-push-url"]
    ended(browser, url)
    part = browser.get(url, headers=PARTIAL)
    assert "<html" not in part.text
    assert "2 rows" in part.text
    assert 'id="history" hx-swap-oob' in part.text
    assert "<html" in browser.get(url).text


def test_a_running_question_tells_how_far_it_is_and_can_be_cancelled(sign_in: As, line: Home) -> None:
    browser = sign_in("ana")
    url = begin(browser, LONG)
    page = browser.get(url).text
    assert 'hx-trigger="every 500ms"' in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert browser.post(f"{url}/cancel").status_code == 303
    ended(browser, url)
    assert "You stopped it." in browser.get(url).text
    assert entries(line, "cancel") == [("ana", "done", "")]
    assert entries(line, "console") == [("ana", "failed", "the query was cancelled")]


def test_two_questions_at_once_are_enough_for_one_person(sign_in: As) -> None:
    browser = sign_in("ana")
    running = [begin(browser, LONG), begin(browser, LONG)]
    third = browser.post("/console/run", data={"sql": VOLUME, "purpose": "improve_service"})
    assert third.status_code == 429
    assert "2 of your questions are still running" in third.text
    assert VOLUME in third.text
    begin(sign_in("sam"), VOLUME, "quality_review")
    for url in running:
        browser.post(f"{url}/cancel")
        ended(browser, url)
    ask(browser, VOLUME)


def test_a_question_that_takes_too_long_can_go_on_in_the_background(sign_in: As, line: Home) -> None:
    browser = sign_in("ana")
    hasty = replace(line, settings=replace(line.settings, query_seconds=0))
    cast(FastAPI, browser.app).state.site.broker.home = hasty
    url = ask(browser, VOLUME)
    page = browser.get(url).text
    assert "did not end within 0 s" in page
    assert "Run in the background" in page
    started = browser.post(f"{url}/background")
    assert started.status_code == 303
    kept = started.headers["location"]
    running = questions(browser).find_in_background(kept.rpartition("/")[2], "ana")
    if running:
        running.wait(60)
    page = browser.get(kept).text
    assert "2 rows" in page
    assert browser.get(f"{kept}/answer.json").json()[0] == {"partner": "home", "n": 2058}
    assert sign_in("sam").get(kept).status_code == 404
    assert sign_in("sam").get(f"{kept}/answer.csv").status_code == 404
    assert sign_in("sam").post(f"{kept}/cancel").status_code == 404
    assert kept in browser.get("/console").text


def test_what_was_cancelled_in_the_background_is_listed_as_failed(sign_in: As, line: Home) -> None:
    browser = sign_in("ana")
    url = begin(browser, LONG)
    kept = browser.post(f"{url}/background").headers["location"]
    browser.post(f"{url}/cancel")
    running = questions(browser).find_in_background(kept.rpartition("/")[2], "ana")
    assert running is not None
    assert "You may leave this page" in browser.get(kept).text or not list_queries(line, "ana")
    assert browser.post(f"{kept}/cancel").status_code == 303
    running.wait(20)
    assert "the query was cancelled" in browser.get(kept).text


@pytest.mark.parametrize(
    ("sql", "purpose", "told", "meaning"),
    [
        ("SELECT * FROM silver.nothing", "improve_service", "there is no table", "/requests/new?table=silver.nothing"),
        ("SELECT text FROM silver.messages", "improve_service", "there is no column", "misspelt, does not exist"),
        (
            "DELETE FROM gold.volume_daily",
            "improve_service",
            "only reading is possible",
            "read tables and nothing else",
        ),
        ("SELECT 'a'::INT", "improve_service", "could not be converted", "cannot be computed as it is written"),
        (VOLUME, "quality_review", "is not allowed to ana", "this purpose is not yours to state"),
        (VOLUME, "", "a purpose is needed", "Choose one from the list"),
    ],
)
def test_a_refusal_says_what_it_means_and_what_to_do(
    sign_in: As, line: Home, sql: str, purpose: str, told: str, meaning: str
) -> None:
    browser = sign_in("ana")
    page = browser.get(ask(browser, sql, purpose)).text
    assert told in page
    assert meaning in page
    assert [outcome for _, outcome, _ in entries(line, "console")] in (["refused"], ["failed"])


def test_an_unqualified_table_is_looked_up_in_the_schema_that_was_chosen(sign_in: As) -> None:
    browser = sign_in("ana")
    page = browser.get(ask(browser, "SELECT count(*) AS n FROM volume_daily", within="gold")).text
    assert ">56<" in page


def test_an_empty_question_is_told_so(sign_in: As) -> None:
    page = sign_in("ana").post("/console/run", data={"sql": " ", "purpose": "improve_service"})
    assert (page.status_code, "there is no question" in page.text) == (400, True)


@pytest.mark.parametrize("form", ["csv", "json", "arrow"])
def test_an_answer_without_text_or_identities_is_downloaded(sign_in: As, line: Home, form: str) -> None:
    browser = sign_in("ana")
    url = ask(browser, VOLUME)
    assert f"{url}/answer.{form}" in browser.get(url).text
    got = browser.get(f"{url}/answer.{form}")
    rows: list[dict[str, Any]]
    if form == "csv":
        rows = [{**row, "n": int(row["n"])} for row in csv.DictReader(io.StringIO(got.text))]
    else:
        rows = json.loads(got.text) if form == "json" else pa.ipc.open_stream(got.content).read_all().to_pylist()
    assert rows == [{"partner": "home", "n": 2058}, {"partner": "lindenruf", "n": 518}]
    assert got.headers["content-disposition"] == f'attachment; filename="answer.{form}"'
    assert entries(line, "download") == [("ana", "done", form)]


def test_text_is_shown_to_those_who_may_read_it_and_never_downloaded(sign_in: As, line: Home) -> None:
    browser = sign_in("sam")
    url = ask(browser, TEXTS, "quality_review", "sam")
    page = browser.get(url).text
    assert "exams, mostly" in page
    assert "No download: this answer was made from silver.messages.text (text)" in page
    assert "answer.csv" not in page
    got = browser.get(f"{url}/answer.csv")
    assert (got.status_code, "exams" in got.text) == (400, False)
    assert [outcome for _, outcome, _ in entries(line, "download")] == ["refused"]
    counted = ask(browser, "SELECT max(length(text)) AS n FROM silver.messages", "quality_review", "sam")
    assert browser.get(f"{counted}/answer.csv").status_code == 400


def test_an_unknown_form_of_file_is_not_there(sign_in: As) -> None:
    browser = sign_in("ana")
    assert browser.get(f"{ask(browser, VOLUME)}/answer.exe").status_code == 404


def test_an_answer_is_drawn(sign_in: As) -> None:
    browser = sign_in("ana")
    url = ask(browser, VOLUME)
    assert "<figure" not in browser.get(url).text
    page = browser.get(f"{url}?x=0&y=1&kind=bar").text
    assert "<svg viewBox" in page
    assert "n by partner" in page
    assert "choose two columns" in browser.get(f"{url}?x=7&y=0").text


def test_the_tables_beside_the_editor_are_ones_own(sign_in: As) -> None:
    ana, sam, otto = (sign_in(name).get("/console").text for name in ("ana", "sam", "otto"))
    assert "gold.volume_daily" in ana
    assert "<code>text</code>" not in ana
    assert "<code>text</code>" in sam
    assert "volume_daily" not in otto
    assert "no purpose is open to you yet" in otto


def test_a_table_a_statement_or_a_past_question_can_be_put_into_the_editor(sign_in: As, line: Home) -> None:
    browser = sign_in("ana")
    assert (
        "SELECT day, partner, conversations, answered\nFROM gold.volume_daily"
        in browser.get("/console?table=gold.volume_daily").text
    )
    assert "gold.secret" not in browser.get("/console?table=gold.secret").text
    assert "SELECT 41 + 1" in browser.get("/console?sql=SELECT 41 %2B 1").text
    ask(browser, VOLUME)
    page = browser.get("/console").text
    sequence = tail(line, 1)[0]["sequence"]
    assert f"/console?again={sequence}" in page
    assert f"\n{VOLUME}</textarea>" in browser.get(f"/console?again={sequence}").text


def test_what_somebody_else_asked_is_not_there(sign_in: As, line: Home) -> None:
    ask(sign_in("sam"), TEXTS, "quality_review", "sam")
    sequence = tail(line, 1)[0]["sequence"]
    for other in ("ana", "otto"):
        page = sign_in(other).get("/console")
        assert TEXTS[:40] not in page.text
        answer = sign_in(other).get(f"/console?again={sequence}")
        assert (answer.status_code, "silver.messages WHERE" in answer.text) == (404, False)


@pytest.mark.parametrize("value", ["\0", "9" * 400, "'\"><script>", "../..", "\ud800".encode("utf-8", "surrogatepass")])
def test_no_input_breaks_the_console(sign_in: As, value: str | bytes) -> None:
    browser = sign_in("ana")
    for name in ("sql", "purpose", "within"):
        form = {"sql": "SELECT 1", "purpose": "improve_service", name: value}
        sent = browser.post("/console/run", data=form)
        assert sent.status_code < 500
        if sent.status_code == 303:
            ended(browser, sent.headers["location"])
            assert browser.get(sent.headers["location"]).status_code < 500
    for name in ("sql", "table", "again"):
        assert browser.get("/console", params={name: value}).status_code < 500
    for path in ("queries/{}", "queries/{}/answer.csv", "background/{}", "background/{}/answer.{}"):
        assert browser.get("/console/" + path.format("%00", "%00")).status_code == 404
    url = ask(browser, MANY)
    for name in ("page", "x", "y", "kind"):
        assert browser.get(url, params={name: value}).status_code < 500
