"""Admin pages: for those who manage the catalog alone; every change is made, shown and in the audit."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.web.conftest import NOW, As

from nightlight.accounts.passwords import check_password
from nightlight.accounts.sessions import list_sessions, start_session
from nightlight.accounts.tokens import find_token, list_tokens
from nightlight.catalog.access import read_access
from nightlight.catalog.audit import Entry, append, tail, verify
from nightlight.catalog.principals import PIPELINES, add_principal, groups_of, list_principals
from nightlight.catalog.purposes import allowed_purposes
from nightlight.db import transaction
from nightlight.operations.access_requests import ask_for_access
from nightlight.operations.commands import last_command
from nightlight.settings import Home
from nightlight.web.app import ROUTERS

GRANT = "GRANT USE SCHEMA ON SCHEMA gold TO volunteers;\nGRANT SELECT ON TABLE gold.volume_daily TO volunteers;"
PAGES = (
    *("/admin", "/admin/people", "/admin/people/ana", "/admin/groups", "/admin/groups/analysts", "/admin/purposes"),
    *("/admin/policies", "/admin/policies?on=silver.messages", "/admin/tokens", "/admin/sources", "/admin/audit"),
    *("/admin/alerts", "/admin/backup", "/admin/audit/records.csv", "/admin/doctor", "/admin/sources/progress"),
    "/admin/audit/verification",
)
POSTS = tuple(
    f"/admin{path}"
    for path in (
        *("/people", "/people/ana/disable", "/people/ana/enable", "/people/ana/reset-password"),
        *("/people/ana/reset-second-factor", "/people/ana/end-sessions", "/groups", "/groups/analysts/members"),
        *("/groups/analysts/members/remove", "/purposes", "/purposes/improve_service/allow"),
        *("/purposes/improve_service/revoke", "/policies/preview", "/policies/apply", "/tokens", "/tokens/x/revoke"),
        *("/sources/round", "/audit/verify", "/audit/anchor", "/alerts/test", "/doctor"),
    )
)


@pytest.fixture
def ada(sign_in: As) -> TestClient:
    """An administrator's browser."""
    return sign_in("ada")


def principal(home: Home, name: str) -> dict[str, object]:
    return next(row for row in list_principals(home.database_url) if row["name"] == name)


def newest(home: Home) -> dict[str, object]:
    return tail(home, 1)[0]


def wait_for(home: Home, kind: str) -> None:
    command = last_command(home, kind)
    assert command is not None
    assert command.wait(120)


@pytest.mark.parametrize(("name", "status"), {"ada": 200, "ana": 404, "otto": 404, "": 303}.items())
def test_admin_pages_are_there_for_administrators_and_for_nobody_else(sign_in: As, name: str, status: int) -> None:
    browser = sign_in(name)
    assert {url: browser.get(url).status_code for url in PAGES} == dict.fromkeys(PAGES, status)


@pytest.mark.parametrize(("name", "status"), {"ana": 404, "otto": 404, "": 303}.items())
def test_nobody_else_changes_anything(sign_in: As, line: Home, name: str, status: int) -> None:
    browser, before = sign_in(name), tail(line, 1)
    assert {url: browser.post(url).status_code for url in POSTS} == dict.fromkeys(POSTS, status)
    assert tail(line, 1) == before


def test_every_way_of_changing_something_is_among_those_tried_above() -> None:
    def pattern(path: str) -> str:
        return re.sub(r"\{\w+\}", "[^/]+", path)

    routes = [route for router in ROUTERS for route in router.routes if getattr(route, "path", "").startswith("/admin")]
    changing = [str(route.path) for route in routes if "POST" in getattr(route, "methods", ())]  # type: ignore[attr-defined]
    assert len(changing) == len(POSTS)
    assert all(any(re.fullmatch(pattern(path), url) for url in POSTS) for path in changing)


def test_names_that_are_not_there_are_not_found(ada: TestClient) -> None:
    for url in ("/admin/people/nobody", "/admin/people/analysts", f"/admin/people/{PIPELINES}", "/admin/groups/ana"):
        assert ada.get(url).status_code == 404


