"""Renders pages: every template gets who asks, the menu, the words of their language and how values are written."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from nightlight.languages import LANGUAGES, is_translated, translations
from nightlight.languages.formats import Formats
from nightlight.web.access import Person
from nightlight.web.languages import language_of
from nightlight.web.navigation import places_for
from nightlight.web.site import Site

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page, or the part of one that htmx asked for, as whoever asks may see it.

    Templates have `person` (None before sign-in), `places`, `show` (Formats), `_`, `ngettext`, `asset`, `nonce`,
    `site`, `path`, and `values`. Undefined names are errors.
    """
    site: Site = request.app.state.site
    person: Person | None = getattr(request.state, "person", None)
    language = language_of(request, person)
    words = translations(language)
    main_language = language if is_translated(f"web/templates/{template}") else "en"
    text = (
        environment()
        .get_template(template)
        .render(
            person=person,
            places=places_for(site, person) if person else [],
            show=Formats(main_language, site.home.settings.time_zone, site.clock()),
            language=language,
            main_language=main_language,
            languages=LANGUAGES,
            _=words.gettext,
            ngettext=words.ngettext,
            nonce=request.state.nonce,
            site=site,
            path=request.url.path,
            **values,
        )
    )
    headers = {"Vary": "Cookie, Accept-Language, HX-Request", "Content-Language": language}
    return HTMLResponse(text, status_code=status, headers=headers)


@cache
def environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["asset"] = asset
    return found


@cache
def asset(name: str) -> str:
    """The URL of a static file, which changes with its content: browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?{digest}"
