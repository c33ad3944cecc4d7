"""Signing in: a password, a code, an own password; what is wrong is said without telling who exists."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from tests.clock import Clock
from tests.web.conftest import NOW

from nightlight.accounts import passwords
from nightlight.accounts.passwords import reset_password, set_password
from nightlight.accounts.second_factor import begin_enrollment, confirm_enrollment, pending_enrollment
from nightlight.accounts.sessions import list_sessions, start_session
from nightlight.catalog.audit import tail
from nightlight.catalog.principals import disable
from nightlight.settings import Home
from nightlight.web.access import HOST_COOKIE, PLAIN_COOKIE
from nightlight.web.accounts.cookie import own_path
from nightlight.web.app import create_app

PASSWORD = "seven quiet lamps"
Open = Callable[..., TestClient]


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def browse(line: Home, clock: Clock) -> Iterator[Open]:
    """A browser that has not signed in; ana has a password."""
    set_password(line, "ana", PASSWORD, clock=clock)
    apps = []

    def open_browser(
        base: str = "http://nightlight.test", *, demo: bool = False, address: str = "203.0.113.1", **settings: object
    ) -> TestClient:
        home = replace(line, settings=replace(line.settings, **settings))  # type: ignore[arg-type]
        apps.append(create_app(home, demo=demo, clock=clock))
        client = TestClient(apps[-1], base_url=base, follow_redirects=False, client=(address, 50000))
        client.headers["sec-fetch-site"] = "same-origin"
        return client

    yield open_browser
    for app in apps:
        app.state.site.broker.close()


def enter(browser: TestClient, name: str = "ana", password: str = PASSWORD, **form: str) -> Response:
    return browser.post("/sign-in", data={"name": name, "password": password, **form})


def enroll(line: Home, clock: Clock, name: str = "ana") -> tuple[pyotp.TOTP, list[str]]:
    begin_enrollment(line, name)
    pending = pending_enrollment(line.database_url, name)
    assert pending is not None
    app = pyotp.TOTP(pending.secret)
    codes = confirm_enrollment(line, name, app.at(clock()), clock=clock)
    clock.now += timedelta(seconds=30)
    return app, codes


def said(answer: Response) -> str:
    found = re.search(r'role="alert"><p>(.*?)</p>', answer.text)
    return found[1] if found else ""


def test_the_right_password_opens_the_pages(browse: Open) -> None:
    browser = browse()
    assert browser.get("/").headers["location"] == "/sign-in"
    answer = enter(browser, name=" Ana ")  # phones begin with a capital
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "ana" in browser.get("/account").text
    assert browser.get("/sign-in").headers["location"] == "/"


def test_the_cookie_is_for_us_alone(browse: Open) -> None:
    cookie = enter(browse()).headers["set-cookie"]
    assert cookie.startswith(f"{PLAIN_COOKIE}=")
    assert {"httponly", "samesite=lax", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    assert "secure" not in cookie.lower()


@pytest.mark.parametrize(
    ("base", "settings"),
    [("https://nightlight.test", {}), ("http://nightlight.test", {"public_url": "https://nightlight.test"})],
)
def test_by_https_the_cookie_never_leaves_it(browse: Open, base: str, settings: dict[str, str]) -> None:
    cookie = enter(browse(base, **settings)).headers["set-cookie"]
    assert cookie.startswith(f"{HOST_COOKIE}=")
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    assert "domain" not in cookie.lower()


def test_by_https_a_planted_plain_cookie_opens_nothing(browse: Open, line: Home) -> None:
    browser = browse("https://nightlight.test")
    secret = start_session(line.database_url, "ana", now=NOW, client="")
    browser.cookies.set(PLAIN_COOKIE, secret)
    assert browser.get("/").status_code == 303
    browser.cookies.set(HOST_COOKIE, secret)
    assert browser.get("/").status_code == 200


def test_a_session_known_before_is_worth_nothing_after(browse: Open, line: Home) -> None:
    browser = browse()
    planted = start_session(line.database_url, "ana", now=NOW, client="")
    browser.cookies.set(PLAIN_COOKIE, planted, domain="nightlight.test")
    enter(browser)
    assert browser.cookies[PLAIN_COOKIE] != planted
    assert len(list_sessions(line.database_url, "ana")) == 1


def test_wrong_password_unknown_disabled_and_without_password_look_the_same(browse: Open, line: Home) -> None:
    disable(line.database_url, "vera", by="ada")
    browser = browse()
    tries = [("ana", "wrong password"), ("nobody", PASSWORD), ("vera", PASSWORD), ("sam", PASSWORD), ("analysts", "")]
    answers = [enter(browser, *each) for each in tries]
    assert {(answer.status_code, said(answer)) for answer in answers} == {
        (400, "This name and password do not go together. Try again, or ask an administrator for a new password.")
    }
    pages = {answer.text.replace(name, "NAME") for answer, (name, _) in zip(answers, tries, strict=True)}
    assert len({re.sub(r'nonce="[^"]*"|Nonce": "[^"]*"', "", page) for page in pages}) == 1
    assert not any("set-cookie" in answer.headers for answer in answers)


def test_after_five_failures_even_the_right_password_waits(browse: Open, clock: Clock) -> None:
    browser = browse()
    for _ in range(5):
        assert enter(browser, password="wrong password").status_code == 400
    answer = enter(browser)
    assert (answer.status_code, said(answer)) == (429, "Too many attempts failed. Try again in 30 s.")
    clock.now += timedelta(seconds=30)
    assert enter(browser).status_code == 303


def test_an_address_that_guesses_slows_nobody_elsewhere(browse: Open) -> None:
    attacker, colleague = browse(address="203.0.113.1"), browse(address="203.0.113.2")
    for number in range(20):
        enter(attacker, name=f"name{number}", password="guess")
    assert enter(attacker).status_code == 429
    assert enter(colleague).status_code == 303


def test_when_too_many_sign_in_at_once_the_others_keep_their_pages_and_lose_no_attempt(browse: Open) -> None:
    browser = browse()
    for _ in range(12):
        passwords.ROOM.acquire()
    try:
        for _ in range(6):
            answer = enter(browser)
            assert (answer.status_code, said(answer)) == (
                503,
                "too many sign in at this moment – try again in a few seconds",
            )
        assert browser.get("/sign-in").status_code == 200
    finally:
        passwords.ROOM.release(12)
    assert enter(browser).status_code == 303


@pytest.mark.parametrize("wanted", ["/data?schema=gold", "/account"])
def test_one_goes_where_one_wanted(browse: Open, wanted: str) -> None:
    browser = browse()
    assert browser.get(wanted).headers["location"].startswith("/sign-in?next=")
    assert enter(browser, next=wanted).headers["location"] == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example/",
        "\\\\elsewhere.example",
        "javascript:alert(1)",
        "/\t/elsewhere.example",
        "/\n/elsewhere.example",
        " //elsewhere.example",
        "elsewhere",
        "/sign-in?next=/sign-in",
        "",
    ],
)
def test_nobody_is_sent_to_another_site(browse: Open, wanted: str) -> None:
    assert own_path(wanted) == "/"
    assert enter(browse(), next=wanted).headers["location"] == "/"


def test_a_one_time_password_leads_to_choosing_ones_own(browse: Open, line: Home, clock: Clock) -> None:
    browser = browse()
    one_time = reset_password(line, "ana", by="ada", clock=clock)
    answer = enter(browser, password=one_time, next="/account")
    assert answer.headers["location"] == "/sign-in/new-password?next=/account"
    before = browser.cookies[PLAIN_COOKIE]
    assert browser.get("/account").headers["location"].startswith("/sign-in/new-password")
    weak = browser.post("/sign-in/new-password", data={"password": "ana123456789", "again": "ana123456789"})
    assert (weak.status_code, said(weak)) == (400, "a password is more than your name and digits – choose another")
    differ = browser.post("/sign-in/new-password", data={"password": "a calm evening", "again": "a calm morning"})
    assert said(differ) == "The two passwords differ. Type the same one twice."
    form = {"password": "a calm evening", "again": "a calm evening", "next": "/account"}
    done = browser.post("/sign-in/new-password", data=form)
    assert (done.status_code, done.headers["location"]) == (303, "/account")
    assert browser.get("/account").status_code == 200
    assert browser.cookies[PLAIN_COOKIE] != before
    assert enter(browse(), password=one_time).status_code == 400
    assert enter(browse(), password="a calm evening").status_code == 303


def test_with_a_second_factor_the_password_alone_opens_nothing(browse: Open, line: Home, clock: Clock) -> None:
    app, _ = enroll(line, clock)
    browser = browse()
    answer = enter(browser, next="/account")
    assert answer.headers["location"] == "/sign-in/second-factor?next=/account"
    before = browser.cookies[PLAIN_COOKIE]
    for path in ("/", "/account", "/sign-in/new-password"):
        assert browser.get(path).headers["location"].startswith("/sign-in/second-factor")
    assert browser.post("/account/language", data={"language": "fr"}).status_code == 303
    wrong = browser.post("/sign-in/second-factor", data={"code": "000000"})
    assert (wrong.status_code, "This code is not right" in said(wrong)) == (400, True)
    right = browser.post("/sign-in/second-factor", data={"code": app.at(clock()), "next": "/account"})
    assert (right.status_code, right.headers["location"]) == (303, "/account")
    assert browser.get("/account").status_code == 200
    assert browser.cookies[PLAIN_COOKIE] != before
    stale = browse()
    stale.cookies.set(PLAIN_COOKIE, before)
    assert stale.get("/account").status_code == 303


def test_a_recovery_code_stands_in_for_the_phone_once(browse: Open, line: Home, clock: Clock) -> None:
    _, codes = enroll(line, clock)
    outcomes = []
    for _ in range(2):
        browser = browse()
        enter(browser)
        outcomes.append(browser.post("/sign-in/second-factor", data={"code": codes[0]}).status_code)
    assert outcomes == [303, 400]
    assert tail(line, 3)[0]["detail"] == "recovery code"


def test_codes_cannot_be_tried_without_end(browse: Open, line: Home, clock: Clock) -> None:
    app, _ = enroll(line, clock)
    browser = browse()
    for number in range(5):
        enter(browser)  # a right password in between gives no new tries
        assert browser.post("/sign-in/second-factor", data={"code": f"00000{number}"}).status_code == 400
    enter(browser)
    assert browser.post("/sign-in/second-factor", data={"code": app.at(clock())}).status_code == 429
    clock.now += timedelta(seconds=30)
    assert browser.post("/sign-in/second-factor", data={"code": app.at(clock())}).status_code == 303


def test_a_one_time_password_does_not_go_round_the_second_factor(browse: Open, line: Home, clock: Clock) -> None:
    app, _ = enroll(line, clock)
    one_time = reset_password(line, "ana", by="ada", clock=clock)
    browser = browse()
    assert "/sign-in/second-factor" in enter(browser, password=one_time).headers["location"]
    assert "/sign-in/second-factor" in browser.get("/sign-in/new-password").headers["location"]
    answer = browser.post("/sign-in/second-factor", data={"code": app.at(clock())})
    assert "/sign-in/new-password" in answer.headers["location"]


def test_the_steps_are_for_those_who_are_at_them(browse: Open) -> None:
    browser = browse()
    for path in ("/sign-in/second-factor", "/sign-in/new-password"):
        assert browser.get(path).headers["location"].startswith("/sign-in?next=")
        assert browser.post(path, data={"code": "1", "password": PASSWORD, "again": PASSWORD}).status_code == 303
    enter(browser)
    form = {"password": "a calm evening", "again": "a calm evening"}
    assert browser.post("/sign-in/new-password", data=form).headers["location"] == "/sign-in"
    assert enter(browse()).status_code == 303  # the password is as it was


def test_signing_out_ends_the_session_and_takes_the_cookie_back(browse: Open, line: Home) -> None:
    browser = browse()
    enter(browser)
    secret = browser.cookies[PLAIN_COOKIE]
    answer = browser.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert PLAIN_COOKIE not in browser.cookies
    browser.cookies.set(PLAIN_COOKIE, secret)
    assert browser.get("/").status_code == 303
    assert browser.post("/sign-out").status_code == 303
    assert list_sessions(line.database_url, "ana") == []


def test_in_production_nobody_signs_in_by_plain_http_but_on_this_machine(browse: Open) -> None:
    refused = enter(browse(production=True))
    assert refused.status_code == 400
    assert "signing in needs https" in refused.text
    assert "set-cookie" not in refused.headers
    assert enter(browse("http://127.0.0.1:8000", production=True)).status_code == 303
    assert enter(browse("https://nightlight.test", production=True)).status_code == 303
    assert enter(browse("http://internal.test", production=True, public_url="https://line.test")).status_code == 303


def test_what_another_site_posts_signs_nobody_in(browse: Open) -> None:
    browser = browse()
    browser.headers["sec-fetch-site"] = "cross-site"
    assert enter(browser).status_code == 403


def test_the_demo_has_a_button_for_each_of_its_people(browse: Open) -> None:
    browser = browse(demo=True)
    page = browser.get("/sign-in").text
    assert "This is the demo" in page
    for name, task in (("ana", "analyst"), ("ada", "administrator"), ("otto", "nothing granted yet")):
        assert re.search(rf'value="{name}".*{task}', page)
    assert "dario" not in page  # is no user of this home
    answer = browser.post("/sign-in/demo", data={"name": "ada", "next": "/account"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert browser.get("/admin").status_code != 303
    assert browser.post("/sign-in/demo", data={"name": "alba"}).status_code == 404  # a user, but none of the demo's


def test_elsewhere_there_is_no_way_in_without_a_password(browse: Open) -> None:
    browser = browse()
    page = browser.get("/sign-in").text
    assert "demo" not in page
    assert "ana" not in re.sub(r"<[^>]*>", "", page).split()
    assert browser.post("/sign-in/demo", data={"name": "ana"}).status_code == 404
    assert browser.get("/").status_code == 303


def test_the_audit_has_every_step_and_no_secret(browse: Open, line: Home, clock: Clock) -> None:
    app, _ = enroll(line, clock)
    browser = browse()
    enter(browser, password="my wrong password")
    enter(browser, name="my password, in the wrong field")
    enter(browser)
    code = app.at(clock())
    browser.post("/sign-in/second-factor", data={"code": "000000"})
    browser.post("/sign-in/second-factor", data={"code": code})
    cookie = browser.cookies[PLAIN_COOKIE]
    browser.post("/sign-out")
    told = [(row["action"], row["principal"], row["outcome"], row["detail"]) for row in tail(line, 6)]
    assert told == [
        ("sign in", "ana", "refused", "wrong name or password"),
        ("sign in", "unknown user", "refused", "wrong name or password"),
        ("sign in", "ana", "done", "password; then second factor"),
        ("sign in", "ana", "refused", "wrong code"),
        ("sign in", "ana", "done", "code"),
        ("sign out", "ana", "done", ""),
    ]
    everything = str(tail(line, 1000))
    for secret in (PASSWORD, "my wrong password", "my password", code, cookie, app.secret, "203.0.113"):
        assert secret not in everything


def test_without_an_audit_nobody_signs_in(browse: Open, line: Home) -> None:
    browser = browse()
    (line.root / "keys" / "audit").unlink()
    assert enter(browser).status_code == 400
    assert PLAIN_COOKIE not in browser.cookies
    assert list_sessions(line.database_url, "ana") == []


@pytest.mark.parametrize("accepts", ["fr", "en"])
def test_the_way_in_speaks_the_browsers_language(browse: Open, accepts: str) -> None:
    page = browse().get("/sign-in", headers={"accept-language": accepts})
    assert f'<html lang="{accepts}"' in page.text
