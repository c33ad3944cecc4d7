"""Promises about API tokens: one principal, one purpose, until a day; worth no more than their principal is now."""

import pytest
from tests.accounts.conftest import NOW, Clock, change, stored

from nightlight.accounts.tokens import LENGTH, create_token, find_token, list_tokens, revoke_token
from nightlight.catalog.audit import tail
from nightlight.catalog.principals import disable
from nightlight.errors import NightlightError
from nightlight.settings import Home


@pytest.fixture
def people(people_anywhere: Home) -> Home:
    return people_anywhere


def make(home: Home, principal: str = "ana", *, purpose: str = "improve_service", days: int = 90) -> str:
    return create_token(
        home, principal=principal, purpose=purpose, name=" weekly  report ", days=days, by=principal, clock=lambda: NOW
    )


@pytest.mark.parametrize("principal", ["ana", "reports"])
def test_a_token_is_for_one_principal_and_one_purpose(people: Home, principal: str) -> None:
    secret = make(people, principal)
    assert (secret[:3], len(secret)) == ("nl_", LENGTH)
    found = find_token(people.database_url, secret, now=NOW)
    assert found is not None
    assert (found.principal, found.purpose, found.name) == (principal, "improve_service", "weekly report")


def test_the_secret_is_in_no_file_and_no_audit(people: Home) -> None:
    secret = make(people)
    assert secret not in stored(people)
    assert secret not in str(tail(people, 100))
    assert [(row["action"], row["principal"], row["purpose"]) for row in tail(people, 1)] == [
        ("token create", "ana", "improve_service")
    ]


@pytest.mark.parametrize("secret", ["", "nl_", "nl_" + "a" * 43, "xx_" + "a" * 43])
def test_what_is_no_token_finds_none(people: Home, secret: str) -> None:
    make(people)
    assert find_token(people.database_url, secret, now=NOW) is None


def test_a_token_ends_with_its_days(people: Home, clock: Clock) -> None:
    secret = make(people, days=1)
    assert find_token(people.database_url, secret, now=clock.pass_by(hours=23, minutes=59))
    assert find_token(people.database_url, secret, now=clock.pass_by(minutes=1)) is None
    assert [token.state for token in list_tokens(people.database_url, "ana", now=clock())] == ["expired"]


@pytest.mark.parametrize(
    "loss",
    [
        "REVOKE PURPOSE improve_service FROM analysts;",
        "REMOVE USER ana FROM GROUP analysts;",
    ],
)
def test_a_token_opens_nothing_when_its_purpose_is_not_allowed_any_more(people: Home, loss: str) -> None:
    secret = make(people)
    change(people, loss)
    assert find_token(people.database_url, secret, now=NOW) is None
    assert [token.state for token in list_tokens(people.database_url, "ana", now=NOW)] == ["not allowed"]


def test_a_token_opens_nothing_when_its_principal_is_disabled(people: Home) -> None:
    secrets = [make(people, principal) for principal in ("ana", "alma", "reports")]
    for name in ("ana", "reports"):
        disable(people.database_url, name, by="ada")
    found = [find_token(people.database_url, secret, now=NOW) for secret in secrets]
    assert [token and token.principal for token in found] == [None, "alma", None]


def test_a_revoked_token_opens_nothing(people: Home) -> None:
    secret = make(people)
    (token,) = list_tokens(people.database_url, "ana", now=NOW)
    assert revoke_token(people, token.id, by="ana", principal="ana", clock=lambda: NOW)
    assert find_token(people.database_url, secret, now=NOW) is None
    assert not revoke_token(people, token.id, by="ana", principal="ana", clock=lambda: NOW)
    assert [row["action"] for row in tail(people, 2)] == ["token create", "token revoke"]


def test_people_revoke_their_own_tokens_only(people: Home) -> None:
    secret = make(people)
    (token,) = list_tokens(people.database_url, now=NOW)
    for other in ("alma", "otto"):
        with pytest.raises(NightlightError, match="there is no token"):
            revoke_token(people, token.id, by=other, principal=other)
    assert find_token(people.database_url, secret, now=NOW) is not None
    assert revoke_token(people, token.id, by="ada", clock=lambda: NOW)


@pytest.mark.parametrize(
    ("principal", "purpose", "why"),
    [
        ("ana", "quality_review", "not allowed to ana"),
        ("ana", "advertising", "there is no purpose"),
        ("otto", "improve_service", "not allowed to otto"),
        ("analysts", "improve_service", "is a group"),
        ("pipelines", "improve_service", "the home's own"),
        ("anna", "improve_service", "did you mean"),
    ],
)
def test_a_token_is_refused_to_whoever_may_not_ask(people: Home, principal: str, purpose: str, why: str) -> None:
    with pytest.raises(NightlightError, match=why):
        make(people, principal, purpose=purpose)
    assert list_tokens(people.database_url) == []


@pytest.mark.parametrize("days", [0, -1, 366])
def test_a_token_lasts_a_year_at_most(people: Home, days: int) -> None:
    with pytest.raises(NightlightError, match="1 to 365 days"):
        make(people, days=days)


def test_use_is_written_at_most_once_a_minute(people: Home, clock: Clock) -> None:
    secret, url = make(people), people.database_url
    assert list_tokens(url, now=NOW)[0].used_at is None
    find_token(url, secret, now=clock.pass_by(seconds=1))
    first = clock.now
    find_token(url, secret, now=clock.pass_by(seconds=59))
    assert list_tokens(url, now=NOW)[0].used_at == first
    find_token(url, secret, now=clock.pass_by(seconds=1))
    assert list_tokens(url, now=NOW)[0].used_at == clock.now


def test_people_see_their_own_tokens(people: Home) -> None:
    make(people)
    make(people, "reports")
    assert [token.principal for token in list_tokens(people.database_url, "ana", now=NOW)] == ["ana"]
    assert list_tokens(people.database_url, "otto", now=NOW) == []
    assert {token.principal for token in list_tokens(people.database_url, now=NOW)} == {"ana", "reports"}
