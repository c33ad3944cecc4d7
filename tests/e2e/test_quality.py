"""The supervisor's queue in a real browser: from a message of the chat software to a decision, and a second person."""

import json
from datetime import datetime, timedelta
from itertools import count
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import LAPTOP, PHONE, Line, Visit
from tests.e2e.pages import now
from tests.e2e.test_every_page import RULES, RUN_AXE, WIDER_THAN_SCREEN, watch

from nightlight.accounts.tokens import create_token

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
HARD = "i keep thinking about killing myself"
NUMBERS = count(1)
TOLD = (
    ("texter", "hello"),
    ("counselor", "Hi, I'm Jo, a volunteer. I'm glad you texted. What is going on tonight?"),
    ("texter", HARD),
    ("counselor", "That sounds so heavy. What was your day like?"),
    ("counselor", "And how was school this week?"),
    ("counselor", "What do you like to do in the evening?"),
)


@pytest.fixture(scope="module")
def secret(line: Line) -> str:
    """The token of the chat software."""
    return create_token(line.home, principal="chat_software", purpose="quality_review", by="ada")


@pytest.fixture
def fresh(line: Line, secret: str) -> str:
    """A conversation that has just begun to be told, with risk that nobody asked about; nobody's of a team."""
    conversation = f"e2e-{next(NUMBERS)}"
    tell(line, secret, conversation, began=now() - timedelta(minutes=4))
    return conversation


def tell(line: Line, secret: str, conversation: str, *, began: datetime) -> None:
    """What the chat software sends, message by message."""
    for number, (author, text) in enumerate(TOLD, 1):
        event = {
            "conversation": conversation,
            "message_id": f"m{number}",
            "author": author,
            "text": text,
            "sent_at": (began + timedelta(seconds=30 * number)).isoformat(),
        }
        send(line, secret, "/api/quality/events", event)


