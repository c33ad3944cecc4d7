"""Which language a page is in: the person's choice, else the browser's, else English; and it says so."""

import re

import pytest
from tests.web.conftest import As

from nightlight.web.languages import choose_language


def test_the_choice_of_the_person_comes_before_that_of_the_browser() -> None:
    assert choose_language("fr", "en-US,en;q=0.9") == "fr"
    assert choose_language("", "en;q=0.4, fr;q=0.8") == "fr"
    assert choose_language("", "fr;q=0, de") == "en"
    assert choose_language("xx", "") == "en"
    assert choose_language("", "fr;q=much, *;;,") == "en"


@pytest.mark.parametrize("url", ["/", "/dashboards", "/account"])
def test_pages_say_their_language_and_speak_it(sign_in: As, url: str) -> None:
    browser = sign_in("ana")
    browser.headers["accept-language"] = "fr-CA,fr;q=0.9"
    page = browser.get(url)
    assert '<html lang="fr"' in page.text
    assert page.headers["content-language"] == "fr"
    assert "Sign out" not in page.text
    assert "Tableaux de bord" in page.text


def test_errors_are_in_the_language_too(sign_in: As) -> None:
    browser = sign_in("ana")
    browser.headers["accept-language"] = "fr"
    page = browser.get("/nowhere")
    assert page.status_code == 404
    assert "Rien ici que vous puissiez ouvrir" in page.text


def test_what_is_not_translated_is_told_to_readers_aloud(sign_in: As) -> None:
    browser = sign_in("ana")
    browser.headers["accept-language"] = "fr"
    assert re.search('<main[^>]* lang="en"', browser.get("/data").text)
    assert not re.search("<main[^>]* lang=", browser.get("/dashboards").text)
