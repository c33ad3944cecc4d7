"""Every page, in light and dark, on a phone and a laptop: usable by all, of one origin, and nothing broken."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page
from tests.e2e.conftest import LAPTOP, PHONE, Line, Visit
from tests.e2e.pages import PAGES, fill

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
RULES = {
    "light": ("tag", ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]),
    "dark": ("rule", ["color-contrast", "link-in-text-block"]),  # a page differs there in color alone
}
AT_MOST = 1_000_000  # bytes of a page with all it loads, as sent

RUN_AXE = """async ([type, values]) => {
  const found = await axe.run(document, {runOnly: {type, values}, resultTypes: ["violations"]});
  return found.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(" ")).slice(0, 5).join(", ")}`);
}"""
WIDER_THAN_SCREEN = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("body *")]
    .filter(e => e.getBoundingClientRect().right > width + 1 && !e.closest(".scroll"))
    .map(e => `${e.tagName.toLowerCase()}.${e.getAttribute("class") || ""}`).slice(0, 5)
    .concat(`the page is ${document.documentElement.scrollWidth} px wide`);
}"""
# Everything a keyboard should reach; of a group of radio buttons, one.
STOPS = """() => {
  const kinds = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const groups = new Set();
  const seen = e => e.checkVisibility({contentVisibilityAuto: true, opacityProperty: false}) && !e.disabled;
  return [...document.querySelectorAll(kinds)].filter(seen).filter(e => {
    if (e.type !== "radio") return true;
    const isNew = !groups.has(e.name); groups.add(e.name); return isNew;
  }).map((e, n) => { e.dataset.stop = n; return `${n} ${e.outerHTML.slice(0, 120)}`; });
}"""
FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const style = x => { const s = getComputedStyle(x); return [s.outlineStyle, s.outlineWidth, s.outlineColor,
    s.boxShadow, s.borderColor, s.backgroundColor, s.textDecorationLine, s.color].join("|"); };
  const box = e.getBoundingClientRect(), with_focus = style(e);
  const marked = e.dataset.stop, radio = e.type === "radio" ? e.name : null;
  if (e.type === "date")  // taken away and given back, the focus would begin again at its first part
    return {stop: marked, radio, visible: e.matches(":focus-within"), inside: box.bottom > 0 && box.top < innerHeight,
            what: e.outerHTML.slice(0, 120)};
  e.blur(); const without = style(e); e.focus({preventScroll: true});
  return {stop: marked, radio, visible: with_focus !== without,
          inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
          what: e.outerHTML.slice(0, 120)};
}"""


def watch(context: BrowserContext, line: Line) -> list[str]:
    """What the pages of a browser do wrong from now on: errors, what the policy refuses, requests to elsewhere."""
    wrong: list[str] = []

    def hear(page: Page) -> None:
        page.on("console", lambda said: wrong.append(f"{said.type}: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(f"exception: {error}"))

    context.on("page", hear)
    context.on(
        "request",
        lambda request: (
            None if request.url.startswith((line.url, "data:")) else wrong.append(f"asks elsewhere: {request.url}")
        ),
    )
    return wrong


@pytest.mark.parametrize(("who", "url"), PAGES)
def test_it_is_light_and_usable_by_all_in_light_and_dark_on_a_phone_and_a_laptop_and_by_keyboard(
    visit: Visit, line: Line, axe: str, who: str, url: str
) -> None:
    context = visit(who)
    wrong = watch(context, line)
    page = context.new_page()
    here = fill(line, who, url)
    found: dict[str, Any] = {}
    for width, viewport in (("laptop", LAPTOP), ("phone", PHONE)):
        page.set_viewport_size({"width": viewport["width"], "height": viewport["height"]})
        with counted_bytes(page) as sizes:
            answer = page.goto(here, wait_until="networkidle")
        if sum(sizes) > AT_MOST:
            found[f"{width}, bytes"] = sum(sizes)
        assert answer is not None
        assert answer.status == (404 if "nothing" in url else 200)
        page.evaluate(axe)
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            if violations := page.evaluate(RUN_AXE, RULES[scheme]):
                found[f"{width} {scheme}"] = violations
        if wide := page.evaluate(WIDER_THAN_SCREEN):
            found[f"{width}, wider than the screen"] = wide
    missed, unseen = walk_by_keyboard(page)
    found |= {"no keyboard reaches": missed} if missed else {}
    found |= {"where the keyboard is cannot be seen": unseen} if unseen else {}
    # A page that is not there is told so by its status, which the browser's console repeats.
    found |= {"wrong": told} if (told := [each for each in wrong if "404" not in each]) else {}
    assert found == {}


def walk_by_keyboard(page: Page) -> tuple[list[str], list[str]]:
    """What Tab never comes to, and where it comes to and nobody sees that."""
    stops = page.evaluate(STOPS)
    reached, unseen = set(), []
    inside_dates = 3 * sum('type="date"' in stop for stop in stops)  # month, day, year, and the calendar's button
    for focused in tab_through(page, len(stops) + inside_dates + 3):
        reached.add(focused["stop"])
        if not focused["visible"] or not focused["inside"]:
            unseen.append(focused["what"])
    return [stop for stop in stops if stop.split()[0] not in reached], unseen


def tab_through(page: Page, times: int) -> Iterator[dict[str, Any]]:
    for _ in range(times):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is not None:
            yield focused


def loaded_bytes(page: Page, *urls: str) -> int:
    """The bytes that came over the wire for these pages and all they load, from an empty cache, headers included."""
    with counted_bytes(page) as sizes:
        for url in urls:
            page.goto(url, wait_until="networkidle")
    return int(sum(sizes))


@contextmanager
def counted_bytes(page: Page) -> Iterator[list[float]]:
    """What comes over the wire while the block runs, headers included: one size for each thing loaded."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    yield sizes
    session.detach()
