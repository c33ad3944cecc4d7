"""The translations: everything that volunteers read has its French, and nothing is translated that is not shown."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from nightlight.languages import FOLDER, LANGUAGES, N_, NN_, catalog_file, translations

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z%]|\{\w*\}")
TRANSLATED = [language for language in LANGUAGES if language != "en"]


def shown_texts() -> set[Any]:
    """The texts that pages show: each a string, or a pair of singular and plural."""
    from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir

    mappings = tomllib.loads((FOLDER / "extraction.toml").read_text())["mappings"]
    methods = [(pattern, each["method"]) for each in mappings for pattern in each["pattern"]]
    found = extract_from_dir(
        FOLDER.parents[1],
        method_map=methods,
        options_map={pattern: {"silent": "false"} for pattern, method in methods if method == "jinja2"},
        keywords={**DEFAULT_KEYWORDS, "NN_": (1, 2)},
    )
    return {text for _, _, text, _, _ in found if text}


def entries(language: str) -> Iterator[Any]:
    from babel.messages.pofile import read_po

    with catalog_file(language).open("rb") as file:
        yield from (message for message in read_po(file, locale=language, abort_invalid=True) if message.id)


def forms(texts: Any) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else tuple(texts)


def test_extraction_finds_templates_and_code() -> None:
    """Otherwise the tests below could not fail."""
    assert {"Sign out", "Dashboards", "Language of the pages", "volunteer"} <= shown_texts()


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_that_volunteers_see_is_translated(language: str) -> None:
    done = {entry.id for entry in entries(language) if all(forms(entry.string)) and not entry.fuzzy}
    assert shown_texts() - done == set()


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_left_over(language: str) -> None:
    assert {entry.id for entry in entries(language)} - shown_texts() == set()


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_placeholders_of_its_text(language: str) -> None:
    """A form for one may write the number as a word, where the text does."""
    different = [
        (entry.id, form)
        for entry in entries(language)
        for form in forms(entry.string)
        if placeholders(form) not in [placeholders(text) for text in forms(entry.id)]
        or placeholders(forms(entry.string)[-1]) != placeholders(forms(entry.id)[-1])
    ]
    assert different == []


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


@pytest.mark.parametrize("language", TRANSLATED)
def test_catalogs_are_sorted_so_that_changes_are_easy_to_read(language: str) -> None:
    ids = [forms(entry.id)[0] for entry in entries(language)]
    assert ids == sorted(ids)


def test_one_and_many_are_told_apart_as_the_language_does() -> None:
    pair = NN_("%(n)s recovery code is left.", "%(n)s recovery codes are left.")
    french, english = translations("fr"), translations("en")
    assert [french.ngettext(*pair, n) % {"n": n} for n in (0, 1, 2)] == [
        "Il reste 0 code de secours.",
        "Il reste 1 code de secours.",
        "Il reste 2 codes de secours.",
    ]
    assert english.ngettext(*pair, 0) % {"n": 0} == "0 recovery codes are left."


def test_a_language_without_a_catalog_says_what_the_templates_say() -> None:
    assert translations("en").gettext("Sign out") == translations("xx").gettext("Sign out") == "Sign out"


def test_marked_texts_stay_as_they_are() -> None:
    assert N_("Console") == "Console"
