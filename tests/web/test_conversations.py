"""Conversations are found and read by those who may read what was written: their rows only, each opening recorded."""

import re
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from tests.conftest import Deliver
from tests.web.conftest import NOW, As

from nightlight.catalog.audit import tail
from nightlight.catalog.statements import read_statements
from nightlight.lakehouse.tables import Lake
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies
from nightlight.web.conversation_search import Readable, Search, literal, read_words, search_statement, snippet
from nightlight.web.conversations import SEARCHES

REVIEW = "quality_review"
WORDS_ONLY = Readable(
    {"conversation_id": "string", "sent_at": "timestamp[us, tz=UTC]", "text": "string"}, {}, False, True
)


def look_for(browser: TestClient, **typed: str) -> Response:
    """What a person finds, the way browsers go: the form, then where it leads."""
    answer = browser.post("/conversations", data={"purpose": REVIEW, **typed})
    return browser.get(answer.headers["location"]) if answer.status_code == 303 else answer


def keys(page: Response) -> list[str]:
    return re.findall(r'<span class="muted">(\w+)</span>', page.text)


def test_a_supervisor_finds_their_conversations_by_words_and_no_other(sign_in: As) -> None:
    page = look_for(sign_in("sam"), words="sleep EXAMS")
    assert page.status_code == 200
    assert keys(page) == ["c1", "c2"]
    assert "<mark>sleep</mark>" in page.text
    assert keys(look_for(sign_in("sam"), words="sleep nowhere")) == []


def test_a_key_finds_one_conversation_and_says_nothing_of_others(sign_in: As) -> None:
    assert keys(look_for(sign_in("sam"), key="c2")) == ["c2"]
    others, nothing = look_for(sign_in("sam"), key="c3"), look_for(sign_in("sam"), key="c9")
    assert keys(others) == keys(nothing) == []
    assert _same(others, nothing)


def _same(one: Response, other: Response) -> bool:
    """Whether two pages differ in nothing but what was typed, and nonces."""
    plain = [re.sub(r'c[39]|"inline\w+Nonce": "[^"]*"|nonce="[^"]*"', "", page.text) for page in (one, other)]
    return plain[0] == plain[1]


def test_a_conversation_is_read_as_it_went_in_local_time(sign_in: As, line: Home) -> None:
    page = sign_in("sam").get("/conversations/c1", params={"purpose": REVIEW})
    assert page.status_code == 200
    said = re.findall(r'<li class="(texter|counselor)">.*?<p>(.*?)</p>', page.text, re.DOTALL)
    assert said == [
        ("texter", "hi, i cant sleep"),
        ("counselor", "I am glad that you wrote. What keeps you awake?"),
        ("texter", "exams, mostly"),
    ]
    assert "Every opening is recorded" in page.text
    title = re.search(r"<title>(.*?)</title>", page.text)
    assert title is not None
    assert title[1] == "Conversation · Nightlight"


def test_what_is_not_ones_own_and_what_is_not_there_are_one_answer(sign_in: As) -> None:
    others, nothing = (sign_in("sam").get(f"/conversations/{key}", params={"purpose": REVIEW}) for key in ("c3", "c9"))
    assert (others.status_code, nothing.status_code) == (404, 404)
    assert _same(others, nothing)


@pytest.mark.parametrize("name", ["ana", "lin", "vera", "otto", "ada"])
@pytest.mark.parametrize("url", ["/conversations", "/conversations/c1?purpose=improve_service"])
def test_for_those_who_may_not_read_text_there_is_no_such_page(sign_in: As, name: str, url: str) -> None:
    assert sign_in(name).get(url).status_code == 404
    assert "/conversations" not in sign_in(name).get("/").text


def test_nobody_gets_in_without_signing_in(sign_in: As) -> None:
    assert sign_in("").get("/conversations/c1").status_code == 303


def test_every_search_and_opening_is_in_the_audit_with_its_purpose(sign_in: As, line: Home) -> None:
    look_for(sign_in("sam"), words="exams")
    sign_in("sam").get("/conversations/c1", params={"purpose": REVIEW})
    sign_in("sam").get("/conversations/c3", params={"purpose": REVIEW})
    records = tail(line, 20, principal="sam")
    assert (records[0]["action"], records[0]["purpose"], records[0]["outcome"]) == (
        "search conversations",
        REVIEW,
        "done",
    )
    opened = [each for each in records if each["action"] == "open conversation"]
    assert any("'c1'" in each["statement"] for each in opened)
    assert any("'c3'" in each["statement"] for each in opened)
    assert "silver.messages.text" in opened[0]["columns"]


def test_a_purpose_is_chosen_before_anything_is_read(sign_in: As, line: Home) -> None:
    page = sign_in("sam").get("/conversations/c1")
    assert page.status_code == 200
    assert "What do you open it for?" in page.text
    assert "sleep" not in page.text
    assert tail(line, 5, action="open conversation") == []
    refused = sign_in("sam").get("/conversations/c1", params={"purpose": "improve_service"})
    assert refused.status_code == 400
    assert "purpose" in refused.text
    assert "sleep" not in refused.text
    assert sign_in("sam").post("/conversations", data={"words": "sleep"}).status_code == 400


