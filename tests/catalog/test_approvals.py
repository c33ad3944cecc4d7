"""Deciding about requests: who may, how many it takes, and what is told before."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from tests.catalog.conftest import ApplyPolicies, RegisterTable

from nightlight.catalog.approvals import (
    Outlook,
    approvals_needed,
    decided_for,
    foresee,
    grant_text,
    may_decide,
    open_for,
    record_decision,
    standing_approvals,
)
from nightlight.catalog.history import changing
from nightlight.catalog.lineage import record_lineage
from nightlight.catalog.requests import (
    GRANTED,
    OPEN,
    REFUSED,
    AccessDecision,
    AccessRequest,
    Wish,
    find_request,
    request_access,
)
from nightlight.db import transaction
from nightlight.errors import NightlightError

AT = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
WHY = "the yearly report needs it"
POLICIES = """
CREATE GROUP readers; ADD USER ana TO GROUP readers; CREATE GROUP admins;
ADD USER owner TO GROUP admins; ADD USER colleague TO GROUP admins;
CREATE GROUP strangers; ADD USER stranger TO GROUP strangers;
GRANT MANAGE ON CATALOG TO admins; GRANT USE SCHEMA ON SCHEMA s TO readers;
"""


@pytest.fixture(autouse=True)
def people(apply: ApplyPolicies, register: RegisterTable) -> None:
    register("s.m", "id:int64", "key:string:identity", "text:string:text")
    apply(POLICIES)


def ask(url: str, columns: Sequence[str] = (), *, who: str = "ana", table: str = "s.m") -> AccessRequest:
    with changing(url) as connection:
        needed = approvals_needed(connection, table, columns)
        return request_access(connection, who, Wish.of(table, columns, WHY), needed=needed, at=AT)


def decide(url: str, request: AccessRequest, by: str, *, approve: bool = True, is_last: bool = False) -> AccessRequest:
    with changing(url) as connection:
        record_decision(connection, request.id, AccessDecision(by, approve, WHY, AT), is_last=is_last)
        return find_request(connection, request.id)


def outlook(url: str, request: AccessRequest) -> Outlook:
    with transaction(url) as connection:
        return foresee(connection, request)


def test_whoever_manages_the_table_decides(url: str, apply: ApplyPolicies) -> None:
    request = ask(url)
    apply("SET OWNER ON TABLE s.m TO stranger;")
    with transaction(url) as connection:
        assert [
            name for name in ("ana", "owner", "colleague", "stranger") if may_decide(connection, request, name)
        ] == [
            "owner",
            "colleague",
            "stranger",
        ]
        assert [each.id for each in open_for(connection, "stranger")] == [request.id]


def test_a_stranger_neither_sees_nor_decides(url: str) -> None:
    request = ask(url)
    with transaction(url) as connection:
        assert open_for(connection, "stranger") == decided_for(connection, "stranger") == []
    with pytest.raises(NightlightError, match="does not have MANAGE"):
        decide(url, request, "stranger", is_last=True)


def test_nobody_decides_about_their_own(url: str) -> None:
    request = ask(url, who="owner")
    with transaction(url) as connection:
        assert open_for(connection, "owner") == []
        assert [each.id for each in open_for(connection, "colleague")] == [request.id]
    for approve in (True, False):
        with pytest.raises(NightlightError, match="their own request"):
            decide(url, request, "owner", approve=approve, is_last=approve)


def test_text_takes_two_different_people_and_the_rest_one(url: str) -> None:
    assert (ask(url).needed, ask(url, ["key"]).needed, ask(url, ["id", "text"]).needed) == (1, 1, 2)
    text = ask(url, ["text"])
    decide(url, text, "owner")
    with pytest.raises(NightlightError, match="approved this already"):
        decide(url, text, "owner", is_last=True)
    assert decide(url, text, "colleague", is_last=True).state == GRANTED


def test_a_column_made_from_text_takes_two_as_well(url: str, register: RegisterTable) -> None:
    register("g.words", "word:string")
    record_lineage(url, "g.words", {"word": [("s.m", "text")]}, ["s.m"])
    assert ask(url, ["word"], table="g.words").needed == 2


def test_a_column_that_became_text_since_takes_two(url: str, apply: ApplyPolicies) -> None:
    request = ask(url, ["id"])
    apply("SET TAG ON COLUMN s.m.id sensitivity = 'text';")
    assert (request.needed, outlook(url, request).needed) == (1, 2)
    with pytest.raises(NightlightError, match="somebody else has just decided"):
        decide(url, request, "owner", is_last=True)
    assert decide(url, request, "owner").state == OPEN


def test_an_approval_ends_with_the_right_to_give_it(url: str, apply: ApplyPolicies) -> None:
    request = ask(url, ["text"])
    decide(url, request, "owner")
    apply("REMOVE USER owner FROM GROUP admins;")
    with transaction(url) as connection:
        assert standing_approvals(connection, find_request(connection, request.id)) == ()
    assert decide(url, request, "colleague").state == OPEN


def test_one_refusal_ends_it_and_stays_readable(url: str) -> None:
    request = ask(url, ["text"])
    decide(url, request, "owner")
    ended = decide(url, request, "colleague", approve=False)
    assert (ended.state, [(each.by, each.is_approval) for each in ended.decisions]) == (
        REFUSED,
        [("owner", True), ("colleague", False)],
    )
    with pytest.raises(NightlightError, match="refused already"):
        decide(url, request, "colleague", is_last=True)
    with transaction(url) as connection:
        assert [each.id for each in decided_for(connection, "owner")] == [request.id]


def test_two_who_decide_at_once_do_not_both_come_first(url: str) -> None:
    """Each of them saw no approval yet, and took theirs for the first of two."""
    request = ask(url, ["text"])
    decide(url, request, "owner", is_last=False)
    with pytest.raises(NightlightError, match="somebody else has just decided"):
        decide(url, request, "colleague", is_last=False)


def test_what_the_grant_would_show_is_told_before(url: str, apply: ApplyPolicies) -> None:
    apply("SET MASK ON TAG sensitivity = 'identity' hash; SET ROW FILTER ON TABLE s.m (id > 3) TO readers;")
    found = outlook(url, ask(url, ["key", "id"]))
    assert found.access is not None
    assert {column.name: column.mask and column.mask.function for column in found.access.allowed} == {
        "id": None,
        "key": "hash",
    }
    assert [each.expression for each in found.access.filters] == ["id > 3"]
    assert (found.would_open, found.opens_schema) == (("id", "key"), False)


def test_without_columns_text_and_identity_stay_closed(url: str) -> None:
    request = ask(url)
    assert outlook(url, request).would_open == ("id",)
    assert grant_text(request, outlook(url, request)) == "GRANT SELECT ON TABLE s.m TO ana;"


def test_a_denial_that_stands_is_told_and_nothing_is_approved_over_it(url: str, apply: ApplyPolicies) -> None:
    apply("DENY SELECT (text) ON TABLE s.m TO readers;")
    request = ask(url, ["text"])
    found = outlook(url, request)
    assert found.obstacles == {"text": "denied: SELECT (text) ON TABLE s.m to group readers"}
    assert found.would_open == ()
    with pytest.raises(NightlightError, match="would open nothing: denied"):
        decide(url, request, "owner")
    assert decide(url, request, "owner", approve=False).state == REFUSED


def test_a_denial_of_one_column_leaves_the_others(url: str, apply: ApplyPolicies) -> None:
    apply("DENY SELECT (text) ON TABLE s.m TO readers;")
    found = outlook(url, ask(url, ["text", "id"]))
    assert (found.would_open, list(found.obstacles)) == (("id",), ["text"])


def test_what_does_not_exist_is_told_to_those_who_decide_and_only_refused(url: str) -> None:
    nowhere, no_column = ask(url, table="s.nowhere"), ask(url, ["id", "nothing"])
    assert outlook(url, nowhere).access is None
    assert outlook(url, no_column).unknown == ("nothing",)
    for request, words in ((nowhere, "there is no table s.nowhere"), (no_column, "there is no column 'nothing'")):
        with pytest.raises(NightlightError, match=words):
            decide(url, request, "owner", is_last=True)
        assert decide(url, request, "owner", approve=False).state == REFUSED


def test_what_is_held_already_is_not_granted_again(url: str, apply: ApplyPolicies) -> None:
    apply("GRANT SELECT ON TABLE s.m TO readers;")
    request = ask(url)
    assert outlook(url, request).held == ("id",)
    with pytest.raises(NightlightError, match="can read all of it already"):
        decide(url, request, "owner", is_last=True)


def test_opening_a_schema_is_for_those_who_manage_it(url: str, apply: ApplyPolicies) -> None:
    apply("SET OWNER ON TABLE s.m TO owner; REMOVE USER owner FROM GROUP admins; ADD USER otto TO GROUP strangers;")
    request = ask(url, ["text"], who="otto")
    assert grant_text(request, outlook(url, request)).startswith("GRANT USE SCHEMA ON SCHEMA s TO otto;\n")
    one = ask(url, ["id"], who="otto")
    with pytest.raises(NightlightError, match="no USE SCHEMA on s, which you do not manage"):
        decide(url, one, "owner", is_last=True)
    decide(url, request, "owner")
    assert decide(url, request, "colleague", is_last=True).state == GRANTED


def test_names_that_need_quotes_are_quoted(url: str, apply: ApplyPolicies, register: RegisterTable) -> None:
    register("s.odd", "a b:int64")
    apply('ADD USER "ana.b@line.org" TO GROUP readers;')
    request = ask(url, ["a b"], who="ana.b@line.org", table="s.odd")
    text = grant_text(request, outlook(url, request))
    assert text == 'GRANT SELECT ("a b") ON TABLE s.odd TO "ana.b@line.org";'
    apply(text)