def test_a_person_is_added_to_groups_and_shown(ada: TestClient, line: Home) -> None:
    answer = ada.post("/admin/people", data={"name": "Zoe@line.org ", "groups": ["analysts", "volunteers"]})
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/people/zoe%40line.org?done=added")
    assert principal(line, "zoe@line.org")["groups"] == ["analysts", "volunteers"]
    assert "Added." in ada.get(answer.headers["location"]).text
    record = newest(line)
    assert (record["action"], record["principal"], record["outcome"]) == ("user add", "ada", "done")
    assert record["statement"] == "zoe@line.org --group analysts --group volunteers"


def test_a_person_who_cannot_be_added_is_not_added_half(ada: TestClient, line: Home) -> None:
    answer = ada.post("/admin/people", data={"name": "zoe", "groups": ["analysts", "anlysts"]})
    assert answer.status_code == 400
    assert "there is no group &#39;anlysts&#39;" in answer.text
    assert "zoe" not in [row["name"] for row in list_principals(line.database_url)]
    assert newest(line)["outcome"] == "failed"
    assert "<script>" not in ada.post("/admin/people", data={"name": "<script>"}).text


def test_people_are_found_by_name_and_by_group(ada: TestClient) -> None:
    page = ada.get("/admin/people?q=analyst").text
    assert "/admin/people/ana" in page
    assert "/admin/people/sam" not in page
    assert "Nobody fits" in ada.get("/admin/people?q=quetzal").text


def test_a_disabled_person_is_out_at_once_and_comes_back_without_old_sessions(
    sign_in: As, ada: TestClient, line: Home
) -> None:
    ana = sign_in("ana")
    assert ana.get("/").status_code == 200
    assert ada.post("/admin/people/ana/disable").status_code == 303
    assert ana.get("/").status_code == 303
    assert principal(line, "ana")["disabled"]
    assert ada.post("/admin/people/ana/enable").headers["location"].endswith("done=enabled")
    assert (principal(line, "ana")["disabled"], principal(line, "ana")["groups"]) == (False, ["analysts"])
    assert ana.get("/").status_code == 303
    assert sign_in("ana").get("/").status_code == 200
    assert [record["action"] for record in tail(line, 2)] == ["user disable", "user enable"]


def test_nobody_disables_themselves_or_the_last_who_could_undo_it(ada: TestClient, sign_in: As, line: Home) -> None:
    assert "nobody disables themselves" in ada.post("/admin/people/ada/disable").text
    assert ada.post("/admin/groups/admins/members/remove", data={"member": "alba"}).status_code == 303
    refused = ada.post("/admin/groups/admins/members/remove", data={"member": "ada"})
    assert refused.status_code == 400
    assert "nobody could manage this home any more" in refused.text
    with transaction(line.database_url) as connection:
        assert "admins" in groups_of(connection, "ada")


def test_a_one_time_password_is_shown_once_and_in_no_record(ada: TestClient, line: Home) -> None:
    page = ada.post("/admin/people/ana/reset-password")
    found = re.search(r'<code class="secret">([^<]+)</code>', page.text)
    assert found
    assert check_password(line.database_url, "ana", found[1], now=NOW)
    assert found[1] not in ada.get("/admin/people/ana").text
    assert not [record for record in tail(line, 50) if found[1] in str(record)]
    assert (newest(line)["action"], newest(line)["statement"]) == ("password reset", "ana")
    assert page.headers["cache-control"] == "no-store"


def test_service_principals_have_no_password(ada: TestClient, line: Home) -> None:
    add_principal(line.database_url, "robot", "service", by="ada")
    page = ada.get("/admin/people/robot").text
    assert "Reset password" not in page
    assert ada.post("/admin/people/robot/reset-password").status_code == 400


def test_sessions_of_a_person_are_listed_and_ended(sign_in: As, ada: TestClient, line: Home) -> None:
    ana = sign_in("ana")
    start_session(line.database_url, "ana", now=NOW, client="a second browser")
    assert "a second browser" in ada.get("/admin/people/ana").text
    second = next(each for each in list_sessions(line.database_url, "ana") if each.client == "a second browser")
    assert ada.post("/admin/people/ana/end-sessions", data={"session": second.id}).status_code == 303
    assert len(list_sessions(line.database_url, "ana")) == 1
    assert ana.get("/").status_code == 200
    assert ada.post("/admin/people/ana/end-sessions").status_code == 303
    assert ana.get("/").status_code == 303


