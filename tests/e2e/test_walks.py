"""Ways that people go: a newcomer by links; without JavaScript; with a keyboard alone; in French; on paper."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import PHONE, Line, Visit
from tests.e2e.pages import READ, REFUSED, fill
from tests.e2e.test_every_page import watch

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def enter(page: Page, who: str) -> None:
    """By the demo's button for this person."""
    page.goto("/")
    page.get_by_role("button", name=re.compile(rf"^{who}\b")).click()
    expect(page.get_by_role("heading", level=1, name="Home")).to_be_visible()


def ask(page: Page, text: str) -> None:
    page.get_by_label("Your question, in SQL").fill(text)
    page.get_by_role("button", name="Run", exact=True).click()


@pytest.mark.parametrize("width", ["phone", "laptop"])
def test_a_newcomer_finds_from_number_to_table_lineage_query_refusal_and_notebook(
    visit: Visit, line: Line, width: str
) -> None:
    """After `make demo`, by links only: the first thing on each page that says what one wants."""
    context = visit(**({"viewport": PHONE} if width == "phone" else {}))
    wrong = watch(context, line)
    page = context.new_page()
    enter(page, "ana")
    main = page.get_by_role("main")
    main.get_by_role("link", name="Program health").first.click()
    expect(page.get_by_role("heading", level=1, name="Program health")).to_be_visible()
    expect(page.locator("figure svg").first).to_be_visible()
    main.get_by_role("link", name="gold.volume_daily").first.click()
    expect(page.get_by_role("heading", level=1, name="gold.volume_daily")).to_be_visible()
    main.get_by_role("link", name="Lineage", exact=True).click()
    expect(main.get_by_role("link", name=re.compile("silver.conversations|conversations")).first).to_be_visible()
    main.get_by_role("link", name="Overview").click()
    main.get_by_role("link", name="Ask in the console").click()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("region", name="Rows of the answer")).to_be_visible()
    ask(page, REFUSED)
    expect(page.get_by_role("heading", name="No answer")).to_be_visible()
    expect(page.locator(".notice.refused").first).to_contain_text("text")
    expect(page.get_by_role("link", name="Ask for access to silver.messages")).to_be_visible()
    if width == "phone":
        page.get_by_text("Menu", exact=True).click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Notebooks").click()
    expect(page.get_by_role("heading", level=1, name="Notebooks")).to_be_visible()
    workspace = page.get_by_role("button", name="Open workspace analysis")
    expect(workspace.or_(page.get_by_text("Notebooks are not installed here"))).to_be_visible()
    assert wrong == []


def test_all_of_it_works_without_javascript(visit: Visit) -> None:
    page = visit(java_script_enabled=False).new_page()
    enter(page, "ana")
    main = page.get_by_role("main")
    main.get_by_role("link", name="Program health").first.click()
    page.get_by_label("Days from").fill("2026-01-01")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("2026-01-01"))
    expect(page.locator("figure svg").first).to_be_visible()
    page.locator("details summary", has_text="Data").first.click()
    expect(page.get_by_role("table").first).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Data", exact=True).click()
    main.get_by_role("link", name=re.compile("queue_wait")).first.click()
    page.get_by_role("button", name="Show 10 rows").click()
    expect(page.get_by_role("region", name="Sample")).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Console").click()
    ask(page, "SELECT partner, count(*) AS days FROM gold.volume_daily GROUP BY partner ORDER BY partner")
    for _ in range(30):
        if page.get_by_role("region", name="Rows of the answer").count():
            break
        page.wait_for_timeout(200)
        page.reload()
    expect(page.get_by_role("region", name="Rows of the answer")).to_contain_text("lindenruf")
    page.goto("/requests/new?table=silver.messages")
    page.get_by_label("Columns, if you need certain ones").fill("text")
    page.get_by_label("What do you need it for?").fill("To see how openings are worded")
    page.get_by_role("button", name="Send").click()
    expect(page).to_have_url(re.compile(r"/requests/\d+$"))
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()
    page.goto("/requests")
    expect(page).to_have_url(re.compile("/sign-in"))


def tab_to(page: Page, words: str, at_most: int = 80) -> None:
    """Press Tab until what has the focus says `words`."""
    for _ in range(at_most):
        page.keyboard.press("Tab")
        said = page.evaluate(
            "() => { const e = document.activeElement;"
            " return e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText || ''; }"
        )
        if words in " ".join(said.split()):
            return
    raise AssertionError(f"a keyboard does not come to '{words}' on {page.url}")


