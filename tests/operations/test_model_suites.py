"""The suites measure what the shipped bars ask for, under the same names."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.registry.models import NOW

from nightlight.errors import NightlightError
from nightlight.operations import model_suites
from nightlight.operations.model_suites import (
    MEMORY,
    SUITES,
    Subject,
    generator_figures,
    labeller_figures,
    writer_suite,
)
from nightlight.registry.bars import read_bars
from nightlight.registry.serving import served_name
from nightlight.registry.stored import ModelVersion
from nightlight.settings import Home
from nightlight.simulator import measures
from nightlight.simulator.counselors import Kind
from nightlight.simulator.measures import Measure
from nightlight.simulator.measures.plays import Plays
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


class Meeting:
    """A server that answers nobody before two ask at the same time; everybody after that."""

    name, model = "openai", "meeting"

    def __init__(self) -> None:
        self.two = threading.Barrier(2)
        self.met, self.asked = threading.Event(), 0

    def generate(self, prompt: Prompt, *, seed: int, most_tokens: int) -> Iterator[str]:
        self.asked += 1
        if not self.met.is_set():
            self.two.wait(timeout=60)
            self.met.set()
        yield prompt.line


def play_one(plays: Plays, *, on_step: Callable[[str], None]) -> list[Measure]:
    """Of all figures the shortest: what costs time is played elsewhere."""
    return [Measure("A0", "turns", sum(len(session.turns) for session in plays.all(Kind.GOOD)), 0, False, 1)]


def test_a_server_is_asked_about_many_cards_at_once_and_for_no_line_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "take_all", play_one)
    monkeypatch.setattr(model_suites, "_strange", lambda plays: 0.0)
    server, steps = Meeting(), list[str]()
    cards = ["exam-week-sleepless", "first-winter-without-mum"]
    found = {each.id: each.value for each in generator_figures(server, steps.append, cards=cards, at_once=2)}
    assert steps[:2] == ["card 1 of 2, 2 at once", "card 2 of 2, 2 at once"]
    alone = Meeting()
    alone.met.set()
    assert {each.id: each.value for each in generator_figures(alone, steps.append, cards=cards)} == found | {
        "seconds": pytest.approx(0.0, abs=10)
    }
    assert server.asked == alone.asked


def test_a_llama_is_measured_through_the_server_that_serves_this_very_version(home: Home, tmp_path: Path) -> None:
    version = ModelVersion("llama", 2, "dev", "dario", NOW, (), "", "", False, "", {"digest": "ab12cd34ef"})
    assert served_name(version) == "llama-ab12cd34"
    with pytest.raises(
        NightlightError, match=r"no server is named that serves dev/llama/2; serve .*/merged as 'llama-ab"
    ):
        writer_suite(Subject(home, version, tmp_path, None), lambda step: None)


def test_every_model_that_can_be_trained_has_a_suite() -> None:
    assert {"labeller", "pocket", "llama"} == SUITES.keys()
