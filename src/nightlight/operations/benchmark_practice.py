"""The practice benchmark: every card of the shipped corpus with five seeds against scripted counselors of every kind.

Each figure is taken twice: as the labeller reads the counselor, and as the counselor means it ("acts given"), which
tells the engine's failures from the labeller's. With a model's wording one seed is played: each line is a call."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nightlight.operations.benchmark_figures import Figure, Round

if TYPE_CHECKING:
    from nightlight.simulator.measures.plays import Plays
    from nightlight.simulator.wording.generated import GeneratedWording

SEEDS = 5
AT_ONCE, BETWEEN_MESSAGES = 200, 45.0  # sessions, seconds: a counselor's usual pace


def practice_round(
    *,
    seeds: int = SEEDS,
    cards: Sequence[str] = (),
    wording: "GeneratedWording | None" = None,
    on_step: Callable[[str], None],
) -> Round:
    """Both sets of figures, and the CPU-seconds of all turns played; `wording`: a model's instead of the bank's."""
    from nightlight.conversations.corpus import starter_corpus
    from nightlight.labelling.acts import shipped_labeller
    from nightlight.simulator.measures.plays import Plays

    known = starter_corpus().cards
    chosen = [known[name] for name in cards or known]
    arms: dict[str, dict[str, Any]] = {}
    for arm, true_acts in (("labelled", False), ("acts given", True)):
        plays = Plays(chosen, range(1, seeds + 1), shipped_labeller(), wording, true_acts=true_acts)
        arms[arm] = _measured(arm, plays, on_step)
    if wording is not None:
        arms["wording"] = {**wording.figures.as_row(), "model": wording.generator.model}
    return arms


def _measured(arm: str, plays: "Plays", on_step: Callable[[str], None]) -> dict[str, Any]:
    from nightlight.simulator.measures import take_all

    begun = time.process_time()
    taken = take_all(plays, on_step=lambda name: on_step(f"{arm}: {name}"))
    return {"measures": [measure.as_row() for measure in taken], "cpu_seconds": time.process_time() - begun}


def practice_figures(rounds: Sequence[Round]) -> list[Figure]:
    """The figures of the first round: the same card, seed and counselor give the same conversation in every round."""
    found = rounds[0]
    figures = []
    for labelled, given in zip(found["labelled"]["measures"], found["acts given"]["measures"], strict=True):
        name = " ".join(filter(None, (labelled["id"], labelled["name"], labelled["beside"])))
        figures.append(Figure(name, labelled["value"], labelled["bar"], at_least=not labelled["at_most"]))
        if given["passed"] != labelled["passed"]:
            figures.append(Figure(f"{name} (acts given)", given["value"], given["bar"], at_least=not given["at_most"]))
    turn = next(each["value"] for each in found["labelled"]["measures"] if "milliseconds" in each["name"])
    figures.append(
        Figure(f"share of a core that {AT_ONCE} sessions take", turn / 1000 * AT_ONCE / BETWEEN_MESSAGES, 1.0)
    )
    return [*figures, *_wording_figures(found.get("wording"))]


def _wording_figures(row: Mapping[str, Any] | None) -> list[Figure]:
    """How often a model spoke, how often it would have told too much, and how long it took."""
    if row is None or not row["asked"]:
        return []
    return [
        Figure(f"share of lines that {row['model']} said", row["spoken"] / row["asked"]),
        Figure("share of lines taken back as leaks", row["leaks"] / row["asked"]),
        *(
            Figure(f"share of lines taken back: {reason}", count / row["asked"])
            for reason, count in sorted(row["reasons"].items())
        ),
        Figure("seconds a line, median", row["median_seconds"]),
        Figure("seconds a line, 95 of 100 within", row["p95_seconds"]),
    ]


def failures(rounds: Sequence[Round]) -> dict[str, dict[str, list[str]]]:
    """Where each figure failed, by arm."""
    return {
        arm: {
            f"{measure['id']} {measure['name']}": list(measure["evidence"])
            for measure in found["measures"]
            if measure["evidence"]
        }
        for arm, found in rounds[0].items()
        if "measures" in found
    }
