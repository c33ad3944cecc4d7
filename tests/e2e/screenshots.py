"""Pictures of the pages of a demo for docs/screenshots, on a phone and a laptop, as small WebP files.

`python -m tests.e2e.screenshots [FOLDER] [png]` writes them elsewhere, or as PNG, to be looked at."""

import base64
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from tests.e2e.conftest import CHROMIUM, FLAGS, LAPTOP, PHONE, Line, served, sign_in
from tests.e2e.pages import fill

from nightlight.settings import Home

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
TALLEST = {"phone": 1400, "laptop": 1100}  # pixels: a picture shows a page's beginning
QUALITY = 45
CONVERSATIONS = 2_000  # as many as the demo makes: of fewer, dashboards hide most
USUAL_PLACE = "/srv/nightlight"
IN_ALL = 4_500_000  # bytes


@dataclass(frozen=True)
class Shot:
    """A page to picture: the file's name, who opens it, where; and whether in the dark too."""

    name: str
    who: str
    url: str
    in_the_dark: bool = False


# A conversation of the tables is left out: what is open to a supervisor is about risk, and which of its words would be
# shown is drawn by chance. Its page is looked at by tests/e2e/test_every_page.py.
SHOTS = (
    Shot("sign-in", "", "/sign-in", in_the_dark=True),
    Shot("home", "ana", "/"),
    Shot("home-volunteer", "vera", "/", in_the_dark=True),
    Shot("home-admin", "ada", "/"),
    Shot("account", "vera", "/account"),
    Shot("practice", "vera", "/practice"),
    Shot("practice-card", "vera", "/practice/cards/exam-week-sleepless"),
    Shot("practice-chat", "vera", "/practice/sessions/{talking}", in_the_dark=True),
    Shot("practice-debrief", "vera", "/practice/sessions/{ended}/debrief", in_the_dark=True),
    Shot("practice-what-if", "vera", "/practice/sessions/{ended}/what-if/1"),
    Shot("practice-progress", "vera", "/practice/progress"),
    Shot("practice-wellbeing", "vera", "/practice/wellbeing"),
    Shot("practice-teaching", "sam", "/practice/training"),
    Shot("queue", "sam", "/quality", in_the_dark=True),
    Shot("flagged", "sam", "/quality/conversations/{going_on}"),
    Shot("annotation", "sam", "/quality/annotation/{annotated}/conversations/1?at={counselors}"),
    Shot("annotation-agreement", "clara", "/quality/annotation/pilot-1/agreement"),
    Shot("annotation-decision", "chen", "/quality/annotation/pilot-1/adjudication"),
    Shot("models", "clara", "/models", in_the_dark=True),
    Shot("model-version", "clara", "/models/pocket/dev/{trained}"),
    Shot("model", "clara", "/models/pocket"),
    Shot("model-rollback", "clara", "/models/pocket/rollback"),
    Shot("studio", "clara", "/studio"),
    Shot("studio-card", "clara", "/studio/exam-week-sleepless"),
    Shot("studio-fact", "clara", "/studio/{begun}/parts/fact-1"),
    Shot("studio-preview", "clara", "/studio/{begun}/preview"),
    Shot("studio-tests", "clara", "/studio/{begun}/tests"),
    Shot("dashboards", "ana", "/dashboards"),
    Shot("program-health", "ana", "/dashboards/program_health", in_the_dark=True),
    Shot("program-health-partner", "lin", "/dashboards/program_health"),
    Shot("queue-now", "sam", "/dashboards/queue_now", in_the_dark=True),
    Shot("quality", "sam", "/dashboards/quality"),
    Shot("training", "ana", "/dashboards/training"),
    Shot("volunteers", "ana", "/dashboards/volunteers"),
    Shot("data-trust", "ana", "/dashboards/data_trust"),
    Shot("data", "ana", "/data"),
    Shot("table", "ana", "/data/gold/volume_daily"),
    Shot("lineage", "ana", "/data/gold/queue_wait/lineage?column=wait_p90", in_the_dark=True),
    Shot("access", "ana", "/data/silver/messages/access"),
    Shot("console", "ana", "/console"),
    Shot("console-answer", "ana", "/console/queries/{answered}"),
    Shot("console-refusal", "ana", "/console/queries/{refused}"),
    Shot("conversations", "sam", "/conversations"),
    Shot("request-decision", "ada", "/requests/{request}"),
    Shot("metrics", "ana", "/metrics"),
    Shot("notebooks", "ana", "/notebooks"),
    Shot("admin", "ada", "/admin"),
    Shot("people", "ada", "/admin/people"),
    Shot("person", "ada", "/admin/people/sam"),
    Shot("groups", "ada", "/admin/groups"),
    Shot("policies", "ada", "/admin/policies?on=TABLE+silver.messages"),
    Shot("sources", "ada", "/admin/sources"),
    Shot("audit", "ada", "/admin/audit"),
    Shot("alerts", "ada", "/admin/alerts"),
)

