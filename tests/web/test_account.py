"""One's own account: language, password, second factor, sessions, tokens; never somebody else's."""

import re

import pyotp
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from tests.web.conftest import NOW, As

from nightlight.accounts.passwords import check_password, set_password
from nightlight.accounts.second_factor import has_second_factor
from nightlight.accounts.sessions import list_sessions
from nightlight.accounts.tokens import find_token, list_tokens
from nightlight.catalog.audit import tail
from nightlight.settings import Home
from nightlight.web.access import PLAIN_COOKIE

PASSWORD = "seven quiet lamps"


def said(answer: Response) -> str:
    found = re.search(r'role="(?:alert|status)"><p>(.*?)</p>', answer.text)
    return found[1] if found else ""


def ana_with(browser: TestClient, secret: str) -> TestClient:
    """The same browser with another cookie."""
    browser.cookies.clear()
    browser.cookies.set(PLAIN_COOKIE, secret)
    return browser


def test_one_sees_who_one_is_and_why_one_may_ask(sign_in: As) -> None:
    page = sign_in("ana").get("/account").text
    assert "analysts" in page
    assert "Keep the line reachable" in page
    assert "quality_review" not in page
    assert "No purpose is allowed to you yet" in sign_in("otto").get("/account").text


def test_a_language_stays_with_the_person(sign_in: As) -> None:
    ana, again, alba = sign_in("ana"), sign_in("ana"), sign_in("alba")
    assert ana.post("/account/language", data={"language": "fr"}).headers["location"] == "/account?done=language"
    assert '<html lang="fr"' in again.get("/account").text
    assert '<html lang="en"' in alba.get("/account").text
    ana.post("/account/language", data={"language": ""})
    assert '<html lang="en"' in again.get("/account").text
    assert ana.post("/account/language", data={"language": "xx"}).status_code == 400


def test_a_new_password_needs_the_old_one_and_ends_the_other_sessions(sign_in: As, line: Home) -> None:
    set_password(line, "ana", PASSWORD, clock=lambda: NOW)
    ana, elsewhere, colleague = sign_in("ana"), sign_in("ana"), sign_in("sam")
    form = {"current": PASSWORD, "password": "a calm evening", "again": "a calm evening"}
    for wrong, line_said in (
        ({"current": "not this one"}, "This is not your password."),
        ({"again": "a calm morning"}, "The two new passwords differ. Type the same one twice."),
        ({"password": "short", "again": "short"}, "a password has 12 to 200 characters"),
        ({"password": PASSWORD, "again": PASSWORD}, "this is the password you have"),
    ):
        answer = ana.post("/account/password", data={**form, **wrong})
        assert (answer.status_code, said(answer).split(" – ")[0]) == (400, line_said)
    before = ana.cookies[PLAIN_COOKIE]
    done = ana.post("/account/password", data=form)
    assert done.headers["location"] == "/account?done=password"
    assert ana_with(ana, before).get("/account").status_code == 303
    assert "Your password is changed" in said(ana_with(ana, done.cookies[PLAIN_COOKIE]).get("/account?done=password"))
    assert (elsewhere.get("/account").status_code, colleague.get("/account").status_code) == (303, 200)
    assert check_password(line.database_url, "ana", "a calm evening", now=NOW)
    told = [(row["action"], row["outcome"]) for row in tail(line, 5)]
    assert told == [("password change", "refused")] * 4 + [("password change", "done")]


def test_whoever_took_a_session_over_cannot_try_passwords_without_end(sign_in: As, line: Home) -> None:
    set_password(line, "ana", PASSWORD, clock=lambda: NOW)
    thief = sign_in("ana")
    form = {"current": "a guess at it", "password": "a calm evening", "again": "a calm evening"}
    for _ in range(5):
        assert said(thief.post("/account/password", data=form)) == "This is not your password."
    assert said(thief.post("/account/password", data={**form, "current": PASSWORD})).startswith("too many attempts")
    assert check_password(line.database_url, "ana", PASSWORD, now=NOW)


def test_one_ends_ones_own_sessions_and_nobody_elses(sign_in: As, line: Home) -> None:
    ana, phone, sam, otto = sign_in("ana"), sign_in("ana"), sign_in("sam"), sign_in("otto")
    for browser in (sam, otto):
        for device in list_sessions(line.database_url, "ana"):
            assert browser.post(f"/account/sessions/{device.id}/end").status_code == 404
    assert phone.get("/account").status_code == 200
    page = ana.get("/account").text
    (other,) = re.findall(r"/account/sessions/(\w+)/end", page)
    assert ana.post(f"/account/sessions/{other}/end").status_code == 303
    assert (ana.get("/account").status_code, phone.get("/account").status_code) == (200, 303)
    assert (sam.get("/account").status_code, tail(line, 1)[0]["action"]) == (200, "session end")


def test_one_signs_out_everywhere_else(sign_in: As) -> None:
    ana, phone, laptop, sam = sign_in("ana"), sign_in("ana"), sign_in("ana"), sign_in("sam")
    assert ana.post("/account/sessions/end-others").headers["location"] == "/account?done=sessions"
    assert [browser.get("/account").status_code for browser in (ana, phone, laptop, sam)] == [200, 303, 303, 200]


def make_token(browser: TestClient, **form: str) -> Response:
    return browser.post("/account/tokens", data={"purpose": "improve_service", "name": "weekly report", **form})


