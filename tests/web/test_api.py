"""The API: the console's door for programs; a token is one principal and one purpose, and no more."""

from collections.abc import Callable
from typing import Any, cast

import pyarrow as pa
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from tests.web.conftest import NOW, As

from nightlight.accounts.tokens import create_token
from nightlight.catalog.audit import tail
from nightlight.catalog.principals import disable
from nightlight.catalog.statements import read_statements
from nightlight.client import facts
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies
from nightlight.web.console.questions import PROGRAMS_EACH, Places

VOLUME = "SELECT partner, sum(conversations) AS n FROM gold.volume_daily GROUP BY partner ORDER BY partner"
ROWS = [{"partner": "home", "n": 2058}, {"partner": "lindenruf", "n": 518}]
PURPOSES = {"ana": "improve_service", "sam": "quality_review", "lin": "partner_reporting", "robot": "improve_service"}
JSON = {"accept": "application/json"}
SERVICE = "CREATE SERVICE PRINCIPAL robot; ADD USER robot TO GROUP analysts;"
Program = Callable[[str], TestClient]


def change(home: Home, statements: str) -> None:
    apply_policies(home, list(read_statements(statements, "test")), by="ada", text=statements)


@pytest.fixture
def program(sign_in: As, line: Home) -> Program:
    """A program with a token of somebody's, without a cookie."""
    change(line, SERVICE)

    def with_token(name: str) -> TestClient:
        client = sign_in("")
        del client.headers["sec-fetch-site"]
        client.headers["authorization"] = f"Bearer {token(line, name)}"
        return client

    return with_token


def token(home: Home, name: str) -> str:
    return create_token(home, principal=name, purpose=PURPOSES[name], name="test", days=1, by="ada", clock=lambda: NOW)


def arrow(answer: Response) -> pa.Table:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vnd.apache.arrow.stream"
    assert "content-encoding" not in answer.headers
    return pa.ipc.open_stream(answer.content).read_all()


def test_an_answer_is_arrow_with_what_one_should_know_about_it(program: Program, line: Home) -> None:
    table = arrow(program("ana").post("/api/sql", json={"sql": VOLUME}))
    assert table.to_pylist() == ROWS
    assert facts(table)["versions"] == {"gold.volume_daily": 0}
    assert facts(table)["truncated"] is False
    record = tail(line, 1)[0]
    assert (record["action"], record["principal"], record["purpose"]) == ("api", "ana", "improve_service")
    assert record["rows"] == 2


def test_an_answer_is_json_where_that_is_asked_for(program: Program) -> None:
    answer = program("ana").post("/api/sql", json={"sql": VOLUME}, headers=JSON).json()
    assert answer["rows"] == ROWS
    assert answer["columns"] == [{"name": "partner", "type": "string"}, {"name": "n", "type": "int64"}]
    assert (answer["truncated"], answer["versions"]) == (False, {"gold.volume_daily": 0})
    many = program("ana").post("/api/sql", json={"sql": "SELECT * FROM range(10001)"}, headers=JSON).json()
    assert (len(many["rows"]), many["truncated"]) == (10_000, True)
    assert "ask for Arrow" in many["notes"][-1]


def test_a_page_asks_by_its_session_and_states_its_purpose_where_there_are_several(sign_in: As, line: Home) -> None:
    assert arrow(sign_in("ana").post("/api/sql", json={"sql": VOLUME})).num_rows == 2
    change(line, "ALLOW PURPOSE platform_care TO analysts;")
    refused = sign_in("ana").post("/api/sql", json={"sql": VOLUME})
    assert (refused.status_code, refused.json()["kind"]) == (403, "purpose")
    asked = {"sql": VOLUME, "purpose": "platform_care"}
    assert arrow(sign_in("ana").post("/api/sql", json=asked)).num_rows == 2


def test_what_another_site_asks_by_a_session_is_refused(sign_in: As) -> None:
    browser = sign_in("ana")
    browser.headers["sec-fetch-site"] = "cross-site"
    assert browser.post("/api/sql", json={"sql": VOLUME}).status_code == 403


