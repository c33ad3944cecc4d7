"""The suites of the models: what is measured of a version before anybody may promote it.

Figures that a suite takes several times have a letter behind their number: A1, A1b, A1c."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError
from nightlight.operations.model_training import LABELLER, LLAMA, POCKET, recipe_module
from nightlight.registry.gates import Figure
from nightlight.registry.stored import ModelVersion
from nightlight.settings import Home, shipped

if TYPE_CHECKING:
    from nightlight.simulator.wording import Wording
    from nightlight.simulator.wording.generated import Generator

Step = Callable[[str], None]
Suite = Callable[["Subject", Step], Sequence[Figure]]
WRITERS = (POCKET, LLAMA)
SEEDS = 1
BASELINE = "the cards' own lines"
MEMORY = {
    "canaries": "planted sentences that came back",
    "verbatim_12grams": "samples with twelve words in a row of another training text",
    "whole_lines": "samples that are a training line word by word",
    "other_words": "lines that were said in other words",
}


@dataclass(frozen=True)
class Subject:
    """What a suite measures: a version, its folder, and the training set that was kept with it, if one was."""

    home: Home
    version: ModelVersion
    folder: Path
    training_set: Path | None


def labeller_suite(subject: Subject, on_step: Step) -> list[Figure]:
    """What the labeller reaches on strangers' messages, and on cards and writers left out of a training of its kind."""
    from nightlight.labelling.report import measure

    corpus, tests = subject.training_set or shipped("corpus"), shipped("benchmarks/label")
    report = measure(corpus, subject.folder, tests, on_step=on_step)
    return labeller_figures(report)


def labeller_figures(report: Mapping[str, Any]) -> list[Figure]:
    strangers, rungs, phases = report["evaluations"][0], report["rungs"][-1], report["phases"]
    alarms = report["alarms"]["a stranger's messages"]
    return [
        Figure("acts_exact", "strangers' messages whose first act is right", strangers["exact"]["value"]),
        Figure("acts_macro_f1", "acts of strangers' messages, macro F1", strangers["macro_f1"]),
        Figure("rungs_recall", "questions about risk that are found", rungs["recall"]),
        Figure("rungs_precision", "found questions about risk that are ones", rungs["precision"]),
        Figure("alarm_recall", "high risk found when 5 % of everyday messages alarm", alarms["recall"]),
        Figure("phases_online", "coarse phases as a conversation goes on, macro F1", _macro(phases["coarse, online"])),
        Figure("phases_offline", "coarse phases afterwards, macro F1", _macro(phases["coarse, offline"])),
    ]


def pocket_suite(subject: Subject, on_step: Step) -> list[Figure]:
    """What the pocket texter says in practice, and how much of its training it has by heart."""
    from nightlight.simulator.wording.pocket import PocketGenerator

    generator = PocketGenerator(subject.folder, model="evaluated")
    return [*generator_figures(generator, on_step), *_memory(subject, on_step)]


def llama_suite(subject: Subject, on_step: Step) -> list[Figure]:
    """The same of a Llama that a server of the organization serves under its version's own name."""
    from nightlight.simulator.wording.openai import open_openai

    name, wording = served_name(subject.version), subject.home.settings.wording
    if not wording.url:
        raise NightlightError(
            f"no server is named that serves {subject.version.label}",
            remedy=f"serve {subject.folder} as '{name}' and set url in [wording]; docs/wording.md shows how",
        )
    generator = open_openai(replace(wording, model=name))
    return [*generator_figures(generator, on_step), *_memory(subject, on_step)]


def served_name(version: ModelVersion) -> str:
    """The name that a server gives a version, so that no other one is measured in its place."""
    return f"{version.name}-{version.digest[:8]}"


def generator_figures(generator: "Generator", on_step: Step, *, cards: Sequence[str] = ()) -> list[Figure]:
    """Practice in a model's words, and how often these were said: where the card's own line stands instead, nothing
    is known of the model."""
    from nightlight.simulator.wording.bank import LineBank
    from nightlight.simulator.wording.generated import GeneratedWording

    wording = GeneratedWording(generator, LineBank())
    figures = practice_suite(wording, on_step, cards=cards)
    row = wording.figures.as_row()
    asked, spoken, leaks, p95 = (_number(row[key]) for key in ("asked", "spoken", "leaks", "p95_seconds"))
    return [
        *figures,
        Figure("spoken", "lines said in the model's words", spoken / max(1.0, asked)),
        Figure("taken_back", "lines that would have told too much, taken back", leaks / max(1.0, asked)),
        Figure("seconds", "seconds for a line, p95", p95),
    ]


def practice_suite(wording: "Wording | None", on_step: Step, *, cards: Sequence[str] = ()) -> list[Figure]:
    """The figures of practice with the shipped cards; `wording`: None for the card's own lines."""
    from nightlight.conversations.corpus import read_corpus, shipped_corpus
    from nightlight.labelling.acts import shipped_labeller
    from nightlight.simulator.measures import take_all
    from nightlight.simulator.measures.plays import Plays

    known = read_corpus(shipped_corpus()).cards
    plays = Plays([known[name] for name in cards or known], range(1, SEEDS + 1), shipped_labeller(), wording=wording)
    taken: Counter[str] = Counter()
    found = []
    for measure in take_all(plays, on_step=on_step):
        taken[measure.id] += 1
        letter = "" if taken[measure.id] == 1 else ascii_lowercase[taken[measure.id] - 1]
        found.append(Figure(f"{measure.id}{letter}", measure.name, measure.value))
    return found


SUITES: Mapping[str, Suite] = {LABELLER: labeller_suite, POCKET: pocket_suite, LLAMA: llama_suite}


def baseline_figures(name: str, on_step: Step) -> list[Figure]:
    """What a model stands beside that has no champion yet: what writes for a texter must not be worse than no model."""
    if name not in WRITERS:
        return []
    return practice_suite(None, lambda step: on_step(f"{BASELINE}: {step}"))


def _memory(subject: Subject, on_step: Step) -> list[Figure]:
    """Nothing where no training set was kept: then the gate, which asks for it, refuses."""
    take = getattr(recipe_module(subject.version.name), "memorisation", None)
    if subject.training_set is None or take is None:
        return []
    on_step("what it has by heart")
    values: Mapping[str, float] = take(subject.folder, subject.training_set)
    return [Figure(key, words, float(values[key])) for key, words in MEMORY.items() if key in values]


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _macro(figures: Mapping[str, Any]) -> float:
    return float(figures["macro_f1"]["value"])
