"""Requests for access as they are kept: with a reason, once, by nobody else's hand, and never gone."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from tests.catalog.conftest import ApplyPolicies

from nightlight.catalog.history import changing
from nightlight.catalog.requests import (
    MOST_OPEN,
    OPEN,
    WITHDRAWN,
    AccessRequest,
    Wish,
    find_request,
    list_requests,
    request_access,
    withdraw_request,
)
from nightlight.db import transaction
from nightlight.errors import NightlightError

AT = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
WHY = "the yearly report needs it"


@pytest.fixture(autouse=True)
def people(apply: ApplyPolicies) -> None:
    apply("CREATE GROUP g; ADD USER owner TO GROUP g; ADD USER colleague TO GROUP g; ADD USER stranger TO GROUP g;")


def ask(url: str, who: str, table: str = "s.t", columns: Sequence[str] = (), reason: str = WHY) -> AccessRequest:
    with changing(url) as connection:
        return request_access(connection, who, Wish.of(table, columns, reason), needed=1, at=AT)


def withdraw(url: str, request: int, *, by: str) -> None:
    with changing(url) as connection:
        withdraw_request(connection, request, by=by, at=AT)


def test_a_request_is_kept_as_it_was_made(url: str) -> None:
    made = ask(url, "owner", " S.T ", ["Text", "text", " Position "])
    with transaction(url) as connection:
        assert find_request(connection, made.id) == made
    assert (made.principal, made.table, made.columns, made.reason) == ("owner", "s.t", ("text", "position"), WHY)
    assert (made.state, made.made_at, made.decided_at, made.decisions) == (OPEN, AT, None, ())
    assert made.words == "SELECT (text, position) ON TABLE s.t"


def test_each_sees_their_own_the_newest_first(url: str) -> None:
    first, second, _ = ask(url, "owner"), ask(url, "owner", "s.u"), ask(url, "colleague")
    with transaction(url) as connection:
        assert [each.id for each in list_requests(connection, "owner")] == [second.id, first.id]
        assert list_requests(connection, "stranger") == []


@pytest.mark.parametrize("reason", ["", "  because \n ", "x" * 1001])
def test_a_reason_that_says_nothing_is_refused(reason: str) -> None:
    with pytest.raises(NightlightError, match="reason"):
        Wish.of("s.t", [], reason)


@pytest.mark.parametrize("table", ["", "t", "s.t.c", "catalog", "s.t; drop", 's."t"', "model m", "s." + "t" * 300])
def test_what_is_no_table_s_name_is_refused(table: str) -> None:
    with pytest.raises(NightlightError, match="no table's name"):
        Wish.of(table, [], WHY)


def test_the_same_is_not_asked_twice_while_it_is_open(url: str) -> None:
    made = ask(url, "owner", columns=["a", "b"])
    with pytest.raises(NightlightError, match="asked for this already"):
        ask(url, "owner", columns=["b", "a"])
    ask(url, "colleague", columns=["a", "b"])
    withdraw(url, made.id, by="owner")
    assert ask(url, "owner", columns=["a", "b"]).id > made.id


def test_nobody_floods_those_who_decide(url: str) -> None:
    for number in range(MOST_OPEN):
        ask(url, "owner", f"s.t{number}")
    with pytest.raises(NightlightError, match="open requests"):
        ask(url, "owner", "s.one_more")
    ask(url, "colleague", "s.one_more")


def test_who_is_not_known_here_asks_for_nothing(url: str) -> None:
    for nobody in ("somebody_else", "g"):
        with pytest.raises(NightlightError, match="nobody who may ask"):
            ask(url, nobody)


def test_only_the_one_who_asked_withdraws(url: str) -> None:
    made = ask(url, "owner")
    for other in ("colleague", "stranger"):
        with pytest.raises(NightlightError, match="only the one who asked"):
            withdraw(url, made.id, by=other)
    withdraw(url, made.id, by="owner")
    with transaction(url) as connection:
        found = find_request(connection, made.id)
    assert (found.state, found.decided_at) == (WITHDRAWN, AT)
    with pytest.raises(NightlightError, match="withdrawn already"):
        withdraw(url, made.id, by="owner")
