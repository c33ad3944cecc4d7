"""The pocket benchmark sets each figure beside its bar, and says what is missing where it cannot run."""

from pathlib import Path
from typing import Any

import pytest

from nightlight.errors import NightlightError
from nightlight.operations.benchmark_pocket import pocket_figures, pocket_round

ARM: dict[str, Any] = {
    "megabytes_added": 120.0,
    "first": {"wall": 0.004, "cpu": 0.003},
    "words_a_second": 1500.0,
    "at_once": {"median": 0.1, "slowest": 0.35, "cpu": 0.012},
    "bank": {"turn_cpu": 0.002, "read_before": {"2": 0.4, "5": 0.7}},
    "pocket": {"turn_cpu": 0.01, "read_before": {"2": 0.25, "5": 0.5}},
    "wording": {"asked": 100, "spoken": 60},
    "load": 0.4,
}


def test_what_a_trainee_waits_for_has_a_bar_and_a_missed_one_is_told() -> None:
    figures = {figure.name: figure for figure in pocket_figures([{"pocket": ARM}])}
    met = {name: figure.met for name, figure in figures.items() if figure.limit is not None}
    assert met == {
        "first word of a line, wall ms": True,
        "words a CPU-second": True,
        "a line, sixteen sessions at once, wall s, slowest": False,
        "memory added, MB": True,
    }
    assert figures["a turn worded by pocket / by the bank, CPU"].measured == 5.0


def test_how_much_was_read_before_stands_beside_the_bank_s() -> None:
    figures = {figure.name: figure.measured for figure in pocket_figures([{"pocket": ARM}])}
    assert figures["messages of session 2 read before, bank"] == 0.4
    assert figures["messages of session 2 read before, pocket"] == 0.25
    assert figures["share of lines asked for that pocket said"] == 0.6


def test_a_folder_without_a_model_is_told_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match="no pocket model lies here"):
        pocket_round(tmp_path, on_step=lambda step: None, model=tmp_path)
