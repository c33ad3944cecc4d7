"""Two versions of a model given the same: labels of the same conversations, lines to the same counselor's messages.

Of labels only ids and counts come out, so that the answer can be passed on; what played texters say is invented."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from nightlight.conversations.conversation import Conversation
from nightlight.errors import NightlightError
from nightlight.labelling.conversation import LabelledConversation, LabelledMessage, Labeller
from nightlight.labelling.serving import model_of
from nightlight.operations.model_suites import WRITERS, generator_of
from nightlight.practice.cards import PlayedCard
from nightlight.quality.flags.declared import Flag
from nightlight.quality.flags.thresholds import Thresholds, read_thresholds
from nightlight.quality.labelled import label_and_flag
from nightlight.registry.stored import ModelVersion
from nightlight.registry.versions import files_of
from nightlight.settings import Home
from nightlight.simulator.counselors import Kind, counselor, play
from nightlight.simulator.session import Session, Turn, replay
from nightlight.simulator.wording import Wording
from nightlight.simulator.wording.bank import LineBank
from nightlight.simulator.wording.generated import GeneratedWording

ACT, PHASE, RISK, FLAG = AXES = ("first act", "phase", "risk", "flag")
NOT_ASSESSED, RAISED, NOT_RAISED = "not assessed", "raised", "not raised"


@dataclass(frozen=True)
class Difference:
    """What two versions read otherwise: a message's first act, phase or risk, or whether a conversation has a flag,
    whose rule stands in the place of the message then."""

    conversation: str
    place: str
    axis: str
    one: str
    other: str


@dataclass(frozen=True)
class AxisCompared:
    """`asked`: how many messages either version assessed, or how many flags either raised; `differ`: of these."""

    axis: str
    asked: int
    differ: int

    @property
    def share(self) -> float:
        return self.differ / self.asked if self.asked else 0.0


@dataclass(frozen=True)
class Turned:
    """How often `one` of the first version was `other` of the second."""

    axis: str
    one: str
    other: str
    times: int


@dataclass(frozen=True)
class LabellersCompared:
    """`one`, `other`: the versions of the labels."""

    one: str
    other: str
    conversations: int
    messages: int
    axes: tuple[AxisCompared, ...]
    differences: tuple[Difference, ...]

    @property
    def turned(self) -> list[Turned]:
        """Which label became which, the most frequent first; flags by their rule."""
        counted = Counter(
            (each.axis, *((each.one, each.other) if each.axis != FLAG else (f"{each.place} {each.one}", each.other)))
            for each in self.differences
        )
        return [Turned(*key, times) for key, times in sorted(counted.items(), key=lambda item: (-item[1], item[0]))]


def compare_labellers(
    home: Home, one: ModelVersion, other: ModelVersion, conversations: Iterable[Conversation]
) -> LabellersCompared:
    """Both versions' labels and flags of these conversations; raises NightlightError where one cannot be read."""
    first, second = (Labeller(model_of(home, version)) for version in (one, other))
    thresholds = read_thresholds(home)
    asked: Counter[str] = Counter()
    found: list[Difference] = []
    read = messages = 0
    for conversation in conversations:
        read, messages = read + 1, messages + len(conversation.messages)
        for axis, difference in _differences(conversation, first, second, thresholds):
            asked[axis] += 1
            if difference is not None:
                found.append(difference)
    differ = Counter(each.axis for each in found)
    axes = tuple(AxisCompared(axis, asked[axis], differ[axis]) for axis in AXES)
    return LabellersCompared(first.version, second.version, read, messages, axes, tuple(found))


@dataclass(frozen=True)
class Answer:
    """What a played texter wrote in one turn. `own`: how many of its lines the model said in its own words; `refused`:
    why it did not say others."""

    messages: tuple[str, ...]
    own: int
    refused: tuple[str, ...]


@dataclass(frozen=True)
class AnsweredTwice:
    """A counselor's message ("" for the opening, or for silence) and what both versions answered."""

    counselor: str
    one: Answer
    other: Answer

    @property
    def is_same(self) -> bool:
        return self.one.messages == self.other.messages


