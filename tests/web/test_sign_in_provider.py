"""Signing in by the organization's provider: it says who somebody is, and only what it has proven counts."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from tests.clock import Clock
from tests.web.conftest import NOW
from tests.web.provider import CLIENT_ID, SECRET, Provider, running_provider

from nightlight.accounts import oidc
from nightlight.accounts.credentials import read_credentials
from nightlight.accounts.second_factor import begin_enrollment, confirm_enrollment, pending_enrollment
from nightlight.catalog.audit import tail
from nightlight.catalog.principals import disable
from nightlight.settings import Home
from nightlight.web.access import PLAIN_COOKIE
from nightlight.web.app import create_app

STATE_COOKIE = f"{PLAIN_COOKIE}-provider"
NOT_DONE = "signing in by your organization did not work"
NO_ACCOUNT = "your organization knows you, but you have no account here"
Open = Callable[..., TestClient]


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(server: Provider) -> Provider:
    """The same server as it was in the beginning, and nothing remembered of it."""
    server.__init__(server.url)  # type: ignore[misc]
    oidc._make_client.cache_clear()
    return server


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def browse(line: Home, provider: Provider, clock: Clock, tmp_path: Path) -> Iterator[Open]:
    """A browser that has not signed in, at a home that knows the provider."""
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    known = {"oidc_issuer": provider.url, "oidc_client_id": CLIENT_ID, "oidc_secret_file": str(tmp_path / "secret")}
    apps = []

    def open_browser(**settings: Any) -> TestClient:
        home = replace(line, settings=replace(line.settings, **{**known, **settings}))
        apps.append(create_app(home, clock=clock))
        client = TestClient(apps[-1], base_url="http://nightlight.test", follow_redirects=False)
        client.headers["sec-fetch-site"] = "same-origin"
        return client

    yield open_browser
    for app in apps:
        app.state.site.broker.close()


def leave(browser: TestClient, then: str = "/") -> str:
    """Begin a sign-in: where the provider sends the browser back to."""
    import httpx2

    away = browser.get("/sign-in/provider", params={"next": then})
    assert away.status_code == 303, said(away)
    return str(httpx2.get(away.headers["location"]).headers["location"])


def enter(browser: TestClient, then: str = "/") -> Response:
    return come_back(browser, leave(browser, then))


def come_back(browser: TestClient, url: str) -> Response:
    """What the provider redirects to; browsers say that it comes from another site."""
    return browser.get(url, headers={"sec-fetch-site": "cross-site"})


def said(answer: Response) -> str:
    found = re.search(r'role="alert"><p>(.*?)(?: –.*)?</p>', answer.text)
    return found[1] if found else ""


def last_detail(line: Home) -> tuple[str, str, str]:
    (row,) = tail(line, 1)
    return row["principal"], row["outcome"], row["detail"]


def test_who_the_provider_knows_comes_in_and_is_linked(browse: Open, line: Home, provider: Provider) -> None:
    browser = browse()
    assert "Sign in by your organization" in browser.get("/sign-in?next=/account").text
    answer = enter(browser, "/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert "ana" in browser.get("/account").text
    assert STATE_COOKIE not in browser.cookies
    assert read_credentials(line.database_url, "ana").oidc_subject == f"{provider.url} subject-ana"
    assert last_detail(line) == ("ana", "done", "provider")
    assert enter(browse()).status_code == 303


def test_what_goes_out_is_bound_to_this_browser(browse: Open, provider: Provider) -> None:
    away = browse().get("/sign-in/provider?next=/data")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(away.headers["location"]).query).items()}
    assert asked["redirect_uri"] == "http://nightlight.test/sign-in/provider/callback"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    assert {"openid", "profile", "email"} == set(asked["scope"].split())
    cookie = away.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "max-age=600" in cookie
    assert SECRET not in away.headers["location"]


def test_without_a_provider_there_is_no_such_way(browse: Open) -> None:
    browser = browse(oidc_issuer="")
    assert "organization" not in browser.get("/sign-in").text
    assert browser.get("/sign-in/provider").status_code == 404
    assert browser.get("/sign-in/provider/callback?code=x&state=y").status_code == 404


TOKENS: dict[str, tuple[dict[str, Any], str]] = {
    "an ID token signed by another key": ({}, "another key"),
    "an ID token that nobody signed": ({}, "nobody"),
    "an ID token signed by the secret we share": ({}, "our own secret"),
    "an ID token signed by the public key as a secret": ({}, "its public key as a secret"),
    "another nonce": ({"nonce": "another"}, "its key"),
    "no nonce": ({"nonce": None}, "its key"),
    "another audience": ({"aud": "another client"}, "its key"),
    "another audience beside us": ({"aud": [CLIENT_ID, "another"], "azp": "another"}, "its key"),
    "no audience": ({"aud": None}, "its key"),
    "another issuer": ({"iss": "https://elsewhere.example"}, "its key"),
    "no issuer": ({"iss": None}, "its key"),
    "an expired ID token": ({"exp": 1_700_000_000}, "its key"),
    "an ID token that never expires": ({"exp": None}, "its key"),
    "an ID token that is not good yet": ({"nbf": 4_000_000_000}, "its key"),
    "nobody in particular": ({"sub": None}, "its key"),
}


@pytest.mark.parametrize("attack", TOKENS)
def test_nobody_comes_in_by(browse: Open, line: Home, provider: Provider, attack: str) -> None:
    provider.change, provider.signed_by = TOKENS[attack]
    browser = browse()
    answer = enter(browser)
    assert (answer.status_code, said(answer)) == (400, NOT_DONE)
    assert PLAIN_COOKIE not in browser.cookies
    assert browser.get("/").status_code == 303
    who, outcome, reason = last_detail(line)
    assert (who, outcome) == ("unknown user", "refused")
    assert re.fullmatch(
        r"provider: the provider's answer is not valid \((\w+(Claim|Token|Signature|Algorithm)Error)\)", reason
    )
    assert read_credentials(line.database_url, "ana").oidc_subject == ""
    assert len(provider.asked) == 1  # it was the ID token that was refused


def test_a_state_that_did_not_go_out_is_refused_before_the_provider_is_asked(browse: Open, provider: Provider) -> None:
    browser = browse()
    back = leave(browser)
    forged = re.sub(r"state=[^&]*", "state=forged", back)
    assert said(come_back(browser, forged)) == NOT_DONE
    assert said(come_back(browser, back)) == NOT_DONE  # the sign-in that was begun is over
    assert provider.asked == []


def test_what_another_browser_began_is_refused(browse: Open, provider: Provider) -> None:
    attacker, victim = browse(), browse()
    back = leave(attacker)  # the attacker's own code, for the victim to come in as the attacker
    leave(victim)
    assert said(come_back(victim, back)) == NOT_DONE
    assert said(come_back(browse(), back)) == NOT_DONE
    assert provider.asked == []


def test_a_cookie_that_is_not_ours_is_refused(browse: Open, provider: Provider) -> None:
    browser = browse()
    back = leave(browser)
    text, _, seal = browser.cookies[STATE_COOKIE].partition(".")
    for cookie in (f"{text}x.{seal}", f"{text}.{'0' * 64}", text, "", "%C3%A9.%C3%A9"):
        other = browse()
        other.cookies.set(STATE_COOKIE, cookie)
        assert said(come_back(other, back)) == NOT_DONE
    assert provider.asked == []


def test_a_code_is_good_once(browse: Open, provider: Provider) -> None:
    browser = browse()
    back, cookie = leave(browser), browser.cookies[STATE_COOKIE]
    assert come_back(browser, back).status_code == 303
    thief = browse()
    thief.cookies.set(STATE_COOKIE, cookie)
    assert said(come_back(thief, back)) == NOT_DONE


def test_a_code_of_another_browser_is_no_use_without_its_secret(browse: Open, provider: Provider) -> None:
    mine, theirs = browse(), browse()
    back, stolen = leave(mine), leave(theirs)
    code = parse_qs(urlsplit(stolen).query)["code"][0]
    assert said(come_back(mine, re.sub(r"code=[^&]*", f"code={code}", back))) == NOT_DONE
    assert provider.asked == [code]  # asked, and refused for the code challenge


def test_a_sign_in_takes_ten_minutes_at_most(browse: Open, clock: Clock) -> None:
    browser = browse()
    back = leave(browser)
    clock.now += timedelta(minutes=10, seconds=1)
    assert said(come_back(browser, back)) == NOT_DONE


def test_who_refuses_at_the_provider_is_told_so_without_the_providers_words(browse: Open, provider: Provider) -> None:
    browser = browse()
    state = parse_qs(urlsplit(leave(browser)).query)["state"][0]
    url = f"/sign-in/provider/callback?error=access_denied&error_description=%3Cb%3E&state={state}"
    answer = come_back(browser, url)
    assert (answer.status_code, said(answer)) == (400, NOT_DONE)
    assert "access_denied" not in answer.text
    assert provider.asked == []


@pytest.mark.parametrize("name", ["nobody", "", "analysts", "pipelines", None])
def test_who_has_no_account_here_gets_none(browse: Open, line: Home, provider: Provider, name: str | None) -> None:
    provider.claims = {"preferred_username": name}
    answer = enter(browse())
    assert (answer.status_code, said(answer)) == (400, NO_ACCOUNT)
    assert last_detail(line) == ("unknown user", "refused", "provider: unknown user")
    if name:
        assert read_credentials(line.database_url, name).oidc_subject == ""


def test_who_is_disabled_here_stays_out(browse: Open, line: Home, provider: Provider) -> None:
    assert enter(browse()).status_code == 303
    disable(line.database_url, "ana", by="ada")
    assert said(enter(browse())) == NO_ACCOUNT


def test_a_name_given_to_somebody_else_later_opens_nothing(browse: Open, line: Home, provider: Provider) -> None:
    enter(browse())
    provider.subject = "subject-of-another-ana"
    assert said(enter(browse())) == NO_ACCOUNT
    assert last_detail(line)[0] == "ana"
    oidc.unlink(line, "ana", by="ada")
    assert enter(browse()).status_code == 303


def test_who_is_linked_does_not_become_somebody_else_by_another_name(
    browse: Open, line: Home, provider: Provider
) -> None:
    enter(browse())
    provider.claims = {"preferred_username": "ada"}
    assert said(enter(browse())) == NO_ACCOUNT
    assert read_credentials(line.database_url, "ada").oidc_subject == ""


def test_an_address_counts_only_when_the_provider_has_verified_it(browse: Open, provider: Provider) -> None:
    for verified, outcome in ((None, 400), (False, 400), ("true", 400), (True, 303)):
        provider.claims = {"email": "ana", "email_verified": verified}
        assert enter(browse(oidc_claim="email")).status_code == outcome


def test_a_claim_that_only_userinfo_has_is_the_same_persons(browse: Open, provider: Provider) -> None:
    provider.claims = {}
    provider.userinfo = {"sub": "somebody else", "preferred_username": "ada"}
    assert said(enter(browse())) == NOT_DONE
    provider.userinfo = {"sub": "subject-ana", "preferred_username": "Ana", "iss": "https://elsewhere.example"}
    assert enter(browse()).status_code == 303


def test_the_second_factor_is_asked_for_after_the_provider_too(
    browse: Open, line: Home, provider: Provider, clock: Clock
) -> None:
    import pyotp

    begin_enrollment(line, "ana")
    pending = pending_enrollment(line.database_url, "ana")
    assert pending is not None
    confirm_enrollment(line, "ana", pyotp.TOTP(pending.secret).at(NOW), clock=clock)
    assert enter(browse()).headers["location"] == "/sign-in/second-factor?next=/"


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://elsewhere.example"},
        {"id_token_signing_alg_values_supported": ["none", "HS256"]},
        {"authorization_endpoint": None},
    ],
)
def test_a_provider_that_says_something_else_about_itself_is_not_used(
    browse: Open, provider: Provider, metadata: dict[str, Any]
) -> None:
    provider.metadata = metadata
    assert said(browse().get("/sign-in/provider")) == NOT_DONE


def test_a_provider_that_does_not_answer_is_one_line(browse: Open, line: Home) -> None:
    answer = browse(oidc_issuer="http://127.0.0.1:9").get("/sign-in/provider")
    assert (answer.status_code, said(answer)) == (400, NOT_DONE)
    assert "ConnectError" in last_detail(line)[2]


def test_a_provider_is_reached_by_https_and_with_the_secret_file(browse: Open, tmp_path: Path) -> None:
    assert "https" in browse(oidc_issuer="http://provider.example").get("/sign-in/provider").text
    missing = browse(oidc_secret_file=str(tmp_path / "missing")).get("/sign-in/provider")
    assert "secret cannot be read" in missing.text


def test_neither_codes_nor_tokens_nor_secrets_are_in_the_audit(browse: Open, line: Home, provider: Provider) -> None:
    enter(browse())
    provider.change = {"nonce": "another"}
    enter(browse())
    told = json.dumps(tail(line, 100), default=str)
    for secret in (SECRET, "an access token", *provider.asked):
        assert secret not in told


def test_coming_back_without_having_left_cannot_fill_the_audit(browse: Open, line: Home, clock: Clock) -> None:
    browser = browse()
    answers = [browser.get("/sign-in/provider/callback?code=x&state=y").status_code for _ in range(8)]
    assert answers == [400] * 5 + [429] * 3
    assert len([row for row in tail(line, 100) if row["action"] == "sign in"]) == 5


def test_who_did_leave_comes_in_while_somebody_else_only_knocks(browse: Open) -> None:
    stranger = browse()
    for _ in range(8):
        stranger.get("/sign-in/provider/callback?code=x&state=y")
    assert enter(browse()).status_code == 303
