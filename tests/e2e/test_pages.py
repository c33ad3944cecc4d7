"""The list of pages that are opened in a browser is complete."""

import re
from pathlib import Path

from tests.e2e.pages import ELSEWHERE, PAGES
from tests.web.test_routes import is_api, routes_of

from nightlight.settings import Home
from nightlight.web.app import create_app


def test_every_page_is_opened_in_a_browser(home: Home) -> None:
    app = create_app(home, demo=True)
    try:
        pages = {route.path for name, route in routes_of(app).items() if name.startswith("GET ") and not is_api(route)}
    finally:
        app.state.site.broker.close()
    opened = {url.split("?")[0] for _, url in PAGES}
    missing = [page for page in sorted(pages - ELSEWHERE) if not any(fits(page, url) for url in opened)]
    assert missing == []
    assert pages >= ELSEWHERE


def fits(template: str, url: str) -> bool:
    """
    >>> fits("/data/{schema}/{table}", "/data/gold/volume_daily"), fits("/data/{schema}", "/data/gold/volume_daily")
    (True, False)
    """
    return re.fullmatch(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template)), url) is not None


def test_no_picture_is_missing_in_the_documentation() -> None:
    from tests.e2e.screenshots import SHOTS

    folder = Path(__file__).parents[2] / "docs" / "screenshots"
    expected = {
        f"{shot.name}-{width}{suffix}.webp"
        for shot in SHOTS
        for width in ("phone", "laptop")
        for suffix in ("", *(["-dark"] if shot.in_the_dark else []))
    }
    assert {file.name for file in folder.glob("*.webp")} == expected
