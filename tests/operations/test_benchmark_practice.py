"""The practice benchmark names each figure with its bar, and says where one was missed."""

import pytest

from nightlight.operations.benchmark_figures import Round
from nightlight.operations.benchmark_practice import failures, practice_figures, practice_round
from nightlight.simulator.wording.figures import WordingFigures


@pytest.fixture(scope="module")
def found() -> Round:
    steps: list[str] = []
    round_ = practice_round(seeds=1, cards=("exam-week-sleepless",), on_step=steps.append)
    assert any(step.startswith("acts given") for step in steps)
    return round_


def test_every_figure_has_a_bar_and_a_missed_one_its_places(found: Round) -> None:
    figures = practice_figures([found])
    assert all(figure.limit is not None for figure in figures)
    assert {"A1", "A2", "A3", "A4", "A5", "A6", "A9", "A10", "A11", "A15", "A16", "A19", "A20"} <= {
        figure.name.split()[0] for figure in figures
    }
    missed = {f"{each['id']} {each['name']}" for each in found["labelled"]["measures"] if not each["passed"]}
    assert all(name in failures([found])["labelled"] for name in missed if not name.startswith(("A8", "A14", "A20")))


def test_a_model_s_wording_has_figures_beside_the_others(found: Round) -> None:
    counted = WordingFigures()
    for problem in ("", "", "", "closed fact"):
        counted.count(problem, 0.2)
    with_model = {**found, "wording": {**counted.as_row(), "model": "llama"}}
    figures = {figure.name: figure.measured for figure in practice_figures([with_model])}
    assert figures["share of lines that llama said"] == 0.75
    assert figures["share of lines taken back as leaks"] == 0.25
    assert figures["seconds a line, 95 of 100 within"] == 0.2
    assert len(figures) > len(practice_figures([found]))
    assert set(failures([with_model])) == {"labelled", "acts given"}
