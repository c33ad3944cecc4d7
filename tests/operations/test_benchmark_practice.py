"""The practice benchmark names each figure with its bar, and says where one was missed."""

from nightlight.operations.benchmark_practice import failures, practice_figures, practice_round


def test_every_figure_has_a_bar_and_a_missed_one_its_places() -> None:
    steps: list[str] = []
    found = practice_round(seeds=1, cards=("exam-week-sleepless",), on_step=steps.append)
    figures = practice_figures([found])
    assert all(figure.limit is not None for figure in figures)
    assert {"A1", "A2", "A3", "A4", "A5", "A6", "A9", "A10", "A11", "A15", "A16", "A19", "A20"} <= {
        figure.name.split()[0] for figure in figures
    }
    missed = {f"{each['id']} {each['name']}" for each in found["labelled"]["measures"] if not each["passed"]}
    assert all(name in failures([found])["labelled"] for name in missed if not name.startswith(("A8", "A14", "A20")))
    assert any(step.startswith("acts given") for step in steps)
