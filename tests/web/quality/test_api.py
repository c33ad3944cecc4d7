"""The API for chat software: its token sends; sam who reviews, ana who does not and a stranger's token do not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.web.conftest import NOW, As

from nightlight.accounts.tokens import create_token
from nightlight.catalog.audit import tail
from nightlight.catalog.statements import read_statements
from nightlight.db import rows_of, transaction
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

POLICIES = """
CREATE SERVICE PRINCIPAL chat_software; CREATE PURPOSE live_care OF care 'Notice what needs a person';
ALLOW PURPOSE live_care TO chat_software; GRANT MODIFY ON APP quality TO chat_software;
GRANT EXECUTE ON APP quality TO supervisors;
"""
PURPOSES = {"chat_software": "live_care", "sam": "quality_review", "ana": "improve_service"}
EVENTS, END = "/api/quality/events", "/api/quality/conversations/{}/end"
SECRET = "i keep thinking about killing myself"
Program = Callable[[str], TestClient]


@pytest.fixture
def program(sign_in: As, line: Home) -> Program:
    """A program with a token of somebody's."""
    apply_policies(line, list(read_statements(POLICIES, "quality.sql")), by="ada", text=POLICIES)

    def with_token(name: str) -> TestClient:
        client = sign_in("")
        del client.headers["sec-fetch-site"]
        secret = create_token(
            line, principal=name, purpose=PURPOSES[name], name="test", days=1, by="ada", clock=lambda: NOW
        )
        client.headers["authorization"] = f"Bearer {secret}"
        return client

    return with_token


@pytest.fixture
def chat(program: Program) -> TestClient:
    return program("chat_software")


def event(number: int, line: str = "T: hi", **changed: Any) -> dict[str, Any]:
    who, _, text = line.partition(": ")
    return {
        "conversation": "chat-1",
        "message_id": f"m{number}",
        "author": {"T": "texter", "C": "counselor"}[who],
        "text": text,
        "sent_at": (NOW - timedelta(minutes=4) + timedelta(seconds=30 * number)).isoformat(),
        "counselor": "v1",
        **changed,
    }


def rows(home: Home, table: str) -> list[dict[str, Any]]:
    """Those of the conversation that is sent here."""
    with transaction(home.database_url) as connection:
        return rows_of(connection, table, "1", conversation="chat-1")


def test_a_message_is_answered_with_its_labels_and_no_word_of_it(chat: TestClient) -> None:
    answer = chat.post(EVENTS, json=event(1, f"T: {SECRET}"))
    assert answer.status_code == 200
    found = answer.json()
    assert (found["message_id"], found["duplicate"], found["acts"], found["abstained"]) == ("m1", False, None, None)
    assert found["risk"] == found["running_risk"] > 0
    assert SECRET not in answer.text
    acts = chat.post(EVENTS, json=event(2, "C: Are you thinking about suicide?")).json()["acts"]
    assert acts[0]["act"] == "risk_thoughts"
    assert 0 < acts[0]["probability"] <= 1


def test_risk_that_is_not_asked_about_is_flagged_and_cleared(chat: TestClient) -> None:
    lines = [
        "T: hi",
        f"T: {SECRET}",
        "C: That sounds heavy.",
        "C: What was work like today?",
        "C: Tell me about your day.",
    ]
    answers = chat.post(EVENTS, json={"events": [event(n, line) for n, line in enumerate(lines, 1)]}).json()
    assert answers["refused"] == 0
    last = answers["answers"][-1]
    assert last["raised"] == ["risk_not_assessed"]
    assert [(flag["flag"], flag["severity"]) for flag in last["flags"]] == [("risk_not_assessed", "high")]
    assert "m2" in last["flags"][0]["message_ids"]
    asked = chat.post(EVENTS, json=event(6, "C: Are you thinking about suicide?")).json()
    assert (asked["cleared"], asked["flags"]) == (["risk_not_assessed"], [])


def test_the_end_is_said_once_and_nothing_follows(chat: TestClient) -> None:
    chat.post(EVENTS, json=event(1))
    end = {"at": NOW.isoformat(), "ended_by": "texter"}
    first = chat.post(END.format("chat-1"), json=end)
    assert first.status_code == 200
    assert {flag["flag"] for flag in first.json()["flags"]} >= {"no_closing"}
    assert chat.post(END.format("chat-1"), json=end).json()["duplicate"]
    late = chat.post(EVENTS, json=event(2, sent_at=(NOW + timedelta(minutes=5)).isoformat()))
    assert late.status_code == 409
    assert "ended" in late.json()["error"]


