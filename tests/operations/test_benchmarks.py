"""What a benchmark promises: equal work in every arm, median ratios, a clear line when an arm fails."""

import json
from pathlib import Path
from typing import Any

import pytest

from nightlight.errors import NightlightError
from nightlight.operations.benchmark_arms import link_home, prepare, run_arm
from nightlight.operations.benchmark_figures import day_figures, full_figures, linearity
from nightlight.operations.benchmarks import Bench, check_agreement, run_bench

TINY = 300


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a benchmark whose data is there already."""
    folder = tmp_path_factory.mktemp("benchmarks")
    prepare(folder / "S", TINY)
    return folder


def arm(seconds: float, **more: Any) -> dict[str, Any]:
    return {"process_seconds": seconds, "work_seconds": seconds, "peak_megabytes": 100.0, **more}


def a_round(ours: float, raw: float) -> dict[str, dict[str, Any]]:
    return {
        "floor": arm(1),
        "engine_floor": arm(2),
        "raw": arm(raw),
        "ours": arm(ours),
        "plain": arm(1),
        "delta": arm(1.1),
    }


def test_a_full_refresh_is_measured_beside_a_raw_script_that_wrote_the_same_tables(data: Path) -> None:
    heard: list[str] = []
    result = run_bench(Bench(data=data, rounds=1, conversations=TINY), on_step=heard.append)
    figures = {figure.name: figure.measured for figure in result.figures}
    assert all(figures.values())
    assert {"silver.messages", "gold.queue_wait"} <= set(result.details["datasets"])
    assert result.details["machine"]["versions"]["duckdb"]
    assert "round 1: comparing what they wrote" in heard
    assert not (data / "S" / "runs").exists()
    assert json.loads((data / "S" / "full.json").read_text())["figures"] == result.as_json()["figures"]


def test_a_new_day_is_measured_after_a_full_refresh_in_the_same_process(data: Path) -> None:
    result = run_bench(Bench("day", data=data, rounds=1, conversations=TINY))
    (found,) = result.details["rounds"]
    assert found["day"]["rows"] > 0
    assert min(found["day"]["work_seconds"], found["day"]["full_seconds"]) > 0
    assert found["day"]["actions"]["silver.messages"] == "append new rows"
    assert found["day"]["actions"]["silver.volunteers"] == "skip"


def test_generated_data_is_used_again_until_another_size_is_wanted(tmp_path: Path) -> None:
    messages = prepare(tmp_path / "S", 40)
    made = (tmp_path / "S" / "data.json").stat().st_mtime_ns
    assert prepare(tmp_path / "S", 40) == messages
    assert (tmp_path / "S" / "data.json").stat().st_mtime_ns == made
    assert prepare(tmp_path / "S", 80) > messages


def test_an_arm_s_home_may_be_changed_without_changing_the_data(data: Path, tmp_path: Path) -> None:
    home = data / "S" / "home"
    copy = link_home(home, data / "S" / "copy")
    log = next((copy / "lake" / "bronze" / "messages" / "_delta_log").glob("*.json"))
    log.write_text("changed")
    assert (home / log.relative_to(copy)).read_text() != "changed"


def test_a_failed_arm_is_one_line_that_names_its_log(tmp_path: Path) -> None:
    log = tmp_path / "floor.log"
    with pytest.raises(NightlightError, match=r"floor\.log: the arm 'floor' failed"):
        run_arm("floor", tmp_path / "no-home", tmp_path / "out", log=log)
    assert log.read_text()


def test_arms_that_did_different_work_are_not_compared() -> None:
    raw = {"measures": {"messages": 10, "mean wait": 1.0}, "gold": {"queue_wait": [["2026-01-01", 0.5]]}}
    same = {"measures": {"messages": 10, "mean wait": 1.0 + 1e-12}, "gold": {"queue_wait": [["2026-01-01", 0.5]]}}
    other = {"measures": {"messages": 10, "mean wait": 1.0}, "gold": {"queue_wait": [["2026-01-02", 0.5]]}}
    check_agreement({"raw": raw, "ours": same})
    with pytest.raises(NightlightError, match="did different work: queue_wait"):
        check_agreement({"raw": raw, "ours": other})


def test_a_ratio_is_the_median_over_rounds_of_arms_that_ran_side_by_side() -> None:
    rounds = [a_round(ours=12, raw=10), a_round(ours=26, raw=20), a_round(ours=90, raw=10)]
    figure = full_figures("M", rounds)[0]
    assert (figure.measured, figure.limit, figure.met) == (1.3, 1.25, False)


def test_a_target_is_judged_only_at_the_scale_it_was_set_for() -> None:
    rounds = [a_round(ours=10, raw=10)]
    judged = {scale: [f.name for f in full_figures(scale, rounds) if f.met is not None] for scale in "SML"}
    commit = "Delta commit / plain write"
    assert judged["S"] == ["update / raw script, whole process", commit]
    assert judged["M"] == ["update / raw script, work alone", commit]
    assert judged["L"] == ["update / raw script, work alone", commit, "peak memory, MB"]
    (day, *_) = day_figures("M", [{"day": arm(1, full_seconds=71)}])
    assert (day.as_row()["target"], day.met) == (">= 70", True)


def test_cost_per_message_is_compared_only_when_both_scales_were_run() -> None:
    large = {"messages": 100, "rounds": [a_round(ours=23, raw=20)]}
    medium = {"messages": 10, "rounds": [a_round(ours=2, raw=2)]}
    assert linearity(large, medium).measured == pytest.approx(1.15)
    assert linearity(large, None).met is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            {"suite": "half"},
            "there is no benchmark 'half'; choose one of: full, day, dash, web, practice, pocket, label",
        ),
        ({"scale": "XL"}, "there is no scale 'XL'; choose one of: S, M, L"),
        ({"peers": ("excel",)}, "there is no peer 'excel'; choose one of: dbt"),
        ({"rounds": 0}, "a benchmark needs at least one round"),
    ],
)
def test_an_impossible_benchmark_is_refused_before_anything_is_made(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(NightlightError) as refused:
        Bench(**wrong)
    assert str(refused.value) == said
