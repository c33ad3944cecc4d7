"""Two versions of a labeller given the same conversations: how often they differ, on what, and where most.

What `compare_labellers` tells holds ids and counts and no text, so that it can be passed on."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nightlight.conversations.conversation import Conversation
from nightlight.labelling.conversation import LabelledConversation, LabelledMessage, Labeller
from nightlight.labelling.serving import model_of
from nightlight.quality.flags.declared import Flag
from nightlight.quality.flags.thresholds import Thresholds, read_thresholds
from nightlight.quality.labelled import label_and_flag
from nightlight.registry.stored import ModelVersion
from nightlight.settings import Home

ACTS, FIRST_ACT, PHASE, RISK, FLAG = AXES = ("acts", "first act", "phase", "risk", "flag")
NOT_ASSESSED, RAISED, NOT_RAISED = "not assessed", "raised", "not raised"


@dataclass(frozen=True)
class Difference:
    """What two versions read otherwise: a message's acts, first act, phase or risk, or whether a conversation has a
    flag, whose rule stands in the place of the message then."""

    conversation: str
    place: str
    axis: str
    one: str
    other: str


@dataclass(frozen=True)
class ReadTwice:
    """A conversation as both versions label it. `said`: what they say on each axis of each place, the same or not."""

    conversation: Conversation
    one: LabelledConversation
    other: LabelledConversation
    said: tuple[Difference, ...]

    @property
    def differences(self) -> list[Difference]:
        return [each for each in self.said if each.one != each.other]

    @property
    def differ_in(self) -> Mapping[str, frozenset[str]]:
        """The axes on which they differ, by the message's id; messages that both read alike are not among them."""
        found: dict[str, set[str]] = {}
        for each in self.differences:
            if each.axis != FLAG:
                found.setdefault(each.place, set()).add(each.axis)
        return {place: frozenset(axes) for place, axes in found.items()}


@dataclass(frozen=True)
class AxisCompared:
    """`asked`: how many messages either version assessed, or how many flags either raised; `differ`: of these.
    `kappa`: Cohen's; None where chance alone explains all, and for flags, as nobody counts those not to be raised."""

    axis: str
    asked: int
    differ: int
    kappa: float | None

    @property
    def share(self) -> float:
        return self.differ / self.asked if self.asked else 0.0


@dataclass(frozen=True)
class ConversationCompared:
    """`differ`: how many of its messages have another label on one axis at least; `axes`: on each how many, and how
    many flags."""

    conversation: str
    messages: int
    differ: int
    axes: Mapping[str, int]

    @property
    def share(self) -> float:
        return self.differ / self.messages if self.messages else 0.0


@dataclass(frozen=True)
class Turned:
    """How often `one` of the first version was `other` of the second."""

    axis: str
    one: str
    other: str
    times: int


@dataclass(frozen=True)
class LabellersCompared:
    """`one`, `other`: the versions of the labels. `apart`: the conversations in which they differ, most first."""

    one: str
    other: str
    conversations: int
    messages: int
    axes: tuple[AxisCompared, ...]
    differences: tuple[Difference, ...]
    apart: tuple[ConversationCompared, ...]

    @property
    def turned(self) -> list[Turned]:
        """Which label became which, the most frequent first; of acts the first; flags by their rule."""
        counted = Counter(
            (each.axis, *((each.one, each.other) if each.axis != FLAG else (f"{each.place} {each.one}", each.other)))
            for each in self.differences
            if each.axis != ACTS
        )
        return [Turned(*key, times) for key, times in sorted(counted.items(), key=lambda item: (-item[1], item[0]))]


def read_twice(
    home: Home, one: ModelVersion, other: ModelVersion, conversations: Iterable[Conversation]
) -> Iterator[ReadTwice]:
    """Both versions' labels and flags, conversation by conversation; raises NightlightError where a version cannot be
    read."""
    first, second = (Labeller(model_of(home, version)) for version in (one, other))
    thresholds = read_thresholds(home)
    return (_read(conversation, first, second, thresholds) for conversation in conversations)


def compare_labellers(
    home: Home, one: ModelVersion, other: ModelVersion, conversations: Iterable[Conversation]
) -> LabellersCompared:
    return count(read_twice(home, one, other, conversations))


