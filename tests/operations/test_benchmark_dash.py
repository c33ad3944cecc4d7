"""What the dash benchmark promises: the same answers from both arms, costs without noise of ours, a home kept."""

import json
from typing import Any

import pytest

from nightlight.errors import NightlightError
from nightlight.operations.benchmark_arms import prepare
from nightlight.operations.benchmark_dash import DashHome, by_question, dash_figures, take_answers
from nightlight.operations.benchmark_figures import Figure
from nightlight.operations.benchmarks import Bench, Result, check_agreement, run_bench
from nightlight.settings import SETTINGS_FILE

TINY = 300


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> DashHome:
    """A benchmark's home that is there already; hostile queries end after a second in it."""
    data = tmp_path_factory.mktemp("benchmarks")
    prepare(data / "S", TINY)
    dash = DashHome(data / "S", "sail")
    dash.make()
    (dash.home / SETTINGS_FILE).write_text("query_seconds = 1\n")
    return dash


@pytest.fixture(scope="module")
def result(made: DashHome) -> Result:
    return run_bench(Bench("dash", data=made.home.parent.parent, rounds=1, conversations=TINY, repetitions=1))


def an_arm(question: float, nothing: float, **more: Any) -> dict[str, Any]:
    return {
        "questions": {"waits": question, "topics": question},
        "nothing": nothing,
        "nothing_wall": nothing,
        "little": 2 * nothing,
        **more,
    }


def a_round(question: float, nothing: float) -> dict[str, dict[str, Any]]:
    more = {
        "clients_cpu": 1.2 * question,
        "wall_median": 2 * question,
        "decision_cached": 0.0005,
        "decision_uncached": 0.002,
        "extracts": {"conversations": 1.0, "messages": 9.0, "filtered": 2.0},
        "rebuilt": 0,
        "rebuilt_elsewhere": 1,
    }
    return {"raw": an_arm(0.010, 0.001), "ours": an_arm(question, nothing, **more), "exit": {"exit": 0.003}}


def by_name(figures: list[Figure]) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures}


HOSTILE = {"longest_seconds": 5.1, "largest_gigabytes": 3.5}


def test_an_analyst_s_questions_are_answered_as_raw_duckdb_answers_them_and_every_cost_is_told(
    made: DashHome, result: Result
) -> None:
    figures = by_name(result.figures)
    assert figures["extracts built again for the same questions"].measured == 0
    assert figures["extracts built again after a commit elsewhere"].measured == 0
    costs = [figure.measured for name, figure in figures.items() if not name.startswith("extracts built")]
    assert min(cost or 0 for cost in costs) > 0
    assert len(result.details["questions"]) == 14
    shares = result.details["rounds"][0]["ours"]["by_process"]
    assert all(shares[name] > 0 for name in ("broker", "server", "workers"))
    assert json.loads((made.home.parent / "dash.json").read_text())["figures"] == result.as_json()["figures"]


def test_hostile_queries_end_and_the_next_question_is_answered(result: Result) -> None:
    hostile = result.details["hostile"]
    said = {name: found["outcome"] for name, found in hostile["queries"].items()}
    assert said["a join that never ends"].startswith("the query did not end within 1 s")
    assert {name for name, outcome in said.items() if outcome.startswith("answered")} == {"an answer without end"}
    assert hostile["longest_seconds"] < 6
    assert 0.05 < hostile["largest_gigabytes"] < 3
    assert hostile["afterwards"] == "answered: 1 rows"


def test_the_home_is_kept_for_the_next_time_and_asking_does_not_change_it(made: DashHome, result: Result) -> None:
    stamp = made.home.parent / "dash-home.json"
    before = stamp.stat().st_mtime_ns
    made.make()
    assert stamp.stat().st_mtime_ns == before
    assert not list((made.home / "extracts").iterdir())
    assert not (made.home / "lake" / "bronze" / "unrelated").exists()


def test_a_home_of_another_definition_is_made_again(made: DashHome) -> None:
    stamp = made.home.parent / "dash-home.json"
    kept, settings = stamp.read_text(), (made.home / SETTINGS_FILE).read_text()
    stamp.write_text(json.dumps({**json.loads(kept), "made_from": "another"}))
    made.make()
    assert stamp.read_text() == kept
    assert (made.home / SETTINGS_FILE).read_text() != settings
    (made.home / SETTINGS_FILE).write_text(settings)


def test_the_flat_cost_is_taken_off_before_the_questions_are_compared() -> None:
    rounds = [a_round(0.034, 0.021), a_round(0.033, 0.021), a_round(0.100, 0.021)]
    figures = by_name(dash_figures("M", rounds, HOSTILE))
    ratio = figures["dashboard question / raw DuckDB, flat cost taken off"]
    assert ratio.measured == pytest.approx(1.4)
    assert ratio.met is True
    assert figures["flat cost of a question, CPU ms"].measured == pytest.approx(23)
    assert figures["flat cost of a question, CPU ms"].met is False
    assert by_question(rounds)["waits"] == {"raw": pytest.approx(10), "ours": pytest.approx(14)}


def test_bounds_are_bounds_of_the_worst_round() -> None:
    worse = a_round(0.03, 0.02)
    worse["ours"]["rebuilt"] = 2
    figures = by_name(dash_figures("S", [a_round(0.03, 0.02), worse, a_round(0.03, 0.02)], HOSTILE))
    assert figures["extracts built again for the same questions"].measured == 2
    assert figures["extracts built again for the same questions"].met is False
    assert figures["largest process meanwhile, GB"].met is False
    assert figures["longest hostile query, wall s"].met is True


def test_an_extract_of_messages_has_a_target_at_the_scale_it_was_set_for() -> None:
    judged = {scale: by_name(dash_figures(scale, [a_round(0.03, 0.02)], HOSTILE)) for scale in "SM"}
    name = "extract of messages, CPU s"
    assert (judged["S"][name].met, judged["M"][name].met) == (None, True)


def test_answers_that_differ_are_an_error_and_no_result() -> None:
    arms: dict[str, dict[str, Any]] = {
        "raw": {"answers": {"waits": [["2026-01-01", 0.3]], "topics": [["work", 3]]}},
        "ours": {"answers": {"waits": [["2026-01-01", 0.1 + 0.2]], "topics": [["work", 2]]}},
    }
    outcomes = take_answers(arms)
    with pytest.raises(NightlightError, match="did different work: topics"):
        check_agreement(outcomes)
    assert arms == {"raw": {}, "ours": {}}
