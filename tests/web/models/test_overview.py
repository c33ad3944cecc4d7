"""All models at a glance: what stands for what, what waits; nothing for strangers, and nothing is made by looking."""

import shutil
from pathlib import Path

import pytest
from tests.web.models.conftest import As

from nightlight.errors import NightlightError
from nightlight.operations import model_start
from nightlight.registry import store
from nightlight.registry.versions import list_versions
from nightlight.settings import Home

PAGES = (
    "/models",
    "/models/pocket",
    "/models/pocket/dev/1",
    "/models/pocket/compare?one=dev/1&other=dev/2",
    "/models/pocket/rollback",
)


def test_a_page_tells_the_champion_who_let_it_in_and_what_waits(sign_in: As) -> None:
    page = sign_in("clara").get("/models").text
    assert '<a href="/models/pocket/prod/2">prod/pocket/2</a>, since Feb 20, 2026' in page
    assert "made champion by clara" in page
    assert '<a href="/models/pocket/staging/3">staging/pocket/3</a> is tried in staging; the next step is prod.' in page
    assert "dev/pocket/4" not in page, "the fifth, which is newer, went on"
    assert 'aria-label="version 1, prod/pocket/1">version 1</a>' in page, "the version before, in the table"


@pytest.mark.parametrize("url", PAGES)
def test_deciders_users_and_whoever_manages_the_catalog_look_and_strangers_find_nothing(sign_in: As, url: str) -> None:
    assert {who: sign_in(who).get(url).status_code for who in ("clara", "dario", "uma", "ada")} == {
        "clara": 200,
        "dario": 200,
        "uma": 200,
        "ada": 200,
    }
    assert {sign_in(who).get(url).status_code for who in ("vera", "otto", "ana")} == {404}


def test_the_menu_names_models_to_those_who_may_see_one(sign_in: As) -> None:
    assert 'href="/models"' in sign_in("clara").get("/account").text
    assert 'href="/models"' not in sign_in("vera").get("/account").text


def test_somebody_sees_no_model_that_is_not_granted_to_them(sign_in: As) -> None:
    page = sign_in("uma").get("/models").text
    assert 'href="/models/labeller"' in page
    assert 'href="/models/llama"' not in page
    assert sign_in("uma").get("/models/llama").status_code == 404
    assert sign_in("clara").get("/models/labeller").status_code == 404


@pytest.mark.parametrize("url", PAGES)
def test_reading_never_opens_mlflow(sign_in: As, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    def opened(*_: object) -> None:
        raise NightlightError("MLflow was opened")

    monkeypatch.setattr(store, "_open", opened)
    assert sign_in("clara").get(url).status_code == 200


@pytest.mark.parametrize("url", ["/models", "/models/pocket"])
def test_before_anything_is_registered_a_page_says_what_to_do_and_makes_nothing(
    sign_in_empty: As, empty_line: Home, url: str
) -> None:
    page = sign_in_empty("clara").get(url)
    assert page.status_code == 200
    assert "No model is registered yet." in page.text
    assert "nightlight model list" in page.text
    assert not empty_line.registry.exists()


def test_a_button_registers_what_came_with_the_product(
    sign_in_empty: As, empty_line: Home, empty_registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_start, "SHIPPED", ("labeller",))
    shutil.copytree(empty_registry, empty_line.registry)
    assert sign_in_empty("vera").post("/models/first").status_code == 404
    assert list_versions(empty_line) == []
    answer = sign_in_empty("uma").post("/models/first")
    assert (answer.status_code, answer.headers["location"]) == (303, "/models?done=prepared")
    page = sign_in_empty("uma").get(answer.headers["location"]).text
    assert "The models that came with the product are registered." in page
    assert "it came with the product, and nobody here has let it in" in page
