"""The suites of the models: what is measured of a version before anybody may promote it.

Figures that a suite takes several times have a letter behind their number: A1, A1b, A1c."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError
from nightlight.operations.model_training import recipe_module
from nightlight.registry.gates import Figure
from nightlight.registry.manifest import GENAI
from nightlight.registry.serving import served_name
from nightlight.registry.stored import ModelVersion
from nightlight.settings import LABELLER, LLAMA, OPENAI, POCKET, Home, shipped

if TYPE_CHECKING:
    from nightlight.conversations.cards import Card
    from nightlight.simulator.measures.plays import Plays
    from nightlight.simulator.wording import Wording
    from nightlight.simulator.wording.generated import Generator

Step = Callable[[str], None]
Suite = Callable[["Subject", Step], Sequence[Figure]]
WRITERS = (POCKET, LLAMA)
MERGED = "merged"  # the part of a Llama's folder that a server loads
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
    """What a suite measures: a version, its folder, and the training set that was kept with it, if one was. `at_once`:
    how many cards a server is asked about at the same time."""

    home: Home
    version: ModelVersion
    folder: Path
    training_set: Path | None
    at_once: int = 1


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


def writer_suite(subject: Subject, on_step: Step) -> list[Figure]:
    """What a model that writes says in practice, and how much of its training it has by heart."""
    generator = generator_of(subject.home, subject.version, subject.folder)
    at_once = subject.at_once if generator.name == OPENAI else 1
    return [*generator_figures(generator, on_step, at_once=at_once), *_memory(subject, on_step)]


def generator_of(home: Home, version: ModelVersion, folder: Path) -> "Generator":
    """What writes by a version: the pocket texter in this process; a Llama on a server of the organization that serves
    it under the version's own name, or in this process too where no server is named."""
    if version.name == POCKET:
        from nightlight.simulator.wording.pocket import PocketGenerator

        return PocketGenerator(folder, model=version.label)
    from nightlight.simulator.wording.llama import LlamaGenerator
    from nightlight.simulator.wording.openai import open_openai

    name, wording = served_name(version), home.settings.wording
    if wording.url:
        return open_openai(replace(wording, model=name))
    if (folder / GENAI).is_dir():
        return LlamaGenerator(folder, model=version.label)
    raise NightlightError(
        f"no server is named that serves {version.label}",
        remedy=f"serve {folder / MERGED} as '{name}' and set url in [wording]; docs/wording.md shows how",
    )


def generator_figures(
    generator: "Generator", on_step: Step, *, cards: Sequence[str] = (), at_once: int = 1
) -> list[Figure]:
    """Practice in a model's words, and how often these were said: where the card's own line stands instead, nothing
    is known of the model."""
    from nightlight.simulator.wording.bank import LineBank
    from nightlight.simulator.wording.figures import quantile
    from nightlight.simulator.wording.generated import GeneratedWording
    from nightlight.simulator.wording.remembered import Remembered

    remembered = Remembered(generator)
    if at_once > 1:
        _ask_at_once(remembered, on_step, cards, at_once)
    wording = GeneratedWording(remembered, LineBank())
    plays = _plays(_cards(cards), wording)
    figures = _figures(plays, on_step)
    row = wording.figures.as_row()
    asked, spoken, leaks = (_number(row[key]) for key in ("asked", "spoken", "leaks"))
    return [
        *figures,
        Figure("spoken", "lines said in the model's words", spoken / max(1.0, asked)),
        Figure("taken_back", "lines that would have told too much, taken back", leaks / max(1.0, asked)),
        Figure("strange", "words in its lines that nobody uses in the shipped texts", _strange(plays)),
        Figure("seconds", "seconds for a line, p95", quantile(sorted(remembered.seconds), 0.95)),
    ]


def _strange(plays: "Plays") -> float:
    from nightlight.conversations.corpus import starter_corpus
    from nightlight.simulator.measures.strange import strange_words

    corpus = starter_corpus()
    messages = [message.text for script in corpus.scripts for message in script.messages]
    messages += [message.text for each in corpus.texter_messages.values() for message in each]
    return strange_words(plays, messages)


def _ask_at_once(generator: "Generator", on_step: Step, cards: Sequence[str], at_once: int) -> None:
    """Have so many cards played at the same time: a server answers many trainees in hardly more time than one. The
    figures are taken afterwards, out of what the generator remembers."""
    from concurrent.futures import ThreadPoolExecutor

    from nightlight.simulator.measures import take_all
    from nightlight.simulator.wording.bank import LineBank
    from nightlight.simulator.wording.generated import GeneratedWording

    wording = GeneratedWording(generator, LineBank())
    each = [_plays([card], wording) for card in _cards(cards)]
    with ThreadPoolExecutor(at_once, thread_name_prefix="evaluate") as threads:
        played = threads.map(lambda plays: take_all(plays, on_step=lambda step: None), each)
        for number, _ in enumerate(played, 1):
            on_step(f"card {number} of {len(each)}, {at_once} at once")


def practice_suite(wording: "Wording | None", on_step: Step, *, cards: Sequence[str] = ()) -> list[Figure]:
    """The figures of practice with the shipped cards; `wording`: None for the card's own lines."""
    return _figures(_plays(_cards(cards), wording), on_step)


def _figures(plays: "Plays", on_step: Step) -> list[Figure]:
    from nightlight.simulator.measures import take_all

    taken: Counter[str] = Counter()
    found = []
    for measure in take_all(plays, on_step=on_step):
        taken[measure.id] += 1
        letter = "" if taken[measure.id] == 1 else ascii_lowercase[taken[measure.id] - 1]
        found.append(Figure(f"{measure.id}{letter}", measure.name, measure.value))
    return found


def _cards(names: Sequence[str]) -> list["Card"]:
    from nightlight.conversations.corpus import starter_corpus

    known = starter_corpus().cards
    return [known[name] for name in names or known]


def _plays(cards: Sequence["Card"], wording: "Wording | None") -> "Plays":
    from nightlight.labelling.acts import shipped_labeller
    from nightlight.simulator.measures.plays import Plays

    return Plays(cards, range(1, SEEDS + 1), shipped_labeller(), wording=wording)


SUITES: Mapping[str, Suite] = {LABELLER: labeller_suite, POCKET: writer_suite, LLAMA: writer_suite}


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
