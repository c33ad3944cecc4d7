"""The languages of the pages: texts are English in templates and code, translations gettext catalogs in `locales`.

A text that code chooses and a template shows by `_(...)` is written `N_("...")`, so that extraction finds it
(docs/contributing.md, "Translations"). Catalogs are read as they are written: there is nothing to compile."""

import io
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

LANGUAGES = {"en": "English", "fr": "Français"}  # as their speakers call them
FOLDER = Path(__file__).parent / "locales"


def N_(text: str) -> str:  # noqa: N802  # the name that extraction knows
    """The text itself, marked for translation; it is translated where it is shown."""
    return text


def choose_language(wanted: str, accepted: str) -> str:
    """The person's own choice, else what the browser likes best of what we have, else English.

    >>> choose_language("", "de, fr-CA;q=0.8, en;q=0.3")
    'fr'
    """
    liked = sorted((_preference(part) for part in accepted.split(",")), key=lambda each: -each[0])
    offered = [wanted, *(language for liking, language in liked if liking > 0)]
    return next((language for language in offered if language in LANGUAGES), "en")


def _preference(part: str) -> tuple[float, str]:
    """One language of an Accept-Language header, and how much it is liked."""
    tag, _, quality = part.partition(";")
    try:
        liking = float(quality.strip().removeprefix("q=") or 1)
    except ValueError:
        liking = 0.0
    return liking, tag.strip()[:2].lower()


@lru_cache
def translations(language: str) -> NullTranslations:
    """The texts of a language; English is what the templates say."""
    file = catalog_file(language)
    if not file.is_file():
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with file.open("rb") as written:
        write_mo(compiled, read_po(written, locale=language, abort_invalid=True))
    compiled.seek(0)
    return GNUTranslations(compiled)


def catalog_file(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "messages.po"
