"""Two people in one notebook: each sees what the other types, and the audit knows whose cell it was."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.notebook_guest import served

from nightlight.accounts.sessions import start_session
from nightlight.catalog.audit import tail
from nightlight.catalog.statements import read_statements
from nightlight.catalog.workspaces import Workspace, add_workspace
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies
from nightlight.web.access import PLAIN_COOKIE
from nightlight.web.app import create_app

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or ""
pytestmark = [
    pytest.mark.browser,
    pytest.mark.notebooks,
    pytest.mark.timeout(280),
    pytest.mark.skipif(not CHROMIUM, reason="no chromium"),
]
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
POLICIES = """
CREATE GROUP analysts; ADD USER ana TO GROUP analysts; ADD USER dora TO GROUP analysts;
CREATE PURPOSE improve_service OF operations 'Keep the line reachable'; ALLOW PURPOSE improve_service TO analysts;
CREATE SERVICE PRINCIPAL workspace_analysis; ADD USER workspace_analysis TO GROUP analysts;
GRANT EXECUTE ON WORKSPACE analysis TO analysts;
"""
NOTEBOOK = {
    "cells": [{"cell_type": "code", "id": "a", "metadata": {}, "source": "", "outputs": [], "execution_count": None}],
    "metadata": {"kernelspec": {"name": "nightlight", "display_name": "Python", "language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.fixture
def room(home: Home) -> Home:
    apply_policies(home, list(read_statements(POLICIES, "room.sql")), by="ada", text=POLICIES)
    add_workspace(home.database_url, Workspace("analysis", "workspace_analysis", "improve_service"), by="ada")
    folder = home.notebooks / "analysis"
    folder.mkdir(parents=True)
    (folder / "together.ipynb").write_text(json.dumps(NOTEBOOK))
    return home


@pytest.fixture
def open_page(room: Home) -> Iterator[Callable[[str], "Page"]]:
    """The notebook, as somebody sees it who comes to it from the pages."""
    from playwright.sync_api import sync_playwright

    app = create_app(room)
    with served(app) as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        pages = f"http://127.0.0.1:{port}"

        def open_as(name: str) -> "Page":
            secret = start_session(room.database_url, name, now=datetime.now(UTC), client="test")
            context = browser.new_context(viewport={"width": 1200, "height": 800})
            context.add_cookies([{"name": PLAIN_COOKIE, "value": secret, "url": pages}])
            page = context.new_page()
            page.goto(f"{pages}/notebooks")
            page.get_by_role("button", name="Open together.ipynb").click()
            page.wait_for_selector(".jp-Notebook .jp-CodeCell .cm-content", timeout=60_000)
            page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]', timeout=60_000)
            return page

        yield open_as
        browser.close()
    app.state.site.broker.close()


def cell_of(page: "Page") -> Any:
    return page.locator(".jp-Notebook .jp-CodeCell .cm-content").first


def test_two_people_write_one_notebook(room: Home, open_page: Callable[[str], "Page"]) -> None:
    ana, dora = open_page("ana"), open_page("dora")
    cell_of(ana).click()
    ana.keyboard.insert_text("nightlight.sql('SELECT 41 + 1 AS answer').to_pylist()")
    dora.wait_for_function("document.querySelector('.jp-Notebook .cm-content').innerText.includes('41 + 1')")
    cell_of(dora).click()
    dora.keyboard.press("Control+Enter")
    for page in (ana, dora):
        page.wait_for_selector("text=[{'answer': 42}]", timeout=60_000)
    [record] = [each for each in tail(room, 20) if "41 + 1" in each["statement"]]
    assert (record["principal"], record["person"]) == ("workspace_analysis", "dora")
    dora.goto(dora.url.split("/lab")[0] + "/logout")
    assert dora.url.endswith("/notebooks")