@dataclass(frozen=True)
class TextersCompared:
    """`one`, `other`: the versions, as in prod/pocket/3."""

    one: str
    other: str
    card: str
    seed: int
    turns: tuple[AnsweredTwice, ...]

    @property
    def differ(self) -> int:
        return sum(not turn.is_same for turn in self.turns)

    @property
    def own(self) -> tuple[int, int]:
        """How many lines each of them said in its own words."""
        one, other = (sum(each.own for each in answers) for answers in self._answers)
        return one, other

    @property
    def refused(self) -> tuple[Counter[str], Counter[str]]:
        """Why the card's own line stood in place of each of them, and how often."""
        one, other = ([reason for each in answers for reason in each.refused] for answers in self._answers)
        return Counter(one), Counter(other)

    @property
    def _answers(self) -> tuple[list[Answer], list[Answer]]:
        return [turn.one for turn in self.turns], [turn.other for turn in self.turns]


def compare_texters(
    home: Home, one: ModelVersion, other: ModelVersion, played: PlayedCard, *, seed: int = 1
) -> TextersCompared:
    """Both versions as the texter of one card, spoken to by the same scripted counselor: each is told the same, and
    what it may tell is the same (a minute of CPU at most)."""
    wordings = [_wording(home, version) for version in (one, other)]
    return answered_twice(wordings, (one.label, other.label), played, seed)


def answered_twice(
    wordings: Sequence[Wording], names: tuple[str, str], played: PlayedCard, seed: int
) -> TextersCompared:
    """What two wordings say to the messages of a good counselor, who hears the card's own lines."""
    heard = _fresh(played, seed, LineBank())
    play(heard, counselor(Kind.GOOD, seed=seed)(heard))
    events = [(turn.event, turn.acts) for turn in heard.turns if turn.event is not None]
    first, second = (replay(_fresh(played, seed, wording), events).turns for wording in wordings)
    turns = tuple(
        AnsweredTwice(mine.counselor, _answer(mine), _answer(yours)) for mine, yours in zip(first, second, strict=False)
    )
    return TextersCompared(*names, played.card.id, seed, turns)


def _differences(
    conversation: Conversation, first: Labeller, second: Labeller, thresholds: Thresholds
) -> Iterator[tuple[str, Difference | None]]:
    """For each label that either version gave: its axis, and the difference if there is one."""
    (mine, my_flags), (yours, your_flags) = (
        label_and_flag(conversation, labeller, thresholds, online=False) for labeller in (first, second)
    )
    for place, axis, one, other in (*_labels(mine, yours), *_flags(my_flags, your_flags)):
        yield axis, Difference(conversation.id, place, axis, one, other) if one != other else None


def _labels(mine: LabelledConversation, yours: LabelledConversation) -> Iterator[tuple[str, str, str, str]]:
    for one, other in zip(mine.messages, yours.messages, strict=True):
        for axis, (label, label_of_other) in _pairs(one, other):
            if label or label_of_other:
                yield one.id, axis, label or NOT_ASSESSED, label_of_other or NOT_ASSESSED


def _pairs(one: LabelledMessage, other: LabelledMessage) -> Iterator[tuple[str, tuple[str, str]]]:
    yield PHASE, (str(one.phase or ""), str(other.phase or ""))
    yield ACT, (_first_act(one), _first_act(other))
    yield RISK, (_risk(one), _risk(other))


def _first_act(label: LabelledMessage) -> str:
    return str(label.acts[0].act) if label.acts else ""


def _risk(label: LabelledMessage) -> str:
    return str(label.risk.level) if label.risk else ""


def _flags(mine: Sequence[Flag], yours: Sequence[Flag]) -> Iterator[tuple[str, str, str, str]]:
    first, second = ({flag.rule for flag in flags} for flags in (mine, yours))
    for rule in sorted(first | second):
        one, other = (RAISED if rule in rules else NOT_RAISED for rules in (first, second))
        yield rule, FLAG, one, other


def _fresh(played: PlayedCard, seed: int, wording: Wording) -> Session:
    from nightlight.labelling.acts import shipped_labeller

    return Session(played.card, seed=seed, labeller=shipped_labeller(), wording=wording, principles=played.principles)


def _wording(home: Home, version: ModelVersion) -> GeneratedWording:
    if version.name not in WRITERS:
        raise NightlightError(f"'{version.name}' writes nothing", remedy=f"compare versions of {' or '.join(WRITERS)}")
    return GeneratedWording(generator_of(home, version, files_of(home, version)), LineBank())


def _answer(turn: Turn) -> Answer:
    refused = tuple(each.refused for each in turn.worded if each.refused)
    return Answer(tuple(reply.text for reply in turn.replies), sum(bool(each.by) for each in turn.worded), refused)
