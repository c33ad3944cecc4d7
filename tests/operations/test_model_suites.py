"""The suites measure what the shipped bars ask for, under the same names."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.registry.models import NOW

from nightlight.errors import NightlightError
from nightlight.operations.model_suites import (
    MEMORY,
    SUITES,
    Subject,
    generator_figures,
    labeller_figures,
    llama_suite,
    served_name,
)
from nightlight.registry.bars import read_bars
from nightlight.registry.stored import ModelVersion
from nightlight.settings import Home
from nightlight.simulator.wording.prompt import Prompt


def test_the_labellers_figures_are_those_that_its_bars_name(home: Home) -> None:
    share = {"value": 0.8}
    report = {
        "evaluations": [{"exact": share, "macro_f1": 0.7}],
        "rungs": [{"recall": 0.9, "precision": 0.9}],
        "phases": {way: {"macro_f1": share} for way in ("coarse, online", "coarse, offline")},
        "alarms": {"a stranger's messages": {"recall": 0.6}},
    }
    assert [figure.id for figure in labeller_figures(report)] == [bar.id for bar in read_bars(home, "labeller")]


class Mumbling:
    """A model whose every line is too long to be said."""

    name, model = "pocket", "mumbling"

    def generate(self, prompt: Prompt, *, seed: int, most_tokens: int) -> Iterator[str]:
        yield "and so " * 40


def test_what_the_bars_of_a_texters_words_name_is_measured_in_practice(home: Home) -> None:
    figures = generator_figures(Mumbling(), lambda step: None, cards=["exam-week-sleepless"])
    named = {figure.id: figure for figure in figures}
    assert len(named) == len(figures)
    for model in ("pocket", "llama"):
        assert {bar.id for bar in read_bars(home, model)} <= named.keys() | MEMORY.keys()
    assert named["A1c"].name == "facts that never open, told"
    assert named["spoken"].value == 0.0  # the cards' own lines do not let a model in that says nothing


def test_a_llama_is_measured_through_the_server_that_serves_this_very_version(home: Home, tmp_path: Path) -> None:
    version = ModelVersion("llama", 2, "dev", "dario", NOW, (), "", "", False, "", {"digest": "ab12cd34ef"})
    assert served_name(version) == "llama-ab12cd34"
    with pytest.raises(NightlightError, match=r"no server is named that serves dev/llama/2; serve .* as 'llama-ab12cd"):
        llama_suite(Subject(home, version, tmp_path, None), lambda step: None)


def test_every_model_that_can_be_trained_has_a_suite() -> None:
    assert {"labeller", "pocket", "llama"} == SUITES.keys()
