"""The languages that people are spoken to: texts are English in templates and code, translations gettext catalogs.

A text that code chooses and a template shows by `_(...)` is written `N_("...")`, so that extraction finds it
(docs/contributing.md, "Translations"). Catalogs are read as they are written: there is nothing to compile."""

import io
import tomllib
from fnmatch import fnmatch
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

LANGUAGES = {"en": "English", "fr": "Français"}  # as their speakers call them
FOLDER = Path(__file__).parent / "locales"


def N_(text: str) -> str:  # noqa: N802  # the name that extraction knows
    """The text itself, marked for translation; it is translated where it is shown."""
    return text


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802
    """A sentence for one and one for many, marked for translation; `ngettext` chooses where it is shown."""
    return one, many


def is_translated(source: str) -> bool:
    """Whether the texts of a file ("web/templates/home.html") are translated: elsewhere pages are in English."""
    return any(fnmatch(source, pattern) for pattern in _translated())


@cache
def _translated() -> tuple[str, ...]:
    mappings = tomllib.loads((FOLDER / "extraction.toml").read_text(encoding="utf-8"))["mappings"]
    return tuple(pattern for mapping in mappings for pattern in mapping["pattern"])


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