def test_a_token_is_shown_once_and_asks_in_ones_own_name(sign_in: As, line: Home) -> None:
    ana = sign_in("ana")
    (secret,) = set(re.findall(r"nl_[\w-]{43}", make_token(ana, days="30").text))
    found = find_token(line.database_url, secret, now=NOW)
    assert found is not None
    assert (found.principal, found.purpose, (found.expires_at - NOW).days) == ("ana", "improve_service", 30)
    page = ana.get("/account").text
    assert "<strong>weekly report</strong>" in page
    assert secret not in page
    assert secret not in str(tail(line, 100))
    assert "<strong>weekly report</strong>" not in sign_in("alba").get("/account").text


@pytest.mark.parametrize(
    ("who", "form", "status"),
    [
        ("ana", {"purpose": "quality_review"}, 400),
        ("ana", {"purpose": "platform_care"}, 400),
        ("ana", {"purpose": ""}, 400),
        ("ana", {"days": "3650"}, 400),
        ("ana", {"days": "many"}, 422),
        ("otto", {}, 400),
    ],
)
def test_nobody_makes_a_token_for_more_than_is_theirs(
    sign_in: As, line: Home, who: str, form: dict[str, str], status: int
) -> None:
    assert make_token(sign_in(who), **form).status_code == status
    assert list_tokens(line.database_url) == []


def test_one_revokes_ones_own_tokens_and_nobody_elses(sign_in: As, line: Home) -> None:
    ana = sign_in("ana")
    make_token(ana)
    (token,) = list_tokens(line.database_url, now=NOW)
    for stranger in ("sam", "ada", "otto"):  # administrators do it on their own page
        assert sign_in(stranger).post(f"/account/tokens/{token.id}/revoke").status_code == 404
    assert list_tokens(line.database_url, now=NOW)[0].state == "good"
    assert ana.post(f"/account/tokens/{token.id}/revoke").headers["location"] == "/account?done=token"
    assert list_tokens(line.database_url, now=NOW)[0].state == "revoked"


def test_a_token_opens_no_account_page(sign_in: As) -> None:
    (secret,) = set(re.findall(r"nl_[\w-]{43}", make_token(sign_in("ana")).text))
    program = sign_in("")
    program.headers["authorization"] = f"Bearer {secret}"
    assert program.get("/account").status_code == 303
    assert program.post("/account/tokens", data={"purpose": "improve_service"}).status_code == 303


def set_up(browser: TestClient, proof: str = PASSWORD) -> tuple[pyotp.TOTP, list[str]]:
    assert browser.post("/account/second-factor/begin", data={"proof": proof}).status_code == 303
    page = browser.get("/account/second-factor").text
    app = pyotp.TOTP(re.findall(r'class="secret">([A-Z2-7]+)<', page)[0])
    assert '<svg viewBox="' in page
    done = browser.post("/account/second-factor/confirm", data={"code": app.at(NOW)})
    return app, re.findall(r"<li><code>([\w-]+)</code>", done.text)


def test_the_second_factor_is_set_up_with_the_password_and_the_apps_code(sign_in: As, line: Home) -> None:
    set_password(line, "ana", PASSWORD, clock=lambda: NOW)
    ana = sign_in("ana")
    assert said(ana.post("/account/second-factor/begin", data={"proof": "wrong"})) == "This is not your password."
    assert said(ana.post("/account/second-factor/confirm", data={"code": "123456"})).startswith("this is not the app")
    _, codes = set_up(ana)
    assert len(codes) == 8
    assert has_second_factor(line.database_url, "ana")
    assert "8 recovery codes are left" in ana.get("/account").text
    assert not any(code in ana.get("/account/second-factor").text for code in codes)


def test_it_is_turned_off_and_its_codes_renewed_with_the_password_only(sign_in: As, line: Home) -> None:
    set_password(line, "ana", PASSWORD, clock=lambda: NOW)
    ana = sign_in("ana")
    for action in ("off", "recovery-codes"):
        assert ana.post(f"/account/second-factor/{action}", data={"proof": PASSWORD}).status_code == 400
    _, codes = set_up(ana)
    for action in ("off", "recovery-codes"):
        assert ana.post(f"/account/second-factor/{action}", data={"proof": "wrong"}).status_code == 400
    assert has_second_factor(line.database_url, "ana")
    renewed = ana.post("/account/second-factor/recovery-codes", data={"proof": PASSWORD}).text
    new = re.findall(r"<li><code>([\w-]+)</code>", renewed)
    assert len(set(new) - set(codes)) == 8
    assert ana.post("/account/second-factor/off", data={"proof": PASSWORD}).status_code == 303
    assert not has_second_factor(line.database_url, "ana")
    assert [row["action"] for row in tail(line, 1)] == ["second factor off"]


def test_without_a_password_a_code_turns_it_off(sign_in: As, line: Home) -> None:
    lin = sign_in("lin")  # signs in by the provider
    _, codes = set_up(lin, proof="")
    assert said(lin.post("/account/second-factor/off", data={"proof": ""})).startswith("This code is not right")
    assert has_second_factor(line.database_url, "lin")
    assert lin.post("/account/second-factor/off", data={"proof": codes[0]}).status_code == 303
    assert not has_second_factor(line.database_url, "lin")


def test_who_manages_the_home_is_told_to_set_it_up(sign_in: As, line: Home) -> None:
    advice = "a stolen password would open it"
    ada = sign_in("ada")
    assert advice in ada.get("/account").text
    assert advice not in sign_in("ana").get("/account").text
    set_password(line, "ada", PASSWORD, clock=lambda: NOW)
    set_up(ada := sign_in("ada"))
    assert advice not in ada.get("/account").text
