"""The pocket texter's arm: memory, first word, words a second, sixteen sessions at once, and a turn beside the bank's.

`python -m benchmarks.pocket MODEL` measures the model in a folder, in a process of its own."""

import resource
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.measure import cpu_seconds, measured, report
from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import starter_corpus
from nightlight.labelling.acts import shipped_labeller
from nightlight.simulator.counselors import Kind
from nightlight.simulator.measures.again import SESSIONS, read_before
from nightlight.simulator.measures.plays import Plays
from nightlight.simulator.plan import Move, Tone
from nightlight.simulator.wording.bank import LineBank
from nightlight.simulator.wording.generated import GeneratedWording
from nightlight.simulator.wording.pocket import PocketGenerator, PocketModel, load_pocket, say
from nightlight.simulator.wording.pocket_words import FREE, SAY, controls, kept_prompt, pieces_of
from nightlight.simulator.wording.prompt import Prompt

AT_ONCE, LINES, WORDS_IN_A_ROW = 16, 200, 100
CARDS = 8
KINDS = (Kind.GOOD, Kind.MIXED, Kind.POOR)


def held_megabytes() -> float:
    """What this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / (1 << 20)


def prompts(cards: list[Card]) -> list[Prompt]:
    """Lines that tell, of all cards in turn."""
    found = [
        Prompt(Move.TELL, Tone.OPEN, line, card.voice, card.persona.age_band, card.start.distress)
        for card in cards
        for fact in card.facts
        for line in fact.tell[:1]
    ]
    return found[:: max(1, len(found) // LINES)][:LINES]


def first_words(model: PocketModel, asked: list[Prompt]) -> dict[str, float]:
    """From a prompt to the scores of the first word, as somebody waits for it."""
    walls = []
    with measured() as used:
        for prompt in asked:
            begun, reader = time.perf_counter(), model.reader()
            reader.read(model.lexicon.numbers(kept_prompt(prompt, pieces_of(prompt.line), model.lexicon, small=1)))
            reader.scores()
            walls.append(time.perf_counter() - begun)
    return {"wall": median(walls), "cpu": used.cpu_seconds / len(asked)}


def words_a_second(model: PocketModel, prompt: Prompt) -> float:
    """Words that are written one after the other, for each CPU-second."""
    with measured() as used:
        for _ in range(10):
            reader = model.reader()
            reader.read(model.lexicon.numbers([*controls(prompt, mode=FREE, small=0), SAY]))
            for _ in range(WORDS_IN_A_ROW):
                reader.read([int(np.argmax(reader.scores()[: len(model.lexicon.words)]))])
    return 10 * WORDS_IN_A_ROW / used.cpu_seconds


def at_once(model: PocketModel, asked: list[Prompt]) -> dict[str, Any]:
    """Sixteen sessions ask for a line in the same moment, ten times."""
    walls: list[float] = []

    def ask(prompt: Prompt, seed: int, begun: float) -> None:
        say(model, prompt, seed=seed)
        walls.append(time.perf_counter() - begun)

    with measured() as used:
        for times in range(10):
            begun = time.perf_counter()
            chosen = asked[times * AT_ONCE :][:AT_ONCE]
            threads = [
                threading.Thread(target=ask, args=(prompt, seed, begun)) for seed, prompt in enumerate(chosen, 1)
            ]
            run(threads)
    return {"median": median(walls), "slowest": max(walls), "cpu": used.cpu_seconds / len(walls)}


def run(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def plays(cards: list[Card], wording: GeneratedWording | None) -> Plays:
    seeds = range(1, SESSIONS + 1)
    return Plays(cards[:CARDS], seeds, shipped_labeller(), wording, true_acts=True, kinds=KINDS)


def played(found: Plays) -> dict[str, Any]:
    """All sessions: CPU-seconds of a turn, and how much of a later session was read before."""
    begun = cpu_seconds()
    turns = sum(len(session.turns) for session in found.all())
    spent = cpu_seconds() - begun
    return {"turn_cpu": spent / turns, "read_before": {str(n): each for n, each in read_before(found).items()}}


def of_each_turn(measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    measure()  # once, so that neither arm pays for what both read first
    return measure()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    cards = list(starter_corpus().cards.values())
    before = held_megabytes()
    model = load_pocket(folder)
    asked = prompts(cards)
    at_sixteen = at_once(model, asked)
    added = held_megabytes() - before
    bank = of_each_turn(lambda: played(plays(cards, None)))
    wording = GeneratedWording(PocketGenerator(folder, model="benchmark"), LineBank())
    found = {
        "megabytes_added": added,
        "first": first_words(model, asked),
        "words_a_second": words_a_second(model, asked[0]),
        "at_once": at_sixteen,
        "bank": bank,
        "pocket": played(plays(cards, wording)),
        "wording": wording.figures.as_row(),
    }
    report(**found)
