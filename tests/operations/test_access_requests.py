"""A granted request is a grant in force, in the same act, and the audit has both."""

from collections.abc import Callable
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from tests.conftest import Deliver

from nightlight.catalog.access import read_access
from nightlight.catalog.audit import tail, verify
from nightlight.catalog.requests import GRANTED, OPEN, find_request
from nightlight.catalog.statements import read_statements
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake
from nightlight.operations import access_requests
from nightlight.operations.access_requests import ask_for_access, decide_access_request, withdraw_access_request
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

AT = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
WHY = "the yearly report needs it"
POLICIES = """
CREATE GROUP analysts; ADD USER ana TO GROUP analysts; CREATE GROUP strangers; ADD USER otto TO GROUP strangers;
CREATE GROUP admins; ADD USER ada TO GROUP admins; ADD USER alba TO GROUP admins; GRANT MANAGE ON CATALOG TO admins;
"""


def clock() -> datetime:
    return AT


@pytest.fixture
def line(home: Home, deliver: Deliver) -> Home:
    text = pa.field("text", pa.string(), metadata={b"nightlight.sensitivity": b"text"})
    deliver(home, "silver.messages", [{"id": 1, "text": "hi"}], pa.schema([pa.field("id", pa.int64()), text]))
    register_tables(home.database_url, Lake(home.lake))
    apply_policies(home, list(read_statements(POLICIES, "p.sql")), by="ada", text=POLICIES)
    return home


def readable(home: Home, who: str) -> list[str]:
    with transaction(home.database_url) as connection:
        return [column.name for column in read_access(connection, who, ["silver.messages"])["silver.messages"].allowed]


def approve(home: Home, number: int, by: str) -> str:
    return decide_access_request(home, number, by=by, is_approval=True, reason=WHY, clock=clock).state


def test_the_last_approval_opens_the_columns_and_nothing_else(line: Home) -> None:
    request = ask_for_access(line, "ana", "silver.messages", ["text"], WHY, clock=clock)
    assert (approve(line, request.id, "ada"), readable(line, "ana")) == (OPEN, [])
    assert (approve(line, request.id, "alba"), readable(line, "ana")) == (GRANTED, ["text"])
    assert readable(line, "otto") == []


def test_the_audit_has_the_asking_each_decision_and_the_grant(line: Home) -> None:
    request = ask_for_access(line, "ana", "silver.messages", ["text"], WHY, clock=clock)
    approve(line, request.id, "ada")
    approve(line, request.id, "alba")
    records = tail(line, 4)
    assert [(each["action"], each["principal"], each["outcome"]) for each in records] == [
        ("request access", "ana", "done"),
        ("approve request", "ada", "done"),
        ("approve request", "alba", "done"),
        ("catalog apply", "alba", "done"),
    ]
    assert records[1]["statement"] == WHY
    assert records[1]["columns"] == ["text"]
    assert "GRANT SELECT (text) ON TABLE silver.messages TO ana;" in records[3]["statement"]
    assert verify(line).ok


def test_what_is_refused_to_those_who_decide_is_in_the_audit(line: Home) -> None:
    request = ask_for_access(line, "ana", "silver.messages", [], WHY, clock=clock)
    with pytest.raises(NightlightError, match="their own request"):
        approve(line, request.id, "ana")
    with pytest.raises(NightlightError, match="MANAGE"):
        approve(line, request.id, "otto")
    refused = [(each["action"], each["principal"]) for each in tail(line, 10, outcome="refused")]
    assert refused == [("approve request", "ana"), ("approve request", "otto")]
    assert readable(line, "ana") == []


def test_a_refusal_grants_nothing(line: Home) -> None:
    request = ask_for_access(line, "ana", "silver.messages", [], WHY, clock=clock)
    decide_access_request(line, request.id, by="ada", is_approval=False, reason=WHY, clock=clock)
    assert readable(line, "ana") == []
    assert tail(line, 1)[0]["action"] == "refuse request"


def test_a_decision_needs_a_reason(line: Home) -> None:
    request = ask_for_access(line, "ana", "silver.messages", [], WHY, clock=clock)
    with pytest.raises(NightlightError, match="a reason is needed"):
        decide_access_request(line, request.id, by="ada", is_approval=True, reason="ok", clock=clock)
    assert readable(line, "ana") == []


def test_a_withdrawn_request_is_not_granted(line: Home) -> None:
    request = ask_for_access(line, "ana", "silver.messages", [], WHY, clock=clock)
    withdraw_access_request(line, request.id, by="ana", clock=clock)
    with pytest.raises(NightlightError, match="withdrawn already"):
        approve(line, request.id, "ada")
    assert readable(line, "ana") == []


def test_a_table_nobody_knows_is_asked_for_like_any_other(line: Home) -> None:
    known = ask_for_access(line, "otto", "silver.messages", ["id"], WHY, clock=clock)
    unknown = ask_for_access(line, "otto", "silver.nowhere", ["id"], WHY, clock=clock)
    assert (known.state, known.needed) == (unknown.state, unknown.needed) == (OPEN, 1)


@pytest.mark.parametrize("fails", ["approvals", "statements"])
def test_grant_and_decision_happen_together_or_not_at_all(
    line: Home, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    request = ask_for_access(line, "ana", "silver.messages", ["id"], WHY, clock=clock)

    def refuse(*_: object, **__: object) -> None:
        raise NightlightError("the disk is full")

    broken: Callable[..., None] = refuse
    if fails == "approvals":
        monkeypatch.setattr(access_requests, "record_decision", broken)
    else:
        monkeypatch.setattr("nightlight.catalog.policies.add", broken)
    with pytest.raises(NightlightError, match="the disk is full"):
        approve(line, request.id, "ada")
    assert readable(line, "ana") == []
    with transaction(line.database_url) as connection:
        found = find_request(connection, request.id)
    assert (found.state, found.decisions) == (OPEN, ())
