"""The labeller on ESConv, of which it has seen nothing, beside the majority, the position alone, and our own features
trained on ESConv's training split. What is trained here is measured and thrown away."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightlight.conversations.labels import Author, CoarsePhase, coarse_phases
from nightlight.labelling.conversation import abstentions, befores_of
from nightlight.labelling.esconv import TEST, TRAIN, VALID, Strategy, Supported, read_split, strategy_of
from nightlight.labelling.esconv_phases import weak_phases
from nightlight.labelling.features import Seen, look_at_counselor
from nightlight.labelling.figures import Classes, classes_of
from nightlight.labelling.fitting import Example, fit
from nightlight.labelling.linear import Head
from nightlight.labelling.model import Model
from nightlight.labelling.phase_evaluation import PlaceLine, place_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STRATEGIES, PHASES = tuple(map(str, Strategy)), tuple(map(str, CoarsePhase))
BETWEEN = "between"
BOUNDS = (str(CoarsePhase.INITIAL_CONTACT), BETWEEN, str(CoarsePhase.CLOSING))
LABELLER, PLACE, TRAINED = "the labeller, acts as strategies", "the position alone", "trained on ESConv"
HEAD = Head("strategy", STRATEGIES, any=True)
WEIGHT = 1 / 6
"""Of each training message: how much it may pull at the weights. Chosen on the validation split among 1/6, 1/3, 1."""


@dataclass(frozen=True)
class Answered:
    """What the labeller says of some conversations: a strategy for each supporter's message, coarse phases with the
    messages so far and with all of them; and how many messages it would rather not have labelled."""

    strategies: tuple[str, ...]
    online: tuple[str, ...]
    offline: tuple[str, ...]
    abstained: int


def esconv_report(folder: Path, model: Model, *, on_step: Callable[[str], None] = lambda step: None) -> dict[str, Any]:
    """Figures by name on the test split, intervals over its conversations."""
    on_step("reading ESConv")
    train, valid, test = (read_split(folder, split) for split in (TRAIN, VALID, TEST))
    on_step("the labeller on ESConv")
    answered = answers(model, test)
    on_step(PLACE)
    lines = [strategy_lines(train, test, answered), phase_lines(train, test, answered)]
    on_step("our features trained on ESConv, for comparison")
    trained = trained_lines(train, {TRAINED: test, "the same on its validation split": valid})
    return {
        "version": model.version,
        "conversations": len(test),
        "messages": len(answered.online),
        "abstained": answered.abstained,
        "strategies": {figures.name: figures.as_json() for figures in (*lines[0], *trained)},
        "phases": {figures.name: figures.as_json() for figures in lines[1]},
        "confusions": [LABELLER, TRAINED, "online", "offline"],
    }


def answers(model: Model, held: Sequence[Supported]) -> Answered:
    """The labeller's answers to every message, also where it would abstain: nothing is left out of the figures."""
    strategies, online, offline, abstained = list[str](), list[str](), list[str](), 0
    for supported in held:
        messages = supported.conversation.messages
        authors = [message.author for message in messages]
        befores = befores_of(messages)
        readings = [model.read(m.author, m.text, before) for m, before in zip(messages, befores, strict=True)]
        strategies += [str(strategy_of(reading.acts)) for reading in readings if reading.acts]
        for found, so_far in ((online, True), (offline, False)):
            fine = [phase for phase, _ in model.phases(authors, readings, online=so_far)]
            found += map(str, coarse_phases(fine))
        abstained += sum(why is not None for why in abstentions(messages, readings, online=False))
    return Answered(tuple(strategies), tuple(online), tuple(offline), abstained)


def strategy_lines(train: Sequence[Supported], held: Sequence[Supported], answered: Answered) -> list[Classes]:
    """The labeller's acts as strategies, and the two lines that it has to beat."""
    right, known = strategies_of(held), strategies_of(train)
    line = PlaceLine(_supporters_places(train), known)
    majority = max(STRATEGIES, key=known.count)
    said = {
        LABELLER: answered.strategies,
        "the most frequent alone": [majority] * len(right),
        PLACE: line.tell(_supporters_places(held)),
    }
    groups = supporters(held)
    return [classes_of(name, right, each, groups, labels=STRATEGIES) for name, each in said.items()]