def test_each_sees_their_own_rows_and_columns_and_a_stranger_nothing(program: Program, sign_in: As) -> None:
    count = {"sql": "SELECT count(*) AS n FROM gold.volume_daily"}
    assert [arrow(program(who).post("/api/sql", json=count)).to_pylist()[0]["n"] for who in ("ana", "lin")] == [56, 28]
    text = {"sql": "SELECT count(DISTINCT text) AS n FROM silver.messages"}
    for who in ("ana", "lin"):
        refused = program(who).post("/api/sql", json=text)
        assert refused.status_code == 400
        assert refused.json()["kind"] in ("column", "table")
    stranger = sign_in("otto").post("/api/sql", json=count)
    assert (stranger.status_code, stranger.json()["kind"]) == (403, "purpose")
    assert sign_in("").post("/api/sql", json=count).status_code == 401


def test_what_was_written_in_conversations_does_not_leave_by_the_api(program: Program, sign_in: As, line: Home) -> None:
    """Not even for sam, who reads it on the pages."""
    for sql in ("SELECT text FROM silver.messages", "SELECT count(*) AS n FROM silver.messages WHERE text LIKE '%x%'"):
        refused = program("sam").post("/api/sql", json={"sql": sql})
        assert refused.status_code == 400
        assert refused.json()["error"] == "text does not leave by the API: silver.messages.text (text)"
        assert tail(line, 1)[0]["outcome"] == "refused"
    other = {"sql": "SELECT count(position) AS n FROM silver.messages"}
    assert arrow(program("sam").post("/api/sql", json=other)).to_pylist() == [{"n": 6}]
    by_session = sign_in("sam").post("/api/sql", json={"sql": "SELECT text FROM silver.messages"})
    assert by_session.status_code == 400


def test_a_token_is_for_its_purpose_alone(program: Program, line: Home) -> None:
    change(line, "ALLOW PURPOSE platform_care TO analysts;")
    refused = program("ana").post("/api/sql", json={"sql": VOLUME, "purpose": "platform_care"})
    assert refused.status_code == 403
    assert refused.json() == {
        "error": "this token is for 'improve_service' alone",
        "remedy": "make a token for the purpose of this task",
        "kind": "purpose",
    }
    assert tail(line, 1)[0]["outcome"] == "refused"
    assert arrow(program("ana").post("/api/sql", json={"sql": VOLUME, "purpose": "improve_service"})).num_rows == 2


def test_an_invented_token_opens_nothing(program: Program) -> None:
    client = program("ana")
    assert client.get("/api/me").status_code == 200
    client.headers["authorization"] = "Bearer nl_invented"
    refused = client.get("/api/me")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    ("sql", "status", "kind"),
    [
        ("SELECT * FROM silver.nothing", 400, "table"),
        ("SELECT text FROM silver.messages", 400, "column"),
        ("COPY gold.volume_daily TO 'x'", 400, "statement"),
        ("SELECT 'a'::INT", 400, "query"),
        ("", 400, "statement"),
    ],
)
def test_a_refusal_has_a_kind_that_programs_can_tell_apart(program: Program, sql: str, status: int, kind: str) -> None:
    refused = program("ana").post("/api/sql", json={"sql": sql})
    assert (refused.status_code, refused.json()["kind"]) == (status, kind)
    assert set(refused.json()) == {"error", "remedy", "kind"}


def test_too_many_questions_at_once_are_told_when_to_come_back(program: Program) -> None:
    client = program("ana")
    client.get("/api/tables")
    client.post("/api/sql", json={"sql": "SELECT 1"})
    places: Places = cast(FastAPI, client.app).state.questions._program_places
    for _ in range(PROGRAMS_EACH):
        places.take("ana ")
    refused = client.post("/api/sql", json={"sql": VOLUME})
    assert (refused.status_code, refused.headers["retry-after"], refused.json()["kind"]) == (429, "2", "busy")
    assert program("sam").post("/api/sql", json={"sql": VOLUME}).status_code == 200
    places.give_back("ana ")
    assert client.post("/api/sql", json={"sql": VOLUME}).status_code == 200