def test_a_session_of_somebody_else_is_not_ended_under_this_name(ada: TestClient, line: Home) -> None:
    start_session(line.database_url, "sam", now=NOW, client="sam's")
    (session,) = list_sessions(line.database_url, "sam")
    ada.post("/admin/people/ana/end-sessions", data={"session": session.id})
    assert list_sessions(line.database_url, "sam") == [session]


def test_a_persons_page_says_what_they_may_read_and_why(ada: TestClient) -> None:
    page = ada.get("/admin/people/sam").text
    assert "conversation_id IN (&#39;c1&#39;, &#39;c2&#39;)" in page
    assert "granted to group supervisors" in page
    assert "quality_review" in page


def test_groups_are_made_filled_and_emptied(ada: TestClient, line: Home) -> None:
    made = ada.post("/admin/groups", data={"name": "trainers"})
    assert made.headers["location"] == "/admin/groups/trainers?done=made"
    assert ada.post("/admin/groups/trainers/members", data={"member": "vera"}).status_code == 303
    assert "/admin/people/vera" in ada.get("/admin/groups/trainers").text
    assert ada.post("/admin/groups/volunteers/members", data={"member": "trainers"}).status_code == 303
    refused = ada.post("/admin/groups/trainers/members", data={"member": "volunteers"})
    assert "cannot be a member" in refused.text
    ada.post("/admin/groups/trainers/members/remove", data={"member": "vera"})
    assert principal(line, "vera")["groups"] == ["volunteers"]
    assert newest(line)["statement"] == "vera from trainers"


def test_a_purpose_is_made_allowed_and_revoked(ada: TestClient, line: Home) -> None:
    def purposes_of_ana() -> list[str]:
        with transaction(line.database_url) as connection:
            return [purpose["name"] for purpose in allowed_purposes(connection, "ana")]

    wish = {"name": "find_causes", "kind": "research", "why": "Find out what helps"}
    assert ada.post("/admin/purposes", data=wish).headers["location"] == "/admin/purposes?done=made"
    ada.post("/admin/purposes/find_causes/allow", data={"principal": "analysts"})
    assert "find_causes" in purposes_of_ana()
    ada.post("/admin/purposes/find_causes/revoke", data={"principal": "analysts"})
    assert "find_causes" not in purposes_of_ana()
    assert [record["action"] for record in tail(line, 3)] == ["purpose add", "purpose allow", "purpose revoke"]


def test_no_commercial_purpose_can_be_made(ada: TestClient) -> None:
    refused = ada.post("/admin/purposes", data={"name": "ads", "kind": "commercial", "why": "Sell"})
    assert refused.status_code == 400
    assert "no commercial purpose exists" in refused.text
    assert 'value="Sell"' in refused.text


def test_a_token_is_made_for_a_service_principal_shown_once_and_revoked(ada: TestClient, line: Home) -> None:
    add_principal(line.database_url, "robot", "service", by="ada")
    ada.post("/admin/purposes/improve_service/allow", data={"principal": "robot"})
    wish = {"principal": "robot", "purpose": "improve_service", "name": "nightly", "days": "30"}
    page = ada.post("/admin/tokens", data=wish)
    found = re.search(r'<code class="secret">(nl_[^<]+)</code>', page.text)
    assert found
    assert find_token(line.database_url, found[1], now=NOW)
    assert found[1] not in ada.get("/admin/tokens").text
    (token,) = list_tokens(line.database_url)
    assert ada.post(f"/admin/tokens/{token.id}/revoke").status_code == 303
    assert find_token(line.database_url, found[1], now=NOW) is None
    assert not [record for record in tail(line, 50) if found[1] in str(record)]