def phase_lines(train: Sequence[Supported], held: Sequence[Supported], answered: Answered) -> list[Classes]:
    """The labeller's coarse phases beside weak ones; the position has learned from ESConv's own weak phases.

    Once more with what lies between contact and closing as one: a weak intervention begins with any advice, ours with
    an aim or a step that both work out."""
    right, known = phases_of(held), phases_of(train)
    groups = [each.conversation.id for each in held for _ in each.strategies]
    found = []
    for way, labeller in (("online", answered.online), ("offline", answered.offline)):
        line = PlaceLine(_places(train, online=way == "online"), known)
        place = line.tell(_places(held, online=way == "online"))
        for said, name in ((labeller, way), (place, f"{way}, {PLACE}")):
            found.append(classes_of(name, right, said, groups, labels=PHASES))
            bounds = (bounds_of(right), bounds_of(said))
            found.append(classes_of(f"{name}; contact and closing", *bounds, groups, labels=BOUNDS))
    return found


def bounds_of(phases: Iterable[str]) -> list[str]:
    """
    >>> bounds_of(["initial_contact", "assessment", "intervention", "closing"])
    ['initial_contact', 'between', 'between', 'closing']
    """
    return [phase if phase in BOUNDS else BETWEEN for phase in phases]


def trained_lines(train: Sequence[Supported], held: Mapping[str, Sequence[Supported]]) -> list[Classes]:
    """A linear model over the labeller's features that has learned the strategies of `train`, by name of what it is
    measured on."""
    import numpy as np

    examples = [
        Example(seen, {HEAD.name: (right,)}, group, weight={HEAD.name: WEIGHT})
        for seen, right, group in zip(looks(train), strategies_of(train), supporters(train), strict=True)
    ]
    model = fit(examples, [HEAD]).model
    found = []
    for name, conversations in held.items():
        chances = [model.probabilities(seen)[HEAD.name] for seen in looks(conversations)]
        said = [STRATEGIES[int(np.argmax(row))] for row in chances]
        sure = [float(row.max()) for row in chances]
        right, groups = strategies_of(conversations), supporters(conversations)
        found.append(classes_of(name, right, said, groups, labels=STRATEGIES, sure=sure))
    return found


def looks(conversations: Sequence[Supported]) -> list[Seen]:
    """What there is to see of each supporter's message: the labeller's features, and the place in the conversation."""
    found = []
    for supported in conversations:
        messages = supported.conversation.messages
        for number, (message, before) in enumerate(zip(messages, befores_of(messages), strict=True)):
            if message.author is Author.COUNSELOR:
                seen = look_at_counselor(message.text, before)
                place = (f"n:{min(9, number // 2)}", f"n:log {(number + 1).bit_length()}", f"n:again {not before}")
                found.append(replace(seen, marks=(*seen.marks, *place)))
    return found


def strategies_of(conversations: Sequence[Supported]) -> list[str]:
    return [str(strategy) for each in conversations for strategy in each.strategies if strategy]


def phases_of(conversations: Sequence[Supported]) -> list[str]:
    return list(map(str, chain.from_iterable(map(weak_phases, conversations))))


def supporters(conversations: Sequence[Supported]) -> list[str]:
    """The conversation of each supporter's message."""
    return [each.conversation.id for each in conversations for strategy in each.strategies if strategy]


def _places(conversations: Sequence[Supported], *, online: bool) -> "NDArray[np.float64]":
    import numpy as np

    return np.concatenate([place_rows(_by_supporter(each), online=online) for each in conversations])


def _supporters_places(conversations: Sequence[Supported]) -> "NDArray[np.float64]":
    import numpy as np

    chosen = np.concatenate([_by_supporter(each) for each in conversations])
    return np.asarray(_places(conversations, online=True)[chosen])


def _by_supporter(supported: Supported) -> "NDArray[np.bool_]":
    import numpy as np

    return np.array([strategy is not None for strategy in supported.strategies])
