"""Asking for access and deciding about it, in the browser: owner, colleague, stranger."""

import html
import re

import pytest
from httpx2 import Response
from tests.web.conftest import As

from nightlight.catalog.audit import tail
from nightlight.catalog.statements import read_statements
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

WHY = "the yearly report needs it"


def text_of(answer: Response) -> str:
    return html.unescape(re.sub(r"\s+", " ", answer.text))


def ask(sign_in: As, who: str, table: str, columns: str = "", reason: str = WHY) -> Response:
    return sign_in(who).post("/requests", data={"table": table, "columns": columns, "reason": reason})


def without_names(page: str, table: str, number: int) -> str:
    """A page of a request without what differs from request to request."""
    main = page.split("<main")[1].replace(table, "TABLE")
    return main.replace(f"/requests/{number}", "/requests/N").replace(f">{number}<", ">N<")


def decide(sign_in: As, who: str, number: int, decision: str = "approve", reason: str = WHY) -> Response:
    return sign_in(who).post(f"/requests/{number}/decision", data={"decision": decision, "reason": reason})


def put(home: Home, policies: str) -> None:
    apply_policies(home, list(read_statements(policies, "p.sql")), by="ada", text=policies)


def test_a_stranger_asks_an_administrator_grants_and_the_table_opens(sign_in: As) -> None:
    assert sign_in("otto").get("/data/gold/volume_daily").status_code == 404
    sent = ask(sign_in, "otto", "gold.volume_daily")
    assert (sent.status_code, sent.headers["location"]) == (303, "/requests/1")
    assert decide(sign_in, "ada", 1).status_code == 303
    assert "granted" in text_of(sign_in("otto").get("/requests/1"))
    assert sign_in("otto").get("/data/gold/volume_daily").status_code == 200
    assert sign_in("otto").get("/data/silver/messages").status_code == 404


def test_text_opens_after_two_people_and_not_after_one(sign_in: As) -> None:
    ask(sign_in, "vera", "silver.messages", "text, position")
    shown = text_of(sign_in("ada").get("/requests/1"))
    assert "2 approvals of different people are needed" in shown
    assert "no row filter concerns vera" in shown
    assert "GRANT USE SCHEMA ON SCHEMA silver TO vera;" in shown
    decide(sign_in, "ada", 1)
    assert sign_in("vera").get("/data/silver/messages").status_code == 404
    assert "You have approved it. A second person decides now." in text_of(sign_in("ada").get("/requests/1"))
    assert decide(sign_in, "ada", 1).status_code == 400
    assert sign_in("vera").get("/data/silver/messages").status_code == 404
    assert "given by ada" in text_of(sign_in("alba").get("/requests/1"))
    decide(sign_in, "alba", 1)
    assert sign_in("vera").get("/data/silver/messages").status_code == 200


def test_nobody_decides_about_their_own(sign_in: As) -> None:
    ask(sign_in, "ada", "silver.conversations")
    assert 'name="decision"' not in sign_in("ada").get("/requests/1").text
    answer = decide(sign_in, "ada", 1)
    assert answer.status_code == 400
    assert "nobody decides about their own request" in text_of(answer)
    assert 'name="decision"' in sign_in("alba").get("/requests/1").text


@pytest.mark.parametrize("who", ["sam", "otto"])
def test_the_request_of_another_is_not_there(sign_in: As, who: str) -> None:
    ask(sign_in, "ana", "silver.messages", "text")
    assert sign_in(who).get("/requests/1").status_code == sign_in(who).get("/requests/99").status_code == 404
    assert decide(sign_in, who, 1).status_code == 404
    assert sign_in(who).post("/requests/1/withdrawal").status_code == 404
    assert "silver.messages" not in sign_in(who).get("/requests").text
    assert sign_in("ana").get("/requests/1").status_code == 200


def test_asking_does_not_tell_whether_a_table_or_its_text_exists(sign_in: As) -> None:
    names = ("silver.messages", "silver.nowheres")
    answers = [ask(sign_in, "lin", name, "text") for name in names]
    assert [each.status_code for each in answers] == [303, 303]
    pages = [text_of(sign_in("lin").get(f"/requests/{number}")) for number in (1, 2)]
    for page in pages:
        assert "Your request was sent" in page
        assert "approval" not in page
        assert "There is no such table" not in page
    assert without_names(pages[0], "silver.messages", 1) == without_names(pages[1], "silver.nowheres", 2)
    assert "There is no such table" in text_of(sign_in("ada").get("/requests/2"))