@pytest.mark.parametrize("wrong", [{"days": "many"}, {"days": "9999"}, {"principal": "ana"}, {"purpose": "nothing"}])
def test_a_token_that_cannot_be_is_not_made(ada: TestClient, line: Home, wrong: dict[str, str]) -> None:
    add_principal(line.database_url, "robot", "service", by="ada")
    ada.post("/admin/purposes/improve_service/allow", data={"principal": "robot"})
    wish = {"principal": "robot", "purpose": "improve_service", "name": "", "days": "30", **wrong}
    assert ada.post("/admin/tokens", data=wish).status_code == 400
    assert list_tokens(line.database_url) == []


def test_policies_are_looked_at_before_they_change_anything(ada: TestClient, line: Home) -> None:
    def may_vera_read() -> bool:
        with transaction(line.database_url) as connection:
            access = read_access(connection, "vera", ["gold.volume_daily"])
        return any(column.allowed for column in access["gold.volume_daily"].columns)

    preview = ada.post("/admin/policies/preview", data={"text": f"CREATE GROUP volunteers;\n{GRANT}"}).text
    assert preview.count(">changes<") == 2
    assert preview.count(">stands already<") == 1
    assert not may_vera_read()
    assert ada.post("/admin/policies/apply", data={"text": GRANT}).headers["location"] == "/admin/policies?done=applied"
    assert may_vera_read()
    assert (newest(line)["action"], newest(line)["statement"]) == ("catalog apply", GRANT)


def test_what_is_wrong_with_a_policy_names_its_line_and_nothing_is_applied(ada: TestClient, line: Home) -> None:
    text = f"{GRANT}\nGRANT SELECT ON TABLE gold.volume_daily TO nobodies;"
    for url in ("/admin/policies/preview", "/admin/policies/apply"):
        refused = ada.post(url, data={"text": text})
        assert refused.status_code == 400
        assert "line 3: there is no" in refused.text
        assert "TO nobodies;" in refused.text  # what was typed is not lost
    assert "volunteers" not in ada.get("/admin/policies?on=gold.volume_daily").text


def test_the_audit_is_found_by_person_table_words_and_day(ada: TestClient, line: Home) -> None:
    statement, tables = 'SELECT "day", 100% AS All_ FROM t', ("gold.volume_daily",)
    append(line, Entry("sql", "ana", "improve_service", "done", statement, tables=tables))
    append(line, Entry("sql", "sam", "quality_review", "refused", "SELECT 1", detail="there is no table 'x'"))

    def found(query: str) -> list[str]:
        page = ada.get(f"/admin/audit?{query}")
        assert page.status_code == 200
        return re.findall(r'<tr id="r(\d+)">', page.text)

    last = [record["sequence"] for record in tail(line, 2)]
    assert found("principal=ana") == [str(last[0])]
    assert found("table=gold.volume_daily") == [str(last[0])]
    assert found("table=gold.volume") == []
    assert found("words=100%25+all_") == [str(last[0])]
    assert found("words=%22DAY%22") == [str(last[0])]
    assert found("words=no+table&outcome=refused") == [str(last[1])]
    assert found("words=microseconds") == []  # a field of its own, no word of the statement
    assert found("since=2026-01-01&principal=sam") == [str(last[1])]
    assert found("until=2025-12-31") == []


def test_a_day_that_is_none_is_said_beside_the_form(ada: TestClient) -> None:
    page = ada.get("/admin/audit?since=yesterday")
    assert page.status_code == 400
    assert "this is no day" in page.text
    assert ada.get("/admin/audit?before=abc").status_code == 200


def test_the_audit_is_paged_without_losing_or_repeating_a_record(ada: TestClient, line: Home) -> None:
    for number in range(120):
        append(line, Entry("sql", "ana", "improve_service", "done", f"SELECT {number}"))
    seen: list[str] = []
    url: str | None = "/admin/audit?principal=ana"
    while url:
        page = ada.get(url).text
        seen += re.findall(r'<tr id="r(\d+)">', page)
        older = re.search(r'href="([^"]+)" rel="next"', page)
        url = older[1].replace("&amp;", "&") if older else None
    assert len(seen) == len(set(seen)) == 120
    assert seen == sorted(seen, key=int, reverse=True)


