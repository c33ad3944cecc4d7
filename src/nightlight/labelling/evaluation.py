"""How well acts are labelled: exact and by effect group, act by act, calibration, with intervals and probes.

Figures are of the whole labeller, sure rules included. Intervals come from resampling groups, not messages."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random

from nightlight.conversations.labels import CounselorAct
from nightlight.labelling.acts import ActLabeller, LabelledAct
from nightlight.labelling.examples import Example
from nightlight.labelling.features import EMPTY
from nightlight.labelling.figures import ClassFigures, Share, calibration_error, classes_of
from nightlight.labelling.groups import GROUP_OF
from nightlight.labelling.reading import plain, words

NEAR = 0.8  # shared words of all words above which two messages are near duplicates
Answers = Sequence[tuple[LabelledAct, ...]]


@dataclass(frozen=True)
class Evaluation:
    """One set of messages. `exact` and `groups` compare the first act; `contained`: the first act is any right one.
    `calibration_error`: of the first act, right when it is any right one. `acts`: each act, wherever it stands."""

    name: str
    messages: int
    exact: Share
    groups: Share
    contained: Share
    macro_f1: float
    group_macro_f1: Share
    calibration_error: float
    majority: float
    acts: tuple[ClassFigures, ...]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def evaluate(name: str, examples: Sequence[Example], answers: Answers) -> Evaluation:
    """The figures of these answers, one for each example."""
    firsts = [answer[0].act for answer in answers]
    wanted = [example.acts[0] for example in examples]
    clusters = [example.group for example in examples]
    contained = [first in example.acts for first, example in zip(firsts, examples, strict=True)]
    exact = classes_of(name, wanted, firsts, clusters)
    groups = classes_of(name, [GROUP_OF[act] for act in wanted], [GROUP_OF[act] for act in firsts], clusters)
    acts = tuple(act_figures(examples, answers))
    return Evaluation(
        name,
        len(examples),
        exact.accuracy,
        groups.accuracy,
        classes_of(
            name, ["right"] * len(contained), ["right" if hit else "wrong" for hit in contained], clusters
        ).accuracy,
        _mean([figures.f1 for figures in acts if figures.wanted]),
        groups.macro_f1,
        calibration_error(contained, [answer[0].probability for answer in answers]),
        exact.majority,
        acts,
    )


def label_all(labeller: ActLabeller, examples: Sequence[Example]) -> list[tuple[LabelledAct, ...]]:
    return [labeller.label(example.text, before=example.before) for example in examples]


def act_figures(examples: Sequence[Example], answers: Answers) -> list[ClassFigures]:
    """Every act that is wanted or said, in the order of the acts. An act that a sparsely labelled message may have
    without saying so counts as wrong here: on such sets precision is a lower bound."""
    figures = []
    for act in CounselorAct:
        has = [act in example.acts for example in examples]
        said = [any(labelled.act is act for labelled in answer) for answer in answers]
        if any(has) or any(said):
            figures.append(together(act, has, said))
    return figures


def together(label: str, has: Sequence[bool], said: Sequence[bool]) -> ClassFigures:
    """The figures of one label over messages that have it or not."""
    both = sum(one and other for one, other in zip(has, said, strict=True))
    precision, recall = both / max(1, sum(said)), both / max(1, sum(has))
    return ClassFigures(label, sum(has), sum(said), precision, recall, 2 * both / max(1, sum(said) + sum(has)))


def shuffled(examples: Sequence[Example], seed: int = 0) -> list[Example]:
    """The same messages with the labels of others: a labeller that learns from these and still does well cheats."""
    acts = [example.acts for example in examples]
    Random(seed).shuffle(acts)  # noqa: S311  # for a probe, not for secrets
    return [
        Example(own, example.before, example.text, example.group, complete=example.complete)
        for own, example in zip(acts, examples, strict=True)
    ]


def near_duplicates(held: Sequence[str], seen: Sequence[str]) -> list[int]:
    """The places of held-out messages of four words or more that share nearly all their words with a training one."""
    index: dict[str, list[int]] = {}
    known = [frozenset(words(plain(text))) for text in seen]
    for place, bag in enumerate(known):
        for word in bag - EMPTY:
            index.setdefault(word, []).append(place)
    found = []
    for place, text in enumerate(held):
        bag = frozenset(words(plain(text)))
        near = {other for word in bag - EMPTY for other in index.get(word, ())}
        if len(bag) >= 4 and any(len(bag & known[n]) / len(bag | known[n]) >= NEAR for n in near):
            found.append(place)
    return found


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def worst(evaluation: Evaluation, number: int = 12) -> list[Mapping[str, object]]:
    """The acts that are found worst, of those with five messages or more."""
    enough = [figures for figures in evaluation.acts if figures.wanted >= 5]
    return [asdict(figures) for figures in sorted(enough, key=lambda figures: figures.f1)[:number]]
