"""Benchmarks: what a refresh, a new day and a dashboard cost, beside other ways to do the same work; how pages wait;
what played texters do.

What counts is CPU-seconds, never wall time (but in the web suite), and the median over rounds of the ratio of two arms
of the same round: machines are noisy and shared. Arms that did different work are an error, not a result.
docs/benchmarks.md explains."""

import json
import math
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nightlight.errors import NightlightError
from nightlight.operations.benchmark_arms import empty, link_home, prepare, run_arm, run_dbt
from nightlight.operations.benchmark_dash import by_question, dash_figures, dash_round, run_hostile, take_answers
from nightlight.operations.benchmark_figures import (
    Figure,
    Round,
    day_figures,
    full_figures,
    linearity,
    machine,
    median_by_dataset,
)
from nightlight.operations.benchmark_label import esconv_figures, esconv_round, label_figures, label_round
from nightlight.operations.benchmark_pocket import pocket_figures, pocket_round
from nightlight.operations.benchmark_practice import failures, practice_figures, practice_round
from nightlight.operations.benchmark_web import CONVERSATIONS, details_of, web_figures, web_round
from nightlight.operations.benchmark_wordings import Compared, compare, figures_of_arms
from nightlight.practice.wordings import open_wording
from nightlight.settings import WORDINGS, Home, home_folder
from nightlight.simulator.wording.generated import GeneratedWording

SCALES = {"S": 13_000, "M": 131_000, "L": 1_300_000}  # conversations
SUITES = ("full", "day", "dash", "web", "practice", "pocket", "label")
ONCE = ("practice", "label")  # the same in every round
PEERS = ("dbt",)
CACHE = Path("~/.cache/nightlight-bench")
TOLERANCE = 1e-9

Listener = Callable[[str], None]


@dataclass(frozen=True)
class Bench:
    """What to measure. `data` keeps the generated tables of each scale, the peers' environments, the last results.

    `conversations` makes another size than the scale's own; `repetitions` is how often a dashboard's question is asked
    in a round, a page opened by each person. `esconv`: a folder of ESConv, on which the label suite measures then.
    `wording`: who words the played texters of the practice suite; a model's server is the one that the home names.
    `compared`: instead, several ways to word them in one table.
    """

    suite: str = "full"
    scale: str = "S"
    data: Path = CACHE
    engine: str = "sail"
    rounds: int = 3
    peers: tuple[str, ...] = ()
    conversations: int | None = None
    repetitions: int = 10
    esconv: Path | None = None
    wording: str = WORDINGS[0]
    compared: Compared | None = None

    def __post_init__(self) -> None:
        _check("benchmark", self.suite, SUITES)
        _check("scale", self.scale, tuple(SCALES))
        _check("wording", self.wording, WORDINGS)
        for peer in self.peers:
            _check("peer", peer, PEERS)
        if self.rounds < 1:
            raise NightlightError("a benchmark needs at least one round")
        if self.compared is not None and self.suite != "practice":
            raise NightlightError(
                "only the benchmark 'practice' compares arms", remedy="nightlight bench practice --arms bank,pocket"
            )
        if self.esconv is not None and self.suite != "label" and self.compared is None:
            raise NightlightError(
                "only the benchmark 'label' measures on ESConv", remedy="nightlight bench label --esconv DIR"
            )

    @property
    def folder(self) -> Path:
        return self.data.expanduser().resolve() / self.scale

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def log(self, arm: str) -> Path:
        return self.folder / f"{arm}.log"


@dataclass(frozen=True)
class Result:
    """Figures against their targets, and everything they were computed from."""

    figures: list[Figure]
    details: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {"figures": [figure.as_row() for figure in self.figures], **self.details}