def test_a_service_principals_token_says_who_asks_and_that_gives_no_right(program: Program, line: Home) -> None:
    named = {"x-nightlight-person": "sam"}
    assert arrow(program("robot").post("/api/sql", json={"sql": VOLUME}, headers=named)).num_rows == 2
    record = tail(line, 1)[0]
    assert (record["principal"], record["person"]) == ("robot", "sam")
    text = program("robot").post("/api/sql", json={"sql": "SELECT text FROM silver.messages"}, headers=named)
    assert text.json()["kind"] == "column"


@pytest.mark.parametrize("named", ["sam", "ada", "nobody.at.all"])
def test_nobody_else_says_who_asks(program: Program, sign_in: As, named: str) -> None:
    headers = {"x-nightlight-person": named}
    for client in (program("ana"), sign_in("ana")):
        refused = client.post("/api/sql", json={"sql": VOLUME}, headers=headers)
        assert refused.status_code == 400
        assert "service principals" in refused.json()["error"]
    strange = program("robot").post("/api/sql", json={"sql": VOLUME}, headers={"x-nightlight-person": "S am; DROP"})
    assert strange.status_code == 400


def test_me_says_who_asks_and_for_what(program: Program, sign_in: As) -> None:
    me = program("ana").get("/api/me").json()
    assert (me["principal"], me["groups"]) == ("ana", ["analysts"])
    assert me["purposes"] == [{"name": "improve_service", "why": "Keep the line reachable"}]
    assert me["limits"]["seconds"] > 0
    assert sign_in("otto").get("/api/me").json()["purposes"] == []


def test_tables_are_listed_with_the_columns_that_may_be_read(program: Program, sign_in: As) -> None:
    def listed(client: TestClient) -> dict[str, list[str]]:
        found = client.get("/api/tables").json()
        return {each["table"]: [column["name"] for column in each["columns"]] for each in found}

    ana, sam = listed(program("ana")), listed(program("sam"))
    assert sorted(ana) == ["gold.volume_daily", "silver.conversations", "silver.messages"]
    assert "text" in sam["silver.messages"]
    assert "text" not in ana["silver.messages"]
    assert sorted(listed(program("lin"))) == ["gold.volume_daily"]
    assert listed(sign_in("otto")) == {}


def test_the_api_is_described_to_those_who_have_signed_in(program: Program, sign_in: As) -> None:
    described = program("ana").get("/api/openapi.json").json()
    assert {"/api/sql", "/api/me", "/api/tables"} <= set(described["paths"])
    assert all(path.startswith("/api/") for path in described["paths"])
    assert sign_in("").get("/api/openapi.json").status_code == 401


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"nonsense",
        b'{"sql": 7}',
        b'{"sql": null}',
        b'{"sql": "SELECT 1", "purpose": {}}',
        b'{"sql": "SELECT \\u0000 1"}',
        b'{"sql": "SELECT \\ud800"}',
        b'{"sql": "SELECT 1", "schema": "\\u0000"}',
        b'{"sql": "SELECT 1", "purpose": "\\ud800"}',
        b'{"sql": "SELECT ' + b"9" * 5000 + b'"}',
        b'{"sql": "' + b"(" * 50_000 + b'"}',
        b'{"sql": "SELECT 1", "schema": "' + b"x" * 5000 + b'"}',
        b"\xff\xfe",
    ],
)
def test_no_input_breaks_it(program: Program, sign_in: As, content: bytes) -> None:
    for client in (program("ana"), sign_in("ana")):
        for accept in ("application/json", "*/*", ""):
            headers = {"content-type": "application/json", "accept": accept}
            answer = client.post("/api/sql", content=content, headers=headers)
            assert answer.status_code < 500, content[:40]
            if answer.status_code != 200:
                told: dict[str, Any] = answer.json()
                assert told["error"]


def test_a_disabled_owner_disables_the_token(program: Program, line: Home) -> None:
    client = program("ana")
    disable(line.database_url, "ana", by="ada")
    assert client.post("/api/sql", json={"sql": VOLUME}).status_code == 401