def test_sent_twice_it_counts_once_and_another_text_is_a_conflict(chat: TestClient, line: Home) -> None:
    chat.post(EVENTS, json=event(1))
    assert chat.post(EVENTS, json=event(1)).json()["duplicate"]
    other = chat.post(EVENTS, json=event(1, f"T: {SECRET}"))
    assert other.status_code == 409
    assert SECRET not in other.text
    assert [row["text"] for row in rows(line, "quality_messages")] == ["hi"]


@pytest.mark.parametrize(
    "changed",
    [
        {"sent_at": "2026-03-01T02:10:00"},
        {"sent_at": (NOW + timedelta(days=1)).isoformat()},
        {"author": "system"},
        {"text": SECRET * 1000},
        {"conversation": "live\x001"},
        {"mood": SECRET},
    ],
)
def test_what_is_no_event_is_refused_and_nothing_of_the_request_is_stored(
    chat: TestClient, line: Home, changed: dict[str, Any]
) -> None:
    answer = chat.post(EVENTS, json=event(1, **changed))
    assert answer.status_code == 422
    assert SECRET not in answer.text
    assert set(answer.json()) == {"error", "remedy", "kind"}
    if "sent_at" not in changed or "2026-03-01T02" in changed["sent_at"]:
        several = chat.post(EVENTS, json={"events": [event(1), event(2, **changed)]})
        assert several.status_code == 422
        assert several.json()["error"].startswith("event 2: ")
    assert rows(line, "quality_messages") == []
    assert rows(line, "quality_cases") == []
    assert SECRET not in str(tail(line, 10))


@pytest.mark.parametrize("sent", [{"events": []}, {"events": {}}, {"events": [event(n) for n in range(501)]}, {}])
def test_one_sends_one_to_five_hundred_events(chat: TestClient, sent: dict[str, Any]) -> None:
    assert chat.post(EVENTS, json=sent).status_code == 422


def test_what_is_not_json_is_refused(chat: TestClient) -> None:
    for content in (b"{", b"[]", b"\xff\xfe", b'"hi"'):
        answer = chat.post(EVENTS, content=content, headers={"content-type": "application/json"})
        assert answer.status_code in (400, 422)


def test_of_several_events_the_refused_are_named_and_the_others_taken(chat: TestClient, line: Home) -> None:
    chat.post(EVENTS, json=event(1))
    answers = chat.post(EVENTS, json={"events": [event(1, f"T: {SECRET}"), event(2), event(3)]}).json()
    assert answers["refused"] == 1
    assert "another message" in answers["answers"][0]["error"]
    assert [row["message_id"] for row in rows(line, "quality_messages")] == ["m1", "m2", "m3"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"at": "now"}, 422),
        ({}, 422),
        ({"at": NOW.isoformat(), "ended_by": "nobody"}, 422),
        ({"at": NOW.isoformat()}, 409),
    ],
)
def test_the_end_of_nothing_or_at_no_time_is_refused(chat: TestClient, sent: dict[str, Any], status: int) -> None:
    assert chat.post(END.format("never-began"), json=sent).status_code == status


def test_ids_with_slashes_have_an_end_too(chat: TestClient) -> None:
    chat.post(EVENTS, json=event(1, conversation="2026/03/17"))
    assert chat.post(END.format("2026/03/17"), json={"at": NOW.isoformat()}).status_code == 200


@pytest.mark.parametrize("who", ["sam", "ana"])
def test_nobody_else_sends_or_ends(program: Program, line: Home, who: str) -> None:
    client = program(who)
    assert client.post(EVENTS, json=event(1)).status_code == 404
    assert client.post(END.format("chat-1"), json={"at": NOW.isoformat()}).status_code == 404
    assert rows(line, "quality_cases") == []


def test_nobody_sends_without_a_token(program: Program, sign_in: As, line: Home) -> None:
    program("chat_software")
    assert sign_in("").post(EVENTS, json=event(1)).status_code == 401
    assert rows(line, "quality_cases") == []


def test_the_audit_has_who_sent_of_which_conversation_and_no_word(chat: TestClient, line: Home) -> None:
    chat.post(EVENTS, json={"events": [event(1, f"T: {SECRET}"), event(2)]})
    chat.post(END.format("chat-1"), json={"at": NOW.isoformat()})
    chat.post(EVENTS, json=event(1, "T: another"))
    records = tail(line, 4)
    assert [(record["action"], record["outcome"]) for record in records] == [
        ("send events", "done"),
        ("end conversation", "done"),
        ("send events", "done"),
        ("send events", "refused"),
    ]
    assert {record["principal"] for record in records} == {"chat_software"}
    assert (records[0]["statement"], records[0]["rows"], records[0]["purpose"]) == ("chat-1", 2, "live_care")
    assert SECRET not in str(records)