def press(page: Page, words: str) -> None:
    """Follow a link or press a button by keyboard alone, and wait for the next page."""
    tab_to(page, words)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_keyboard_alone_comes_from_signing_in_to_a_refusal(visit: Visit) -> None:
    page = visit().new_page()
    page.goto("/")
    press(page, "ana")
    tab_to(page, "Skip to content")
    page.keyboard.press("Enter")
    press(page, "Program health")
    press(page, "gold.volume_daily")
    press(page, "Lineage")
    press(page, "Overview")
    press(page, "Ask in the console")
    tab_to(page, "Your question, in SQL")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("region", name="Rows of the answer")).to_be_visible()
    page.get_by_label("Your question, in SQL").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(REFUSED)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="No answer")).to_be_visible()
    expect(page.locator("#announce")).not_to_be_empty()


def test_the_menu_of_a_phone_opens_and_closes_by_keyboard(visit: Visit) -> None:
    page = visit("ana", viewport=PHONE).new_page()
    page.goto("/")
    tab_to(page, "Menu")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Console").first).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator("#menu")).not_to_have_attribute("open", "")
    assert page.evaluate("() => document.activeElement.tagName") == "SUMMARY"


def test_a_question_that_runs_long_can_be_cancelled_by_its_button(visit: Visit) -> None:
    page = visit("ana").new_page()
    page.goto("/console")
    ask(page, "SELECT count(*) FROM range(1000000000000) AS a(x) WHERE x % 7 = 3")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="No answer")).to_be_visible()


def test_a_supervisor_searches_and_reads_and_no_word_stands_in_a_url(visit: Visit, line: Line) -> None:
    result = line.app.state.site.broker.sql(READ, principal="sam", purpose="quality_review")
    if not result.table.num_rows:
        pytest.skip("no conversation of this demo's keepers was at risk")
    page = visit("sam").new_page()
    page.goto("/conversations")
    page.get_by_label("Words").fill("not")
    page.get_by_role("button", name=re.compile("Search|Find|Look")).click()
    assert "not" not in page.url.rpartition("/")[2].split("-")
    assert page.title().count("not") == 0
    key = fill(line, "sam", "/conversations/{conversation}?purpose=quality_review")
    page.goto(key)
    expect(page.locator("ol.said li").first).to_be_visible()
    assert key.split("/")[2].split("?")[0] not in page.title()


def test_french_pages_speak_french(visit: Visit) -> None:
    context = visit(locale="fr-FR")
    page = context.new_page()
    page.goto("/")
    assert page.locator("html").get_attribute("lang") == "fr"
    page.get_by_role("button", name=re.compile(r"^vera\b")).click()
    page.wait_for_load_state()
    for url in ("/", "/account", "/dashboards"):
        page.goto(url)
        assert page.locator("html").get_attribute("lang") == "fr"
        shown = page.locator("header").inner_text() + page.locator("h1").inner_text()
        english = ("Dashboards", "Data", "Sign out", "Home", "Metrics", "Skip to content", "Sign in", "Account", "Menu")
        assert [word for word in english if re.search(rf"\b{word}\b", shown)] == []


def test_moments_are_told_in_the_line_s_time_zone_wherever_the_browser_is(visit: Visit, line: Line) -> None:
    told = set()
    for zone in ("America/Vancouver", "Asia/Tokyo"):
        page = visit("ana", timezone_id=zone).new_page()
        page.goto("/data/gold/volume_daily")
        moments = page.locator("time").evaluate_all("all => all.map(e => [e.dateTime, e.title || e.innerText])")
        assert moments
        for written, _ in moments:
            assert datetime.fromisoformat(written) <= datetime.now(UTC)
        told.add(page.locator("dl.facts").inner_text().split("(")[-1].split(")")[0])  # not how long ago
    assert len(told) == 1


def test_a_printed_dashboard_has_its_pictures_and_no_menu(visit: Visit) -> None:
    page = visit("ana").new_page()
    page.goto("/dashboards/program_health")
    page.emulate_media(media="print")
    expect(page.locator("header.site")).to_be_hidden()
    expect(page.locator("main form").first).to_be_hidden()
    expect(page.locator("figure svg").first).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert len(page.pdf(format="A4")) > 10_000
