"""Evaluating a version: its suite's figures become a report beside it, next to the champion's."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.registry.models import add_people, clock, write_model

from nightlight.errors import NightlightError
from nightlight.operations import model_evaluation
from nightlight.operations.model_evaluation import evaluate_version
from nightlight.operations.model_suites import Step, Subject
from nightlight.registry.gates import Figure, get_report
from nightlight.registry.promotion import promote
from nightlight.registry.versions import get_version, register
from nightlight.settings import Home


@pytest.fixture
def home(with_registry: Home) -> Home:
    add_people(with_registry)
    return with_registry


FLUENCY = {b"first": 0.7, b"second": 0.9, b"third": 0.6}


class Suite:
    """Knows what each model is worth, and remembers which it was given."""

    def __init__(self) -> None:
        self.measured: list[bytes] = []

    def __call__(self, subject: Subject, on_step: Step) -> Sequence[Figure]:
        word = (subject.folder / "weights.safetensors").read_bytes()
        self.measured.append(word)
        return Figure("leaks", "facts told too early", 0.0), Figure("fluency", "lines that read well", FLUENCY[word])


@pytest.fixture(autouse=True)
def no_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cards' own lines take minutes to measure."""
    monkeypatch.setattr(model_evaluation, "baseline_figures", lambda name, on_step: ())


@pytest.fixture
def register_model(home: Home, tmp_path: Path) -> list[int]:
    return [
        register(home, "pocket", write_model(tmp_path / word, word), author="dario", clock=clock).version
        for word in ("first", "second", "third")
    ]


def test_a_report_is_kept_with_the_version(home: Home, register_model: list[int]) -> None:
    report = evaluate_version(home, "pocket", 1, by="dario", suites={"pocket": Suite()}, clock=clock)
    assert report.passed
    assert get_report(home, get_version(home, "pocket", 1)) == report
    assert get_version(home, "pocket", 1).gate == "passed"


def test_the_champions_figures_stand_beside_and_are_not_taken_twice(home: Home, register_model: list[int]) -> None:
    suite = Suite()
    evaluate_version(home, "pocket", 2, by="dario", suites={"pocket": suite}, clock=clock)
    promote(home, "pocket", 2, to="staging", alias="champion", by="clara", clock=clock)
    report = evaluate_version(home, "pocket", 3, by="dario", suites={"pocket": suite}, clock=clock)
    assert suite.measured == [b"second", b"third"]
    assert report.champion == "staging/pocket/1"
    assert report.refused_because == ("fluency lines that read well: 0.6, the champion has 0.9",)


def test_a_champion_that_nobody_measured_is_measured_now(home: Home, register_model: list[int]) -> None:
    suite = Suite()
    evaluate_version(home, "pocket", 2, by="dario", suites={"pocket": suite}, clock=clock)
    staged = promote(home, "pocket", 2, to="staging", alias="champion", by="clara", clock=clock)
    (home.registry / "artifacts" / "staging" / staged.place / "gate_report.json").unlink()
    report = evaluate_version(home, "pocket", 3, by="dario", suites={"pocket": suite}, clock=clock)
    assert suite.measured == [b"second", b"third", b"second"]
    assert {measure.id: measure.value for measure in report.champion_measures} == {"leaks": 0.0, "fluency": 0.9}


def test_a_stranger_measures_nothing(home: Home, register_model: list[int]) -> None:
    suite = Suite()
    with pytest.raises(NightlightError, match="'otto' does not have EXECUTE on MODEL pocket"):
        evaluate_version(home, "pocket", 1, by="otto", suites={"pocket": suite}, clock=clock)
    assert suite.measured == []


def test_a_model_without_a_suite_is_said_before_anything_is_measured(home: Home, register_model: list[int]) -> None:
    with pytest.raises(NightlightError, match="there is no suite for 'pocket'"):
        evaluate_version(home, "pocket", 1, by="dario", suites={}, clock=clock)


def test_the_first_champion_is_no_worse_than_no_model(
    home: Home, register_model: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (Figure("leaks", "facts told too early", 0.0), Figure("fluency", "lines that read well", 0.8))
    monkeypatch.setattr(model_evaluation, "baseline_figures", lambda name, on_step: lines)
    report = evaluate_version(home, "pocket", 1, by="dario", suites={"pocket": Suite()}, clock=clock)
    assert report.champion == "the cards' own lines"
    with pytest.raises(NightlightError, match=r"lines that read well: 0.7, the champion has 0.8"):
        promote(home, "pocket", 1, to="staging", alias="champion", by="clara", clock=clock)
    evaluate_version(home, "pocket", 2, by="dario", suites={"pocket": Suite()}, clock=clock)
    assert promote(home, "pocket", 2, to="staging", alias="champion", by="clara", clock=clock).version == 1
