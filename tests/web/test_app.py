"""The pages' frame: who gets in, what every answer carries, how errors look."""

import re

import pytest
from fastapi import APIRouter, FastAPI
from tests.web.conftest import As

from nightlight.web.access import PUBLIC, check_routes


def test_a_stranger_is_shown_the_way_in(sign_in: As) -> None:
    answer = sign_in("").get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_home_shows_only_what_one_may_open(sign_in: As) -> None:
    assert "/admin" in sign_in("ada").get("/").text
    page = sign_in("ana").get("/")
    assert page.status_code == 200
    assert "/dashboards" in page.text
    assert "/admin" not in page.text
    assert "Nothing has been opened to you yet" in sign_in("otto").get("/").text


def test_what_another_site_sends_is_refused(sign_in: As) -> None:
    browser = sign_in("ana")
    browser.headers["sec-fetch-site"] = "cross-site"
    assert browser.post("/sign-out").status_code == 403


def test_every_answer_carries_what_browsers_have_to_know(sign_in: As) -> None:
    for path in ("/", "/sign-in", "/nowhere", "/static/app.css"):
        headers = sign_in("ana").get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
        assert headers["cache-control"] == (
            "no-store" if "static" not in path else "public, max-age=31536000, immutable"
        )


def test_a_nonce_is_used_once(sign_in: As) -> None:
    browser = sign_in("ana")
    policies = {browser.get("/").headers["content-security-policy"] for _ in range(3)}
    assert len(policies) == 3


def test_what_is_not_there_and_what_is_not_ones_own_look_the_same(sign_in: As) -> None:
    browser = sign_in("ana")
    missing, forbidden = browser.get("/admin/nothing-like-it"), browser.get("/admin")
    assert missing.status_code == forbidden.status_code == 404
    assert _without_nonce(missing.text) == _without_nonce(forbidden.text)


def test_a_request_that_is_too_large_is_refused(sign_in: As) -> None:
    assert sign_in("ana").post("/sign-out", content=b"x" * 2_000_001).status_code == 413


def test_start_up_refuses_a_route_that_declares_no_requirement() -> None:
    app = FastAPI()
    router = APIRouter()
    router.add_api_route("/open", lambda: None, dependencies=[PUBLIC])
    router.add_api_route("/forgotten", lambda: None)
    app.include_router(router)
    with pytest.raises(RuntimeError, match="/forgotten"):
        check_routes(app)


def test_requests_wait_for_those_who_decide(sign_in: As) -> None:
    asked = {"table": "silver.conversations", "columns": "", "reason": "to see how nights differ from days"}
    assert sign_in("vera").post("/requests", data=asked).status_code == 303
    assert "1 request for access waits for you" in sign_in("ada").get("/").text
    assert "waits for you" not in sign_in("ana").get("/").text


def _without_nonce(page: str) -> str:
    return re.sub(r'nonce="[^"]*"|Nonce": "[^"]*"', "", page)