def count(read: Iterable[ReadTwice]) -> LabellersCompared:
    """How often two versions differ in what they have read."""
    versions, said = ("", ""), {axis: Counter[tuple[str, str]]() for axis in AXES}
    conversations = messages = 0
    differences: list[Difference] = []
    apart: list[ConversationCompared] = []
    for each in read:
        versions = (each.one.version, each.other.version)
        conversations, messages = conversations + 1, messages + len(each.conversation.messages)
        for label in each.said:
            said[label.axis][label.one, label.other] += 1
        if each.differences:
            differences += each.differences
            apart.append(_apart(each))
    apart.sort(key=lambda found: (-found.share, -sum(found.axes.values()), found.conversation))
    axes = tuple(_axis(axis, said[axis]) for axis in AXES)
    return LabellersCompared(*versions, conversations, messages, axes, tuple(differences), tuple(apart))


def cohens_kappa(said: Mapping[tuple[str, str], int]) -> float | None:
    """Agreement beyond chance (Cohen 1960), by how often the one said this and the other that; None without any, or
    where both say one thing always.

    >>> cohens_kappa({("yes", "yes"): 20, ("yes", "no"): 5, ("no", "yes"): 10, ("no", "no"): 15})
    0.4
    """
    every = sum(said.values())
    ones, others = Counter[str](), Counter[str]()
    for (one, other), times in said.items():
        ones[one] += times
        others[other] += times
    alike = every * sum(times for (one, other), times in said.items() if one == other)
    chance = sum(times * others[label] for label, times in ones.items())
    return (alike - chance) / (every**2 - chance) if every**2 > chance else None


def _axis(axis: str, said: Counter[tuple[str, str]]) -> AxisCompared:
    differ = sum(times for (one, other), times in said.items() if one != other)
    return AxisCompared(axis, said.total(), differ, None if axis == FLAG else cohens_kappa(said))


def _apart(read: ReadTwice) -> ConversationCompared:
    said, differ = read.conversation, Counter(each.axis for each in read.differences)
    return ConversationCompared(said.id, len(said.messages), len(read.differ_in), {axis: differ[axis] for axis in AXES})


def _read(conversation: Conversation, first: Labeller, second: Labeller, thresholds: Thresholds) -> ReadTwice:
    (mine, my_flags), (yours, your_flags) = (
        label_and_flag(conversation, labeller, thresholds, online=False) for labeller in (first, second)
    )
    said = (*_labels(mine, yours), *_flags(my_flags, your_flags))
    return ReadTwice(conversation, mine, yours, tuple(Difference(conversation.id, *each) for each in said))


def _labels(mine: LabelledConversation, yours: LabelledConversation) -> Iterator[tuple[str, str, str, str]]:
    """For each label that either version gave: of which message, on which axis, and both."""
    for one, other in zip(mine.messages, yours.messages, strict=True):
        for axis, label, label_of_other in _pairs(one, other):
            if label or label_of_other:
                yield one.id, axis, label or NOT_ASSESSED, label_of_other or NOT_ASSESSED


def _pairs(one: LabelledMessage, other: LabelledMessage) -> Iterator[tuple[str, str, str]]:
    yield PHASE, str(one.phase or ""), str(other.phase or "")
    yield ACTS, " + ".join(sorted(_acts(one))), " + ".join(sorted(_acts(other)))
    yield FIRST_ACT, "".join(_acts(one)[:1]), "".join(_acts(other)[:1])
    yield RISK, _risk(one), _risk(other)


def _acts(label: LabelledMessage) -> list[str]:
    return [str(each.act) for each in label.acts or ()]


def _risk(label: LabelledMessage) -> str:
    return str(label.risk.level) if label.risk else ""


def _flags(mine: Sequence[Flag], yours: Sequence[Flag]) -> Iterator[tuple[str, str, str, str]]:
    first, second = ({flag.rule for flag in flags} for flags in (mine, yours))
    for rule in sorted(first | second):
        one, other = (RAISED if rule in rules else NOT_RAISED for rules in (first, second))
        yield rule, FLAG, one, other
