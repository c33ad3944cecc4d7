"""Annotation in a browser: a phone without scripts, a keyboard alone, and from two people's labels to what is right."""

import re

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import PHONE, Line, Visit
from tests.e2e.pages import fill
from tests.e2e.test_every_page import watch

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def open_set(page: Page) -> None:
    """From home to the first message, by what the pages say."""
    page.goto("/quality")
    page.get_by_role("link", name="Annotation").click()
    page.get_by_role("link", name="e2e-set").click()
    page.get_by_role("main").get_by_role("link", name=re.compile("Begin|Go on")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Conversation")


def label_current(page: Page) -> int:
    """Label the message that lies open; its number."""
    form = page.locator("li.current form")
    number = int(str(form.get_attribute("aria-label")).split()[-1])
    if form.get_by_role("group", name="Risk level it shows").count():
        form.get_by_role("radio", name="0 none").check()
    else:
        form.get_by_role("checkbox", name="open question").check()
    form.get_by_role("button", name="Save").click()
    expect(page.locator(f"#message-{number}").get_by_role("link", name="Change")).to_be_visible()
    return number


@pytest.mark.parametrize("scripts", [True, False])
def test_messages_are_labelled_one_after_the_other_on_a_phone(visit: Visit, line: Line, scripts: bool) -> None:
    fill(line, "sam", "{annotated}")
    context = visit("sam", viewport=PHONE, has_touch=True, java_script_enabled=scripts)
    wrong = watch(context, line)
    page = context.new_page()
    open_set(page)
    one, other = label_current(page), label_current(page)
    assert other == one + 1
    assert wrong == []


def test_acts_are_chosen_by_typing_and_saved_without_a_mouse(visit: Visit, line: Line) -> None:
    url = fill(line, "tess", "/quality/annotation/{annotated}/conversations/1?at={counselors}")
    page = visit("tess").new_page()
    page.goto(url)
    expect(page.get_by_role("searchbox", name="Find")).to_be_focused()
    page.keyboard.type("valid")
    expect(page.get_by_role("checkbox", name="validation")).to_be_visible()
    expect(page.get_by_role("checkbox", name="closed question")).to_be_hidden()
    page.keyboard.press("Enter")
    page.keyboard.type("names a")
    page.keyboard.press("Enter")
    expect(page.get_by_role("checkbox", name="closed question")).to_be_visible()
    page.keyboard.press("Control+Enter")
    said = page.locator("li.counselor").filter(has=page.get_by_role("list", name="Your labels")).first
    expect(said).to_contain_text("names a feeling")
    expect(said).to_contain_text("validation")


def test_a_third_person_goes_from_what_is_taken_for_what_to_a_decision(visit: Visit, line: Line) -> None:
    url = fill(line, "clara", "/quality/annotation/{compared}")
    page = visit("clara", viewport=PHONE).new_page()
    page.goto(url)
    page.get_by_role("link", name=re.compile("^Agreement")).click()
    expect(page.get_by_role("row", name=re.compile("^closing exploring"))).to_be_visible()
    page.get_by_role("link", name="1.2", exact=True).click()
    page.get_by_role("button", name="B is right").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Conversation 1, message")
    page.goto(f"{url}/adjudication")
    expect(page.get_by_role("main")).to_contain_text("1 of 3 decided")
    page.goto(f"{url}/adjudication/1/2")
    expect(page.get_by_role("main")).to_contain_text("Decided: closing")
