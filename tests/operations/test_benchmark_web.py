"""What the web benchmark promises: real pages of a real server, waiting told as percentiles, a home kept."""

import json
from pathlib import Path
from typing import Any

import pytest

from nightlight.operations.benchmark_figures import Figure
from nightlight.operations.benchmark_web import DASHBOARD_LIMIT, web_figures
from nightlight.operations.benchmarks import Bench, Result, run_bench


def a_round(page: float, empty: float = 0.001) -> dict[str, dict[str, Any]]:
    def opened(cpu: float) -> dict[str, Any]:
        return {"walls": [cpu * n for n in range(1, 101)], "cpu": cpu, "per_second": 1 / cpu}

    urls = {"/health": empty, "/sign-in": 2 * empty, "/": page, "/dashboards/queue_now": 10 * page}
    return {
        "web": {
            "first_load": {"/sign-in": 3000, "/static/pico.css": 97_000},
            "first": dict.fromkeys(urls, 1.0),
            "pages": {url: opened(cpu) for url, cpu in urls.items()},
            "quiet": {url: [cpu] for url, cpu in urls.items()},
        }
    }


def by_name(figures: list[Figure]) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures}


def test_waiting_is_told_as_percentiles_of_a_round_and_the_median_of_rounds() -> None:
    figures = by_name(web_figures([a_round(0.002), a_round(0.003), a_round(0.5)]))
    assert figures["/ p50, wall ms"].measured == pytest.approx(150)
    assert figures["/ p95, wall ms"].measured == pytest.approx(285)
    assert figures["/ p95, wall ms"].met is True
    slow = figures["/dashboards/queue_now p95, wall ms"]
    assert (slow.limit, slow.met) == (DASHBOARD_LIMIT, False)


def test_a_page_s_cost_is_compared_with_an_empty_page_s_in_the_same_round() -> None:
    figures = by_name(web_figures([a_round(0.002), a_round(0.006, empty=0.002), a_round(0.5)]))
    assert figures["/ / empty page, CPU"].measured == pytest.approx(3)
    assert figures["first load, KB"].measured == 100


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    data = tmp_path_factory.mktemp("benchmarks")
    return data, run_bench(Bench("web", data=data, rounds=1, conversations=300, repetitions=1))


@pytest.mark.slow
def test_sixteen_people_open_every_dashboard_of_the_demo(result: tuple[Path, Result]) -> None:
    data, measured = result
    figures = by_name(measured.figures)
    assert len([name for name in figures if name.startswith("/dashboards/") and "p95" in name]) >= 5
    assert all((figure.measured or 0) > 0 for figure in figures.values())
    assert json.loads((data / "S" / "web.json").read_text())["figures"] == measured.as_json()["figures"]
    assert (data / "S" / "web-home.json").exists()