def run_bench(bench: Bench, *, on_step: Listener = lambda step: None) -> Result:
    """Measure; `on_step` hears what is being run. Raises NightlightError when an arm fails or the arms disagree."""
    messages = _prepare(bench, on_step)
    run_round = {
        "full": full_round,
        "day": day_round,
        "dash": asking_round,
        "web": visiting_round,
        "practice": playing_round,
        "pocket": wording_round,
        "label": labelling_round,
    }[bench.suite]
    rounds = []
    for number in range(1, 2 if bench.suite in ONCE else bench.rounds + 1):
        rounds.append(run_round(bench, _in_round(number, on_step)))
    details = {
        "suite": bench.suite,
        "scale": bench.scale,
        "engine": bench.engine,
        "messages": messages,
        "machine": machine(),
        **_parts(bench, rounds, on_step),
        "rounds": rounds,
    }
    result = Result(figures_of(bench, details), details)
    shutil.rmtree(bench.folder / "runs", ignore_errors=True)
    (bench.folder / f"{bench.suite}.json").write_text(json.dumps(result.as_json()))
    return result


def _prepare(bench: Bench, on_step: Listener) -> int | None:
    """Make the data of the scale; the web suite has the demo's own instead, practice and label the corpus."""
    if bench.suite in ("web", "pocket", *ONCE):
        bench.folder.mkdir(parents=True, exist_ok=True)
        return None
    on_step("making the data, once per scale")
    return prepare(bench.folder, bench.conversations or SCALES[bench.scale])


def _in_round(number: int, on_step: Listener) -> Listener:
    return lambda step: on_step(f"round {number}: {step}")


def _parts(bench: Bench, rounds: list[Round], on_step: Listener) -> dict[str, Any]:
    """What the figures' costs are made of: datasets; or questions, and hostile ones; or pages."""
    if bench.suite == "web":
        return {"pages": details_of(rounds)}
    if bench.suite == "practice":
        return {"failures": failures(rounds)} if bench.compared is None else {}
    if bench.suite in ("label", "pocket"):
        return {}
    if bench.suite == "dash":
        on_step("hostile queries")
        return {"questions": by_question(rounds), "hostile": run_hostile(bench.folder)}
    return {"datasets": median_by_dataset(rounds, "ours" if bench.suite == "full" else "day")}


def figures_of(bench: Bench, details: Mapping[str, Any]) -> list[Figure]:
    if bench.suite == "day":
        return day_figures(bench.scale, details["rounds"])
    if bench.suite == "web":
        return web_figures(details["rounds"])
    if bench.suite == "practice":
        return (practice_figures if bench.compared is None else figures_of_arms)(details["rounds"])
    if bench.suite == "pocket":
        return pocket_figures(details["rounds"])
    if bench.suite == "label":
        return (label_figures if bench.esconv is None else esconv_figures)(details["rounds"])
    if bench.suite == "dash":
        return dash_figures(bench.scale, details["rounds"], details["hostile"])
    figures = full_figures(bench.scale, details["rounds"])
    if bench.scale == "L":
        medium = bench.folder.parent / "M" / "full.json"
        figures.append(linearity(details, json.loads(medium.read_text()) if medium.exists() else None))
    return figures


def labelling_round(bench: Bench, on_step: Listener) -> Round:
    return label_round(on_step=on_step) if bench.esconv is None else esconv_round(bench.esconv, on_step=on_step)


def full_round(bench: Bench, on_step: Listener) -> Round:
    """Every arm once, one after the other, so that whatever else the machine does meets all of them alike."""
    runs, arms = empty(bench.folder / "runs"), {}
    for arm in ("floor", "engine_floor", "raw", "ours", "plain", "delta", *bench.peers):
        on_step(arm)
        arms[arm] = _run_full(bench, arm, runs)
    on_step("comparing what they wrote")
    check_agreement(_outcomes(bench, arms, runs))
    return arms