def send(line: Line, secret: str, url: str, value: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    with urlopen(Request(line.url + url, json.dumps(value).encode(), headers), timeout=30) as answer:  # noqa: S310
        assert answer.status == 200
        assert HARD not in answer.read().decode()


def row(page: Page, conversation: str) -> str:
    """The place of a conversation in the queue."""
    return f'ol.queue > li:has(a[href="/quality/conversations/{conversation}"])'


def begin_shift(page: Page) -> None:
    page.goto("/quality")
    if page.get_by_role("button", name="Begin shift").count():
        page.get_by_role("button", name="Begin shift").click()
    expect(page.get_by_text("You are on duty")).to_be_visible()


def test_from_a_message_to_a_decision(visit: Visit, line: Line, fresh: str) -> None:
    context = visit("sam")
    wrong = watch(context, line)
    page = context.new_page()
    begin_shift(page)
    here = page.locator(row(page, fresh))
    expect(here).to_contain_text("Risk told, not asked about")
    expect(here).to_contain_text("on your shift")
    here.get_by_role("link", name="Risk told, not asked about").first.click()
    expect(page.get_by_role("heading", level=1, name="Conversation")).to_be_visible()
    expect(page.get_by_text(HARD)).to_have_count(0)
    page.get_by_role("button", name="Open conversation").click()
    shown = page.locator("li.evidence").filter(has_text=HARD)
    expect(shown).to_be_visible()
    flag = page.get_by_role("article", name="Risk told, not asked about")
    flag.get_by_role("link", name="3", exact=True).click()
    expect(shown).to_be_in_viewport()
    assert page.evaluate("document.querySelector(':target').classList.contains('evidence')")
    page.get_by_role("link", name="Correct a label of message 4").click()
    acts = page.get_by_role("region", name="Correct message 4").locator("form").filter(has_text="What it does")
    acts.get_by_label("names a feeling").check()
    acts.get_by_label("Reason", exact=True).fill("it says how heavy it is")
    acts.get_by_role("button", name="Correct the acts").click()
    expect(page.locator("#message-4")).to_contain_text("Corrected by sam")
    flag.get_by_label("Note (optional)").first.fill("The volunteer was called.")
    flag.get_by_role("button", name="Confirm").click()
    expect(flag).to_contain_text("Confirmed by sam")
    page.goto("/quality?rule=risk_not_assessed")
    expect(page.locator(row(page, fresh))).to_have_count(0)
    assert wrong == []


def test_a_flag_is_dismissed_with_a_reason_on_a_phone(visit: Visit, line: Line, fresh: str) -> None:
    page = visit("sam", viewport=PHONE).new_page()
    page.goto(f"/quality/conversations/{fresh}")
    flag = page.get_by_role("article", name="Risk told, not asked about")
    flag.locator("summary").filter(has_text="Dismiss").click()
    flag.get_by_label("It was done elsewhere").check()
    flag.get_by_role("button", name="Dismiss", exact=True).click()
    expect(flag).to_contain_text("Dismissed by sam")
    page.goto("/quality?rule=risk_not_assessed")
    expect(page.locator(row(page, fresh))).to_have_count(0)


def test_the_queue_looks_again_by_itself_and_keeps_the_focus(visit: Visit, line: Line, secret: str, fresh: str) -> None:
    page = visit("sam").new_page()
    page.clock.install()
    page.goto("/quality")
    chosen = page.locator(row(page, fresh)).get_by_role("link").first
    chosen.focus()
    conversation = f"e2e-{next(NUMBERS)}"
    tell(line, secret, conversation, began=now() - timedelta(minutes=4))
    expect(page.locator(row(page, conversation))).to_have_count(0)
    page.clock.run_for(20_500)
    expect(page.locator(row(page, conversation))).to_be_visible()
    expect(chosen).to_be_focused()


def test_outside_a_shift_a_second_person_has_to_agree(visit: Visit, line: Line, secret: str) -> None:
    conversation = f"e2e-{next(NUMBERS)}"
    began = now() - timedelta(hours=20)
    tell(line, secret, conversation, began=began)
    ended = {"at": (began + timedelta(minutes=5)).isoformat(), "ended_by": "texter"}
    send(line, secret, f"/api/quality/conversations/{conversation}/end", ended)
    page, other = visit("sam").new_page(), visit("clara").new_page()
    page.goto(f"/quality/conversations/{conversation}")
    expect(page.get_by_role("button", name="Open conversation")).to_have_count(0)
    page.get_by_label("Why you need to read it").fill("Nobody asked about risk: how did it end?")
    page.get_by_role("button", name="Ask a second person").click()
    expect(page.get_by_text("You asked")).to_be_visible()
    other.goto("/quality/openings")
    asked = other.get_by_role("listitem").filter(has_text=conversation)
    expect(asked).to_contain_text("how did it end?")
    asked.get_by_role("button", name="Approve").click()
    expect(other.get_by_role("button", name=f"Approve: sam, {conversation}")).to_have_count(0)
    page.goto(f"/quality/conversations/{conversation}")
    page.get_by_role("button", name="Open conversation").click()
    expect(page.locator("li.evidence").filter(has_text=HARD)).to_be_visible()


def test_without_javascript_it_is_all_links_and_forms(visit: Visit, line: Line, fresh: str) -> None:
    page = visit("sam", java_script_enabled=False).new_page()
    begin_shift(page)
    page.goto(f"/quality/conversations/{fresh}")
    page.get_by_role("button", name="Open conversation").click()
    expect(page.locator("li.evidence").filter(has_text=HARD)).to_be_visible()
    flag = page.get_by_role("article", name="Risk told, not asked about")
    flag.get_by_role("button", name="Confirm").click()
    expect(flag).to_contain_text("Confirmed by sam")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_an_opened_conversation_is_usable_by_all(
    visit: Visit, line: Line, axe: str, fresh: str, size: dict[str, int], scheme: str
) -> None:
    page = visit("sam", viewport=size, color_scheme=scheme, bypass_csp=True).new_page()
    begin_shift(page)
    page.goto(f"/quality/conversations/{fresh}")
    page.get_by_role("button", name="Open conversation").click()
    for address in ("", "?correct=3", "?correct=4"):
        page.goto(f"/quality/conversations/{fresh}{address}")
        expect(page.locator("#message-3")).to_contain_text(HARD)
        page.evaluate(axe)
        assert page.evaluate(RUN_AXE, RULES["light"]) == []  # all rules, in the dark too
        assert page.evaluate(WIDER_THAN_SCREEN) == []
