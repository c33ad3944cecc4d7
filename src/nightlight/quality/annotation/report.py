"""What two annotators' labels of one set show: how far they agree, where they differ most, and what suggestions did."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from nightlight.conversations.labels import HIGHEST_RISK, Author, CounselorAct, Phase, RiskAttribute
from nightlight.db import transaction
from nightlight.quality.annotation.adjudication import Pair, decided_count, pairs
from nightlight.quality.annotation.agreement import Agreement, Metric, agreement
from nightlight.quality.annotation.labels import Label
from nightlight.quality.annotation.segments import Boundaries, compare
from nightlight.quality.annotation.store import AnnotationSet, Place, conversations_of
from nightlight.settings import Home

if TYPE_CHECKING:
    from nightlight.quality.annotation.agreement import Matrix

ACCEPTED = {"phase": 0.75, "acts": 0.67, "risk": 0.80}
"""Alpha from which labels are good enough to be scaled up and to judge a labeller by."""
MOST_ROWS, MOST_PLACES = 12, 5


@dataclass(frozen=True)
class Word:
    """Agreement about one act or attribute: whether it is there. `one` and `other`: how often each named it."""

    word: str
    one: int
    other: int
    alpha: float | None


@dataclass(frozen=True)
class Disagreement:
    """One said `one` where the other said `other` ("" = did not say it), in either order; some of the messages."""

    axis: str
    one: str
    other: str
    count: int
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Anchoring:
    """How often annotators' labels of an axis are the labeller's, where they saw them and where they did not."""

    axis: str
    shown: float
    blind: float


@dataclass(frozen=True)
class Report:
    """`axes`: agreement by axis of a label; `boundaries`: of the changes of phase."""

    set: AnnotationSet
    conversations: int
    messages: int
    unsure: int
    axes: dict[str, Agreement]
    boundaries: Boundaries
    acts: tuple[Word, ...]
    attributes: tuple[Word, ...]
    disagreements: tuple[Disagreement, ...]
    anchoring: tuple[Anchoring, ...]
    decided: int
    differing: int

    def is_accepted(self, axis: str) -> bool | None:
        """Whether an axis reaches its line; None where it has none, or nothing could differ."""
        value = self.axes[axis].value
        return None if value is None or axis not in ACCEPTED else value >= ACCEPTED[axis]


def report(home: Home, name: str, *, by: str) -> Report:
    """The report of a set that both annotators are done with, without a word of a conversation."""
    found, every = pairs(home, name, by=by)
    with transaction(home.database_url) as connection:
        shown = {each.number: each.shows_labels for each in conversations_of(connection, name)}
    talks = _by_conversation(every)
    decided, differing = decided_count(every)
    return Report(
        set=found,
        conversations=len(talks),
        messages=len(every),
        unsure=sum(each.one.is_unsure or each.other.is_unsure for each in every),
        axes=_axes(talks),
        boundaries=compare(([p.one.phase for p in talk], [p.other.phase for p in talk]) for talk in talks),
        acts=_words(_of(every, Author.COUNSELOR), CounselorAct, _acts),
        attributes=_words(_of(every, Author.TEXTER), RiskAttribute, _attributes),
        disagreements=disagreements(every),
        anchoring=_anchoring(every, shown) if found.labeller else (),
        decided=decided,
        differing=differing,
    )


def disagreements(every: Iterable[Pair]) -> tuple[Disagreement, ...]:
    """What was taken for what, the most frequent first."""
    places: dict[tuple[str, str, str], list[Place]] = {}
    for pair in every:
        for key in _confusions(pair):
            places.setdefault(key, []).append(pair.at)
    ordered = sorted(places.items(), key=lambda each: (-len(each[1]), each[0]))
    return tuple(
        Disagreement(*key, count=len(found), places=tuple(found[:MOST_PLACES])) for key, found in ordered[:MOST_ROWS]
    )


def _confusions(pair: Pair) -> Iterable[tuple[str, str, str]]:
    one, other = pair.one, pair.other
    if one.phase != other.phase:
        first, second = sorted((str(one.phase), str(other.phase)))
        yield "phase", first, second
    if one.risk != other.risk:
        first, second = sorted((str(one.risk), str(other.risk)))
        yield "risk", first, second
    for axis, words in (("acts", _acts), ("attributes", _attributes)):
        mine, theirs = set(words(one)) - set(words(other)), set(words(other)) - set(words(one))
        if len(mine) == len(theirs) == 1:  # one word for another
            first, second = sorted((str(*mine), str(*theirs)))
            yield axis, first, second
        else:
            for word in sorted(mine | theirs):
                yield axis, str(word), ""


def _axes(talks: Sequence[Sequence[Pair]]) -> dict[str, Agreement]:
    texters = [_of(talk, Author.TEXTER) for talk in talks]
    counselors = [_of(talk, Author.COUNSELOR) for talk in talks]
    phases, levels = list(Phase), list(range(HIGHEST_RISK + 1))
    return {
        "phase": agreement(_values(talks, lambda label: phases.index(label.phase), len(phases))),
        "acts": agreement(_presence(counselors, CounselorAct, _acts)),
        "risk": agreement(_values(texters, lambda label: label.risk or 0, len(levels)), Metric.ORDINAL),
        "attributes": agreement(_presence(texters, RiskAttribute, _attributes)),
    }


def _values(talks: Sequence[Sequence[Pair]], value: Callable[[Label], int], size: int) -> "Matrix":
    """Coincidences of one value a message, by conversation."""
    import numpy as np

    talks = [talk for talk in talks if talk]
    found = np.zeros((len(talks), 1, size, size))
    for number, talk in enumerate(talks):
        for pair in talk:
            one, other = value(pair.one), value(pair.other)
            found[number, 0, one, other] += 1
            found[number, 0, other, one] += 1
    return found


def _presence(
    talks: Sequence[Sequence[Pair]], vocabulary: Iterable[str], words: Callable[[Label], Sequence[str]]
) -> "Matrix":
    """Coincidences of "is it there?", by conversation and word."""
    import numpy as np

    talks = [talk for talk in talks if talk]
    place = {word: at for at, word in enumerate(vocabulary)}
    found = np.zeros((len(talks), len(place), 2, 2))
    for number, talk in enumerate(talks):
        found[number, :, 0, 0] = 2 * len(talk)
        for pair in talk:
            one, other = set(words(pair.one)), set(words(pair.other))
            for word in one & other:
                found[number, place[word]] += [[-2, 0], [0, 2]]
            for word in one ^ other:
                found[number, place[word]] += [[-2, 1], [1, 0]]
    return found


def _words(
    every: Sequence[Pair], vocabulary: Iterable[str], words: Callable[[Label], Sequence[str]]
) -> tuple[Word, ...]:
    """Each word that anybody used, the most used first."""
    mine = Counter(word for pair in every for word in words(pair.one))
    theirs = Counter(word for pair in every for word in words(pair.other))
    names = list(vocabulary)
    matrices = _presence([every], names, words)
    used = sorted((name for name in names if mine[name] or theirs[name]), key=lambda n: -(mine[n] + theirs[n]))
    return tuple(
        Word(str(name), mine[name], theirs[name], agreement(matrices[:, [names.index(name)]]).value) for name in used
    )


def _anchoring(every: Sequence[Pair], shown: dict[int, bool]) -> tuple[Anchoring, ...]:
    found = []
    for axis in ACCEPTED:
        same: dict[bool, list[bool]] = {True: [], False: []}
        for pair in every:
            said = getattr(pair.message.suggested, axis, None)
            if said is not None:
                where = same[shown[pair.message.number]]
                where += [getattr(label, axis) == said for label in (pair.one, pair.other)]
        if same[True] and same[False]:
            found.append(Anchoring(axis, fmean(same[True]), fmean(same[False])))
    return tuple(found)


def _by_conversation(every: Iterable[Pair]) -> list[list[Pair]]:
    talks: dict[int, list[Pair]] = {}
    for pair in every:
        talks.setdefault(pair.message.number, []).append(pair)
    return list(talks.values())


def _of(every: Iterable[Pair], author: Author) -> list[Pair]:
    return [each for each in every if each.message.author is author]


def _acts(label: Label) -> Sequence[str]:
    return label.acts


def _attributes(label: Label) -> Sequence[str]:
    return label.attributes