# The pages for administrators name the home's folder, which is a temporary one here.
SAY_USUAL_PLACE = """([here, there]) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(here, there);
}"""


def take(browser: Browser, line: Line, shot: Shot, folder: Path, kind: str) -> None:
    for width, viewport in (("phone", PHONE), ("laptop", LAPTOP)):
        for scheme in ("light", "dark") if shot.in_the_dark else ("light",):
            context = browser.new_context(
                base_url=line.url,
                viewport={"width": viewport["width"], "height": viewport["height"]},
                color_scheme=scheme,
                locale="en-US",
                reduced_motion="reduce",
            )
            if shot.who:
                sign_in(context, line, shot.who)
            page = context.new_page()
            page.goto(fill(line, shot.who, shot.url), wait_until="networkidle")
            page.evaluate(SAY_USUAL_PLACE, [str(line.home.root), USUAL_PLACE])
            suffix = "" if scheme == "light" else "-dark"
            (folder / f"{shot.name}-{width}{suffix}.{kind}").write_bytes(picture(page, TALLEST[width], kind))
            context.close()


def picture(page: Page, tallest: int, kind: str) -> bytes:
    """The page's beginning, or where it has scrolled to by itself. Playwright has no WebP; chromium has."""
    width, height, y = page.evaluate("() => [innerWidth, document.documentElement.scrollHeight, scrollY]")
    options: dict[str, Any] = {"format": kind}
    if not y:
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, tallest), "scale": 1}
        options |= {"captureBeyondViewport": True, "clip": clip}
    if kind == "webp":
        options["quality"] = QUALITY
    answer = page.context.new_cdp_session(page).send("Page.captureScreenshot", options)
    return base64.b64decode(answer["data"])


def demo_home(folder: Path) -> Home:
    """The demo, whose conversations are invented."""
    if made := os.environ.get("NIGHTLIGHT_E2E_HOME"):
        shutil.copytree(made, folder)
    else:
        command = [sys.executable, "-m", "nightlight", "demo", "--no-serve", "--home", str(folder)]
        subprocess.run([*command, "--conversations", str(CONVERSATIONS)], check=True, stdout=subprocess.DEVNULL)
    return Home.open(folder)


def main(folder: Path = FOLDER, kind: str = "webp") -> None:
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        raise SystemExit("no chromium: apt install chromium")
    with ExitStack() as stack:
        home = demo_home(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "home")
        line = stack.enter_context(served(home))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob(f"*.{kind}"):
            old.unlink()
        for shot in SHOTS:
            take(browser, line, shot, folder, kind)
        browser.close()
    size = sum(file.stat().st_size for file in folder.glob(f"*.{kind}"))
    sys.stdout.write(f"{len(list(folder.glob(f'*.{kind}')))} pictures, {size / 1e6:.1f} MB, in {folder}\n")
    if kind == "webp" and size > IN_ALL:
        raise SystemExit("too large for a repository: take fewer, or shorter ones")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else FOLDER, "png" if "png" in sys.argv[2:] else "webp")