def test_words_stand_in_no_url(sign_in: As) -> None:
    answer = sign_in("sam").post("/conversations", data={"purpose": REVIEW, "words": "exams"})
    assert answer.status_code == 303
    assert "exams" not in answer.headers["location"]


def test_a_search_is_there_for_whoever_made_it_and_for_a_while(sign_in: As, line: Home) -> None:
    owner = str(line.root), "sam"
    name = SEARCHES.keep(owner, NOW, REVIEW, Search(date(2026, 1, 1), date(2026, 3, 1)))
    assert sign_in("sam").get(f"/conversations/searches/{name}").status_code == 200
    text = (
        "GRANT USE SCHEMA ON SCHEMA silver TO vera;"
        "GRANT SELECT (text, conversation_id, sent_at) ON TABLE silver.messages TO vera"
    )
    apply_policies(line, list(read_statements(text, "more.sql")), by="ada", text=text)
    for browser, search in ((sign_in("vera"), name), (sign_in("sam"), "guessed")):
        answer = browser.get(f"/conversations/searches/{search}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/conversations?gone=true")
    assert "not kept any more" in sign_in("sam").get("/conversations?gone=true").text


def test_days_and_risk_narrow_the_search(sign_in: As) -> None:
    browser = sign_in("sam")
    assert keys(look_for(browser, since="2026-02-27", until="2026-02-27")) == ["c2"]
    assert keys(look_for(browser, risk="2")) == ["c2"]
    assert keys(look_for(browser, since="2025-01-01", until="2025-12-31")) == []


@pytest.mark.parametrize(
    ("field", "value", "line_shown"),
    [
        ("since", "yesterday", "write the day as year-month-day"),
        ("risk", "9", "risk levels go from 0 to 4"),
        ("until", "2020-01-01", "the first day comes after the last"),
    ],
)
def test_what_cannot_be_read_is_said_beside_the_field(sign_in: As, field: str, value: str, line_shown: str) -> None:
    page = look_for(sign_in("sam"), **{field: value} | ({"since": "2026-01-01"} if field == "until" else {}))
    assert page.status_code == 400
    assert line_shown in page.text


@pytest.mark.parametrize(
    "typed",
    ["' OR 1=1 --", "%", "_", "c_", "c1' OR '1'='1", "\\", "'; DROP TABLE x; --", "\ud55c\u0301", "c1\0", "{{7*7}}"],
)
def test_what_is_typed_is_only_ever_text(sign_in: As, typed: str) -> None:
    browser = sign_in("sam")
    for page in (look_for(browser, key=typed), look_for(browser, words=typed)):
        assert page.status_code == 200
        assert set(keys(page)) <= ({"c1"} if typed == "c1\0" else set())
    assert browser.get("/conversations/" + "c1'%20OR%20'1'='1", params={"purpose": REVIEW}).status_code == 404


def test_text_is_shown_and_never_run(sign_in: As, line: Home, deliver: Deliver) -> None:
    schema = Lake(line.lake).table("silver.messages").schema
    row = {"conversation_id": "c2", "position": 9, "author": "<i>", "sent_at": NOW, "text": "<script>x</script> exams"}
    deliver(line, "silver.messages", [row], schema)
    for page in (
        sign_in("sam").get("/conversations/c2", params={"purpose": REVIEW}),
        look_for(sign_in("sam"), words="script"),
    ):
        assert "<script>x" not in page.text
        assert "<i>" not in page.text
        assert "&lt;" in page.text
        assert "x&lt;/" in page.text or "<mark>script</mark>&gt;x&lt;/<mark>script</mark>" in page.text


def test_words_are_found_without_accents_and_case(line: Home) -> None:
    assert read_words(" a  b a ") == ("a", "b")
    assert snippet("Déjà vu. DEJA!", ("deja",)) == [("Déjà", True), (" vu. ", False), ("DEJA", True), ("!", False)]
    assert snippet("x" * 500 + " exam", ("exam",))[-1] == ("exam", True)
    assert snippet("nothing of it", ("exam",)) == [("nothing of it", False)]


def test_a_text_is_a_literal_whatever_is_in_it() -> None:
    assert literal("a'b\\\0") == "'a''b\\'"


def test_the_days_of_a_search_are_the_lines_days() -> None:
    search = Search(date(2026, 3, 8), date(2026, 3, 8))
    statement = search_statement(search, WORDS_ONLY, ZoneInfo("America/New_York"))
    assert "sent_at >= TIMESTAMPTZ '2026-03-08 05:00:00+00:00'" in statement
    assert "sent_at < TIMESTAMPTZ '2026-03-09 04:00:00+00:00'" in statement
