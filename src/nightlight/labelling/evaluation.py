"""How well acts are labelled: exact and by effect group, act by act, calibration, with intervals and probes.

Figures are of the whole labeller, sure rules included. Intervals come from resampling groups, not messages."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import TYPE_CHECKING

from nightlight.conversations.labels import CounselorAct
from nightlight.labelling.acts import LabelledAct
from nightlight.labelling.examples import Example
from nightlight.labelling.features import EMPTY
from nightlight.labelling.groups import GROUP_OF
from nightlight.labelling.model import chosen_acts, overruled
from nightlight.labelling.reading import plain, words

if TYPE_CHECKING:
    from nightlight.labelling.training import Fitted

RESAMPLES = 500
BINS = 10
NEAR = 0.8  # shared words of all words above which two messages are near duplicates
Answers = Sequence[tuple[LabelledAct, ...]]


@dataclass(frozen=True)
class Share:
    """A share with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ActFigures:
    """How one act was found: `wanted` messages have it, `said` are labelled with it."""

    act: CounselorAct
    wanted: int
    said: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Evaluation:
    """One set of messages. `exact` and `groups` compare the first act; `contained`: the first act is any right one."""

    name: str
    messages: int
    exact: Share
    groups: Share
    contained: Share
    macro_f1: float
    group_macro_f1: float
    calibration_error: float
    majority: float
    acts: tuple[ActFigures, ...]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def evaluate(name: str, examples: Sequence[Example], answers: Answers) -> Evaluation:
    """The figures of these answers, one for each example."""
    firsts = [answer[0].act for answer in answers]
    wanted = [example.acts[0] for example in examples]
    clusters = [example.group for example in examples]
    exact = [one is other for one, other in zip(firsts, wanted, strict=True)]
    grouped = [GROUP_OF[one] == GROUP_OF[other] for one, other in zip(firsts, wanted, strict=True)]
    contained = [first in example.acts for first, example in zip(firsts, examples, strict=True)]
    acts = tuple(act_figures(examples, answers))
    return Evaluation(
        name,
        len(examples),
        _share(exact, clusters),
        _share(grouped, clusters),
        _share(contained, clusters),
        _mean([figures.f1 for figures in acts if figures.wanted]),
        _macro_f1([GROUP_OF[act] for act in firsts], [GROUP_OF[act] for act in wanted]),
        calibration_error(contained, [answer[0].probability for answer in answers]),
        max(wanted.count(act) for act in set(wanted)) / len(wanted),
        acts,
    )


def act_figures(examples: Sequence[Example], answers: Answers) -> list[ActFigures]:
    """Every act that is wanted or said, in the order of the acts. An act that a sparsely labelled message may have
    without saying so counts as wrong here: on such sets precision is a lower bound."""
    figures = []
    for act in CounselorAct:
        has = [act in example.acts for example in examples]
        said = [any(labelled.act is act for labelled in answer) for answer in answers]
        both = sum(one and other for one, other in zip(has, said, strict=True))
        if any(has) or any(said):
            precision, recall = both / max(1, sum(said)), both / max(1, sum(has))
            f1 = 2 * both / max(1, sum(said) + sum(has))
            figures.append(ActFigures(act, sum(has), sum(said), precision, recall, f1))
    return figures


def calibration_error(right: Sequence[bool], sure: Sequence[float]) -> float:
    """The expected calibration error over ten bins of equal width."""
    total = 0.0
    pairs = [(min(BINS - 1, int(chance * BINS)), hit, chance) for hit, chance in zip(right, sure, strict=True)]
    for number in range(BINS):
        total += abs(sum(hit - chance for place, hit, chance in pairs if place == number))
    return total / max(1, len(right))


def answers_of(fitted: "Fitted", examples: Sequence[Example]) -> list[tuple[LabelledAct, ...]]:
    """What a fitted labeller says of each example, as the stored one would."""
    thresholds = dict(zip(fitted.acts, fitted.thresholds.tolist(), strict=True))
    return [
        chosen_acts(overruled(row, example.text, example.before), thresholds)
        for example, row in zip(examples, _rows(fitted, examples), strict=True)
    ]


def _rows(fitted: "Fitted", examples: Sequence[Example]) -> list[dict[CounselorAct, float]]:
    found = fitted.probabilities(examples)
    return [{act: round(value, 4) for act, value in zip(fitted.acts, row, strict=True)} for row in found.tolist()]


def shuffled(examples: Sequence[Example], seed: int = 0) -> list[Example]:
    """The same messages with the labels of others: a labeller that learns from these and still does well cheats."""
    acts = [example.acts for example in examples]
    Random(seed).shuffle(acts)  # noqa: S311  # for a probe, not for secrets
    return [
        Example(own, example.before, example.text, example.group, complete=example.complete)
        for own, example in zip(acts, examples, strict=True)
    ]


def near_duplicates(held: Sequence[Example], seen: Sequence[Example]) -> list[int]:
    """The places of held-out messages of four words or more that share nearly all their words with a training one."""
    index: dict[str, list[int]] = {}
    known = [frozenset(words(plain(example.text))) for example in seen]
    for place, bag in enumerate(known):
        for word in bag - EMPTY:
            index.setdefault(word, []).append(place)
    found = []
    for place, example in enumerate(held):
        bag = frozenset(words(plain(example.text)))
        near = {other for word in bag - EMPTY for other in index.get(word, ())}
        if len(bag) >= 4 and any(len(bag & known[n]) / len(bag | known[n]) >= NEAR for n in near):
            found.append(place)
    return found


def _share(hits: Sequence[bool], clusters: Sequence[str]) -> Share:
    members: dict[str, list[bool]] = {}
    for hit, cluster in zip(hits, clusters, strict=True):
        members.setdefault(cluster, []).append(hit)
    sums = [(sum(inside), len(inside)) for inside in members.values()]
    random = Random(0)  # noqa: S311  # for resampling, not for secrets
    means = []
    for _ in range(RESAMPLES):
        drawn = random.choices(sums, k=len(sums))
        means.append(sum(hit for hit, _ in drawn) / sum(size for _, size in drawn))
    means.sort()
    return Share(_mean(list(hits)), means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES)])


def _macro_f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    def f1(group: str) -> float:
        both = sum(one == other == group for one, other in zip(said, wanted, strict=True))
        return 2 * both / (said.count(group) + wanted.count(group))

    return _mean([f1(group) for group in set(wanted)])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def worst(evaluation: Evaluation, number: int = 12) -> list[Mapping[str, object]]:
    """The acts that are found worst, of those with five messages or more."""
    enough = [figures for figures in evaluation.acts if figures.wanted >= 5]
    return [asdict(figures) for figures in sorted(enough, key=lambda figures: figures.f1)[:number]]