def test_records_are_taken_along_as_a_file_that_no_spreadsheet_runs(ada: TestClient, line: Home) -> None:
    append(line, Entry("sql", "ana", "improve_service", "done", "=1+1", rows=2, seconds=0.5))
    answer = ada.get("/admin/audit/records.csv?principal=ana")
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["statement"], row["rows"], row["seconds"]) == ("'=1+1", "2", "0.5")
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    assert (newest(line)["action"], newest(line)["statement"]) == ("audit export", "principal=ana")


def test_verifying_says_how_it_ended_and_is_remembered(ada: TestClient, line: Home) -> None:
    assert ada.post("/admin/audit/verify").headers["location"] == "/admin/audit?done=verifying"
    wait_for(line, "verify")
    part = ada.get("/admin/audit/verification").text
    assert "Done." in part
    assert "hx-get" not in part  # nothing more to wait for
    assert (newest(line)["action"], newest(line)["outcome"]) == ("audit verify", "done")
    assert "never verified" not in ada.get("/admin").text


def test_a_changed_audit_is_found(ada: TestClient, line: Home) -> None:
    from sqlalchemy import text

    with transaction(line.database_url) as connection:
        connection.execute(text("UPDATE audit SET principal = 'sam' WHERE sequence = 1"))
    assert not verify(line).ok
    ada.post("/admin/audit/verify")
    wait_for(line, "verify")
    assert "Something was wrong" in ada.get("/admin/audit/verification").text
    assert "the audit is not as it was written" in ada.get("/admin").text


def test_the_head_is_anchored_where_the_settings_say(line: Home, sign_in: As, ada: TestClient, tmp_path: Path) -> None:
    assert "no anchor file is named" in ada.post("/admin/audit/anchor").text
    anchor = tmp_path / "heads"
    site = ada.app.state.site  # type: ignore[attr-defined]
    site.home = Home(line.root, type(line.settings)(audit_anchor=str(anchor)))
    assert ada.post("/admin/audit/anchor").headers["location"] == "/admin/audit?done=anchored"
    assert verify(line, anchor).ok


def test_a_round_can_be_started_and_says_what_it_did(ada: TestClient, line: Home) -> None:
    assert ada.post("/admin/sources/round").status_code == 303
    assert "is running already" in ada.post("/admin/sources/round").text
    wait_for(line, "round")
    part = ada.get("/admin/sources/progress").text
    assert "started by" in part.lower()
    assert [record["outcome"] for record in tail(line, 10, action="round")][:2] == ["done", "failed"]


def test_alerts_that_go_nowhere_say_so(ada: TestClient) -> None:
    assert "Nobody." in ada.get("/admin/alerts").text
    assert "failures are announced nowhere" in ada.post("/admin/alerts/test").text


def test_what_was_told_and_to_whom_is_listed(ada: TestClient, line: Home) -> None:
    (line.root / "alerts.json").write_text('{"e-mail": {"source messages": "no such folder <b>"}}')
    page = ada.get("/admin/alerts").text
    assert "source messages" in page
    assert "no such folder &lt;b&gt;" in page


PROBLEMS: dict[str, Callable[[Home], object]] = {
    "no backup was taken yet": lambda home: None,
    "the audit was never verified": lambda home: None,
    "no second factor protects ada, alba": lambda home: None,
    "1 request for access waits for a decision": lambda home: ask_for_access(
        home, "vera", "silver.messages", ["text"], "to learn from how it went"
    ),
    "metrics/bad.yml:1": lambda home: (home.metrics / "bad.yml").write_text("ttle: x"),
    "the home&#39;s key &#39;mask&#39; is damaged": lambda home: (home.root / "keys" / "mask").write_bytes(b"x"),
}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_what_needs_care_comes_first(ada: TestClient, line: Home, problem: str) -> None:
    PROBLEMS[problem](line)
    page = ada.get("/admin").text
    assert problem in page.split('id="places"')[0]


def test_the_last_backup_is_told(ada: TestClient, line: Home) -> None:
    assert "None was taken yet" in ada.get("/admin/backup").text
    append(line, Entry("backup", "root", None, "done", "/mnt/b", detail="4 tables, 1,000 bytes"))
    append(line, Entry("backup", "root", None, "failed", "/mnt/c", detail="no room"))
    page = ada.get("/admin/backup").text
    assert "4 tables, 1,000 bytes" in page
    assert "no room" in page
