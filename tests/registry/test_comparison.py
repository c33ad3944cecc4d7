"""Two versions side by side, and one version on a page."""

from dataclasses import replace

from tests.registry.conftest import Trained
from tests.registry.models import STARTER

from nightlight.registry.card import model_card
from nightlight.registry.comparison import compare, differences
from nightlight.registry.versions import get_version, manifest_of
from nightlight.settings import Home


def test_each_measure_says_which_version_is_better(home: Home, trained: Trained) -> None:
    one, other = trained("first", leaks=0.0, fluency=0.7), trained("second", leaks=0.0, fluency=0.9)
    found = {row.id: (row.first, row.second, row.better) for row in compare(home, one, other)}
    assert found == {"leaks": (0.0, 0.0, "same"), "fluency": (0.7, 0.9, "second")}
    assert {row.id: row.better for row in compare(home, other, one)} == {"leaks": "same", "fluency": "first"}


def test_where_less_is_better_the_smaller_number_wins(home: Home, trained: Trained) -> None:
    one, other = trained("first", leaks=0.1), trained("second", leaks=0.3)
    assert {row.id: row.better for row in compare(home, one, other)}["leaks"] == "first"


def test_a_version_without_a_report_is_shown_without_numbers(home: Home, trained: Trained) -> None:
    one, other = trained("first"), trained("second", leaks=None)
    assert [(row.second, row.better) for row in compare(home, one, other)] == [(None, ""), (None, "")]


def test_a_training_done_twice_is_compared_file_by_file_and_measure_by_measure(home: Home, trained: Trained) -> None:
    before = manifest_of(home, trained("first"))
    assert all(row["same"] for row in differences(before, before))
    again = replace(before, values={**before.values, "metrics": {"loss": 1.5}})
    differing = [row for row in differences(before, again) if not row["same"]]
    assert differing == [{"what": "metric loss", "then": 1.25, "now": 1.5, "same": False}]


def test_the_card_says_where_a_model_comes_from_and_why_it_was_let_in(home: Home, trained: Trained) -> None:
    version = trained("first", fluency=0.8, documents=(STARTER,))
    card = model_card(home, version)
    assert card.startswith("# pocket 1 (dev)\n")
    assert "made 2026-11-01 12:00 UTC by dario, with `recipes/train_pocket_texter.py`" in card
    assert "**starter**" in card
    assert "- 1 starter card" in card
    assert "| fluency lines that read well | 0.8 | at least 0.5 |  |" in card
    refused = get_version(home, "pocket", trained("second", leaks=0.2).version)
    assert "- leaks facts told too early: 0.2, has to be at most 0" in model_card(home, refused)
    assert "not evaluated" in model_card(home, trained("third", leaks=None))
