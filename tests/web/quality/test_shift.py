"""Going on duty and off."""

from tests.web.quality.conftest import As, Clock

from nightlight.quality.shifts import current_shift, on_duty, running_shifts
from nightlight.settings import Home


def test_one_goes_on_duty_from_the_queue_and_off_again(sign_in: As, line: Home, clock: Clock) -> None:
    browser = sign_in("sam")
    assert "You are not on duty." in browser.get("/quality").text
    began = browser.post("/quality/shift/begin")
    assert (began.status_code, began.headers["location"]) == (303, "/quality")
    page = " ".join(browser.get("/quality").text.split())
    assert "You are on duty</strong> until 10:30" in page
    assert "you may open it: on your shift" in page
    assert browser.post("/quality/shift/end").status_code == 303
    assert on_duty(line, clock()) == ()


def test_others_see_who_is_on_duty(sign_in: As) -> None:
    sign_in("sam").post("/quality/shift/begin")
    assert "Also on duty: sam." in sign_in("tess").get("/quality").text
    assert "<li>sam</li>" in sign_in("tess").get("/quality/shift").text


def test_a_shift_is_as_long_as_was_chosen_and_no_longer_than_allowed(sign_in: As, line: Home, clock: Clock) -> None:
    browser = sign_in("sam")
    refused = browser.post("/quality/shift/begin", data={"hours": "400"})
    assert refused.status_code == 400
    assert "a shift lasts up to" in refused.text
    browser.post("/quality/shift/begin", data={"hours": "4"})
    clock.pass_by(hours=3.9)
    assert current_shift(line, "sam", clock()) is not None
    clock.pass_by(hours=0.2)
    assert current_shift(line, "sam", clock()) is None
    assert "Your earlier shifts" in sign_in("sam").get("/quality/shift").text


def test_a_shift_is_not_there_for_strangers(sign_in: As, line: Home, clock: Clock) -> None:
    browser = sign_in("otto")
    assert browser.get("/quality/shift").status_code == 404
    assert browser.post("/quality/shift/begin").status_code == 404
    assert on_duty(line, clock()) == ()


def test_one_says_where_one_is_called_and_the_next_shift_remembers_it(sign_in: As, line: Home, clock: Clock) -> None:
    browser = sign_in("sam")
    assert "No mail calls you" not in browser.get("/quality").text, "who is not on duty is not called"
    browser.post("/quality/shift/begin")
    assert "No mail calls you when a flag cannot wait" in browser.get("/quality").text
    assert browser.post("/quality/shift/mail", data={"mail": " sam@example.org "}).status_code == 303
    assert [shift.mail for shift in running_shifts(line, clock())] == ["sam@example.org"]
    assert 'value="sam@example.org"' in browser.get("/quality/shift").text
    assert "No mail calls you" not in browser.get("/quality").text
    browser.post("/quality/shift/end")
    browser.post("/quality/shift/begin")
    assert [shift.mail for shift in running_shifts(line, clock())] == ["sam@example.org"]
    browser.post("/quality/shift/mail", data={"mail": ""})
    assert [shift.mail for shift in running_shifts(line, clock())] == [None]


def test_what_is_no_address_is_refused_and_a_colleagues_stays(sign_in: As, line: Home, clock: Clock) -> None:
    sign_in("tess").post("/quality/shift/begin", data={"mail": "tess@example.org"})
    refused = sign_in("sam").post("/quality/shift/begin", data={"mail": "sam, tess@example.org"})
    assert refused.status_code == 400
    assert "this is no mail address" in refused.text
    assert sign_in("otto").post("/quality/shift/mail", data={"mail": "otto@example.org"}).status_code == 404
    assert {shift.person: shift.mail for shift in running_shifts(line, clock())} == {"tess": "tess@example.org"}