def test_who_asked_hears_nothing_of_a_first_approval(sign_in: As) -> None:
    ask(sign_in, "vera", "silver.messages", "text")
    decide(sign_in, "ada", 1, reason="agreed with the clinicians")
    assert "agreed with the clinicians" not in text_of(sign_in("vera").get("/requests/1"))
    decide(sign_in, "alba", 1, reason="I agree as well with it")
    assert "agreed with the clinicians" in text_of(sign_in("vera").get("/requests/1"))


def test_a_refusal_is_shown_with_its_reason(sign_in: As) -> None:
    ask(sign_in, "ana", "silver.messages", "text")
    decide(sign_in, "ada", 1, "refuse", "numbers are enough for the report")
    shown = text_of(sign_in("ana").get("/requests/1"))
    assert "numbers are enough for the report" in shown
    assert "refused" in shown
    assert decide(sign_in, "alba", 1).status_code == 400


def test_a_denial_that_stands_is_told_before(sign_in: As) -> None:
    ask(sign_in, "ana", "silver.messages", "text")
    shown = text_of(sign_in("ada").get("/requests/1"))
    assert "denied: SELECT (text) ON TABLE silver.messages to group analysts" in shown
    assert "The grant would have no effect." in shown
    answer = decide(sign_in, "ada", 1)
    assert answer.status_code == 400
    assert "the grant would open nothing" in text_of(answer)


def test_without_a_reason_nothing_is_asked_and_what_was_written_stays(sign_in: As, line: Home) -> None:
    answer = ask(sign_in, "otto", "gold.volume_daily", "day", "please")
    assert answer.status_code == 400
    assert "a reason is needed" in text_of(answer)
    assert 'value="gold.volume_daily"' in answer.text
    assert 'value="day"' in answer.text
    assert sign_in("otto").get("/requests/1").status_code == 404
    assert all(each["action"] != "request access" for each in tail(line, 20))


def test_a_decision_without_a_reason_or_a_choice_is_none(sign_in: As) -> None:
    ask(sign_in, "otto", "gold.volume_daily")
    assert decide(sign_in, "ada", 1, reason="ok").status_code == 400
    assert decide(sign_in, "ada", 1, decision="perhaps").status_code == 400
    assert sign_in("otto").get("/data/gold/volume_daily").status_code == 404


def test_a_table_s_owner_decides_about_it_and_nothing_else(sign_in: As, line: Home) -> None:
    put(line, "SET OWNER ON TABLE gold.volume_daily TO sam; GRANT USE SCHEMA ON SCHEMA gold TO volunteers;")
    ask(sign_in, "vera", "gold.volume_daily", "day")
    ask(sign_in, "vera", "silver.conversations")
    assert "/requests/1" in sign_in("sam").get("/requests").text
    assert "/requests/2" not in sign_in("sam").get("/requests").text
    assert decide(sign_in, "sam", 2).status_code == 404
    assert decide(sign_in, "sam", 1).status_code == 303
    assert "<code>day</code>" in sign_in("vera").get("/data/gold/volume_daily").text


def test_a_request_is_withdrawn_by_who_made_it(sign_in: As) -> None:
    ask(sign_in, "otto", "gold.volume_daily")
    assert sign_in("ada").post("/requests/1/withdrawal").status_code == 400
    assert sign_in("otto").post("/requests/1/withdrawal").status_code == 303
    assert "withdrawn" in text_of(sign_in("otto").get("/requests"))
    assert "/requests/1" not in sign_in("ada").get("/requests").text


def test_every_act_is_in_the_audit(sign_in: As, line: Home) -> None:
    ask(sign_in, "otto", "gold.volume_daily")
    decide(sign_in, "ada", 1)
    acts = [(each["action"], each["principal"], each["outcome"]) for each in tail(line, 3)]
    assert acts == [
        ("request access", "otto", "done"),
        ("approve request", "ada", "done"),
        ("catalog apply", "ada", "done"),
    ]


def test_what_was_typed_is_shown_as_text(sign_in: As) -> None:
    ask(sign_in, "otto", "gold.volume_daily", reason="<script>alert(1)</script> for the report")
    assert "<script>alert" not in sign_in("ada").get("/requests/1").text
    assert "<script>alert" not in sign_in("ada").get("/requests").text


@pytest.mark.parametrize("number", ["0", "-1", str(2**31), str(10**30)])
def test_a_number_that_no_request_can_have_is_not_there(sign_in: As, number: str) -> None:
    assert sign_in("ada").get(f"/requests/{number}").status_code == 404