def _run_full(bench: Bench, arm: str, runs: Path) -> dict[str, Any]:
    out, log = runs / arm, bench.log(arm)
    match arm:
        case "ours":
            return run_arm("ours", link_home(bench.home, out), bench.engine, log=log)
        case "engine_floor":
            return run_arm(arm, bench.home, bench.engine, empty(out), log=log)
        case "plain" | "delta":
            return run_arm("commit", runs / "ours", arm, empty(out), log=log)
        case "dbt":
            return run_dbt(bench.home, empty(out), bench.folder.parent / "peers" / "dbt", log=log)
    return run_arm(arm, bench.home, empty(out), log=log)


def _outcomes(bench: Bench, arms: Round, runs: Path) -> dict[str, dict[str, Any]]:
    """What each arm wrote, by arm; the first one is what the others are compared with."""
    places = {"raw": ("parquet", "raw"), "ours": ("lake", "ours"), "dbt": ("database", "dbt/harbour.duckdb")}
    outcomes = {
        arm: run_arm("agreement", kind, runs / place, log=bench.log("agreement"))
        for arm, (kind, place) in places.items()
        if arm in arms
    }
    for arm in ("raw", "ours"):
        outcomes[arm]["measures"] |= {f"duplicates of {name}": n for name, n in arms[arm]["duplicates"].items()}
    return outcomes


def day_round(bench: Bench, on_step: Listener) -> Round:
    """A full refresh and then one new day, in one process on a home of its own."""
    on_step("a full refresh, then one new day")
    copy = link_home(bench.home, empty(bench.folder / "runs") / "day")
    arm = run_arm("day", copy, bench.folder / "day", bench.engine, log=bench.log("day"))
    return {"day": arm}


def asking_round(bench: Bench, on_step: Listener) -> Round:
    """The dashboards' questions to raw DuckDB and to the broker; both have to answer the same."""
    arms = dash_round(bench.folder, bench.engine, bench.repetitions, on_step=on_step)
    check_agreement(take_answers(arms))
    return arms


def visiting_round(bench: Bench, on_step: Listener) -> Round:
    """Sixteen people at the demo's pages, served by a process of its own."""
    return web_round(bench.folder, bench.conversations or CONVERSATIONS, bench.repetitions, on_step=on_step)


def playing_round(bench: Bench, on_step: Listener) -> Round:
    """Every card against scripted counselors; with a model's wording it is the home's, and one seed. Or several ways to
    word them, side by side."""
    root = home_folder()
    home = Home.open(root) if root.exists() else None
    if bench.compared is not None:
        return compare(bench.compared, home, on_step=on_step)
    wording = open_wording(home, bench.wording)
    if not isinstance(wording, GeneratedWording):
        return practice_round(on_step=on_step)
    return practice_round(seeds=1, wording=wording, on_step=on_step)


def wording_round(bench: Bench, on_step: Listener) -> Round:
    """The shipped pocket texter in a process of its own."""
    return pocket_round(bench.folder, on_step=on_step)


def check_agreement(outcomes: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise NightlightError unless all arms wrote the same; numbers may differ by rounding, nothing else may."""
    name, expected = next(iter(outcomes.items()))
    for other, outcome in outcomes.items():
        if differing := list(differences(expected, outcome)):
            raise NightlightError(
                f"the arms '{name}' and '{other}' did different work: {', '.join(differing)}",
                remedy="let benchmarks/ say what the example's pipelines say; until then their costs do not compare",
            )


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    """The names of measures and gold tables in which two outcomes differ; what only one of them tells is left out.

    >>> list(differences({"measures": {"rows": 2}, "gold": {"wait": [[1, 0.1 + 0.2]]}},
    ...                  {"measures": {"rows": 3}, "gold": {"wait": [[1, 0.3]]}}))
    ['rows']
    """
    for kind in ("measures", "gold"):
        for name in one[kind]:
            if name in other[kind] and not _is_equal(one[kind][name], other[kind][name]):
                yield name


def _is_equal(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_equal, one, other))
    if isinstance(one, float) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(one == other)


def _check(kind: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise NightlightError(f"there is no {kind} '{name}'", remedy=f"choose one of: {', '.join(known)}")
