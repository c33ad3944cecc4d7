"""The dash benchmark: what a policy and a sandbox add to a dashboard's questions, beside DuckDB on the whole tables."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any

from nightlight.operations.benchmark_arms import KNOWN, content_hash, empty, link_home, run_arm
from nightlight.operations.benchmark_figures import Arm, Figure, Round

MADE_FROM = (
    "examples/line/pipelines",
    "benchmarks/dash_home.py",
    "benchmarks/questions.py",
    "benchmarks/subject.py",
)
MILLISECOND = 1e-3
LARGEST_GIGABYTES, LONGEST_SECONDS = 3.0, 6.0


class DashHome:
    """The home whose pipelines ran once, kept beside the others in `folder`; and its tables in DuckDB's own format."""

    def __init__(self, folder: Path, engine: str) -> None:
        self._folder, self._engine = folder, engine
        self.home, self.raw = folder / "dash-home", folder / "dash.duckdb"
        self._stamp = folder / "dash-home.json"

    def make(self) -> None:
        """Make it where it is missing, or was made from other data, pipelines, policies or people."""
        definition = {**json.loads((self._folder / KNOWN).read_text()), "made_from": content_hash(MADE_FROM)}
        if self._stamp.exists() and json.loads(self._stamp.read_text()) == definition:
            return
        self._stamp.unlink(missing_ok=True)
        link_home(self._folder / "home", self.home)
        run_arm("dash_home", self.home, self._engine, self.raw, log=self._folder / "dash_home.log")
        self._stamp.write_text(json.dumps(definition))


def dash_round(
    folder: Path, engine: str, repetitions: int, *, on_step: Callable[[str], None]
) -> dict[str, dict[str, Any]]:
    """Raw and ours, each in a process of its own; and the end of a worker, which no worker can count itself."""
    on_step("running the pipelines, once")
    made = DashHome(folder, engine)
    made.make()
    on_step("raw")
    raw = run_arm("dash_raw", made.raw, repetitions, log=folder / "dash_raw.log")
    on_step("ours")
    copy = link_home(made.home, empty(folder / "runs") / "dash")
    ours = run_arm("dash_ours", copy, repetitions, log=folder / "dash_ours.log")
    return {"raw": raw, "ours": ours, "exit": run_arm("worker_exit", 10 * repetitions, log=folder / "exit.log")}


def run_hostile(folder: Path) -> dict[str, Any]:
    """Hostile queries on the home that the rounds left, once: what they take is a bound, no ratio."""
    return run_arm("hostile", folder / "runs" / "dash", log=folder / "hostile.log")


def take_answers(arms: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What the arms answered, taken out of their reports, as outcomes to compare."""
    return {name: {"measures": {}, "gold": arm.pop("answers")} for name, arm in arms.items() if "answers" in arm}


def dash_figures(scale: str, rounds: Sequence[Round], hostile: Arm) -> list[Figure]:
    """The figures of the dash benchmark; the median over rounds of what was compared within a round."""
    medium = scale == "M"
    ours = [found["ours"] for found in rounds]
    return [
        Figure("dashboard question / raw DuckDB, flat cost taken off", _middle(rounds, _times_raw), 1.5),
        Figure("flat cost of a question, CPU ms", _middle(rounds, _flat) / MILLISECOND, 15.0),
        Figure("flat cost of a question, wall ms", _middle(rounds, _flat_wall) / MILLISECOND, 15.0),
        Figure("flat cost with one small table, CPU ms", _middle(rounds, _flat_of_a_table) / MILLISECOND),
        Figure("dashboard question, CPU ms", _middle(rounds, _question) / MILLISECOND),
        Figure("dashboard question, wall ms", median(arm["wall_median"] for arm in ours) / MILLISECOND),
        Figure("decision, made before, CPU ms", median(arm["decision_cached"] for arm in ours) / MILLISECOND, 1.0),
        Figure("decision, new, CPU ms", median(arm["decision_uncached"] for arm in ours) / MILLISECOND, 1.0),
        *(
            Figure(f"extract of {name}, CPU s", median(arm["extracts"][name] for arm in ours), limit)
            for name, limit in zip(ours[0]["extracts"], (None, 10.0 if medium else None, None), strict=True)
        ),
        Figure("extracts built again for the same questions", max(arm["rebuilt"] for arm in ours), 0),
        Figure("extracts built again after a commit elsewhere", max(arm["rebuilt_elsewhere"] for arm in ours), 0),
        Figure("16 clients / one, CPU per question", _middle(rounds, _crowd), 1.3),
        Figure("longest hostile query, wall s", hostile["longest_seconds"], LONGEST_SECONDS),
        Figure("largest process meanwhile, GB", hostile["largest_gigabytes"], LARGEST_GIGABYTES),
    ]


def by_question(rounds: Sequence[Round]) -> dict[str, dict[str, float]]:
    """CPU-milliseconds of each question, raw and ours with the flat cost taken off."""
    return {
        name: {
            "raw": median(found["raw"]["questions"][name] for found in rounds) / MILLISECOND,
            "ours": median(found["ours"]["questions"][name] + _exit(found) - _flat(found) for found in rounds)
            / MILLISECOND,
        }
        for name in rounds[0]["raw"]["questions"]
    }


def _middle(measured: Sequence[Any], figure: Callable[[Any], float]) -> float:
    return float(median(map(figure, measured)))


def _question(found: Round, arm: str = "ours") -> float:
    """CPU-seconds of a question, the mean over all of them."""
    return float(mean(found[arm]["questions"].values())) + (_exit(found) if arm == "ours" else 0.0)


def _exit(found: Round) -> float:
    return float(found["exit"]["exit"])


def _flat(found: Round) -> float:
    """What a question costs that reads no table: audit, gate, a process of its own."""
    return float(found["ours"]["nothing"] - found["raw"]["nothing"]) + _exit(found)


def _flat_of_a_table(found: Round) -> float:
    """The same, of one that reads a table of a few rows: who may read it, and opening its extract, come to it."""
    return float(found["ours"]["little"] - found["raw"]["little"]) + _exit(found)


def _flat_wall(found: Round) -> float:
    return float(found["ours"]["nothing_wall"] - found["raw"]["nothing_wall"])


def _times_raw(found: Round) -> float:
    return (_question(found) - _flat(found)) / _question(found, "raw")


def _crowd(found: Round) -> float:
    return (float(found["ours"]["clients_cpu"]) + _exit(found)) / _question(found)
