"""Practice in a browser: a newcomer on a phone plays a texter to the end, with scripts and without, and tries again."""

import re

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import PHONE, Line, Visit
from tests.e2e.pages import CARD, TALK
from tests.e2e.test_every_page import watch

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
ADVICE = TALK[-1]
expect.set_options(timeout=30_000)  # the first message waits for the labeller
WARMER = "That sounds so heavy to carry. What is it like for you at night?"


def enter_practice(page: Page) -> None:
    """From the sign-in page to a gentle texter, by what the pages say."""
    page.goto("/")
    page.get_by_role("button", name=re.compile(r"^vera\b")).click()
    page.get_by_role("main").get_by_role("link", name=re.compile("^Practice")).click()
    page.get_by_role("heading", name="First winter without Mum").get_by_role("link").click()
    expect(page.get_by_text("Before you begin")).to_be_visible()
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("Practice: the texter is played.")).to_be_visible()


def say(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log").get_by_text(text, exact=True)).to_be_visible()


def end_and_try_again(page: Page) -> None:
    page.get_by_text("Pause or stop").click()
    page.get_by_role("button", name="End the conversation").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Debrief")
    expect(page.get_by_role("main")).to_contain_text("Are you having thoughts of suicide?")
    expect(page.get_by_role("heading", name="What you did well")).to_be_visible()
    page.get_by_text("Open the conversation").click()
    page.get_by_role("link", name="Try this again message 5").click()
    expect(page.get_by_label("Write it differently")).to_have_value(ADVICE)
    page.get_by_label("Write it differently").fill(WARMER)
    page.get_by_role("button", name="See what happens").click()
    both = page.locator("#both section")
    expect(both).to_have_count(2)
    expect(both.nth(0)).to_contain_text("trust fell")
    expect(both.nth(1)).to_contain_text("trust grew")
    assert both.nth(0).locator(".texter").all_inner_texts() != both.nth(1).locator(".texter").all_inner_texts()
    page.get_by_role("button", name="Go on from here").click()
    expect(page.get_by_role("log").get_by_text(WARMER)).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_newcomer_practises_to_the_end_and_sees_another_outcome(visit: Visit, line: Line, scripts: bool) -> None:
    context = visit(viewport=PHONE, has_touch=True, java_script_enabled=scripts)
    wrong = watch(context, line)
    page = context.new_page()
    enter_practice(page)
    for text in TALK:
        say(page, text)
    end_and_try_again(page)
    assert wrong == []


def test_the_texter_types_and_then_answers(visit: Visit) -> None:
    page = visit("vera", viewport=PHONE).new_page()
    page.goto(f"/practice/cards/{CARD}")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("The texter is typing")).to_be_visible()
    expect(page.locator(".texter").first).to_be_visible(timeout=60_000)


def test_a_lost_connection_loses_nothing_and_sends_once(visit: Visit) -> None:
    context = visit("vera", viewport=PHONE)
    page = context.new_page()
    page.goto(f"/practice/cards/{CARD}")
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("Your message").fill("I'm still here with you.")
    context.set_offline(True)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("The connection is lost.")).to_be_visible()
    expect(page.get_by_label("Your message")).to_have_value("I'm still here with you.")
    context.set_offline(False)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log").get_by_text("I'm still here with you.")).to_have_count(1)
    expect(page.get_by_text("The connection is lost.")).to_be_hidden()
    expect(page.get_by_label("Your message")).to_have_value("")


def test_a_draft_outlives_a_reload_and_enter_sends_it(visit: Visit) -> None:
    page = visit("vera").new_page()
    page.goto(f"/practice/cards/{CARD}")
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("Your message").type("a first line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("and a second")
    page.reload()
    expect(page.get_by_label("Your message")).to_have_value("a first line\nand a second")
    page.get_by_label("Your message").press("Enter")
    expect(page.get_by_role("log").get_by_text("a first line")).to_be_visible()
    expect(page.get_by_label("Your message")).to_be_focused()
    expect(page.get_by_label("Your message")).to_have_value("")


def test_the_trainees_own_distress_stops_the_play(visit: Visit) -> None:
    page = visit("vera", viewport=PHONE).new_page()
    page.goto(f"/practice/cards/{CARD}")
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("Your message").fill("I have to stop, this is too much for me")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Let's stop here")).to_be_visible()
    expect(page.get_by_role("heading", name="Talk to a person")).to_be_visible()
    page.get_by_role("button", name="Leave the practice").click()
    expect(page.get_by_role("heading", name="You stopped")).to_be_visible()


def test_the_chat_works_by_keyboard_alone(visit: Visit) -> None:
    page = visit("vera").new_page()
    page.goto(f"/practice/cards/{CARD}")
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("Your message").press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
