"""The pages' frame: who gets in, what every answer carries, how errors look."""

from tests.web.conftest import As


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
