"""Two versions of a texter as the same card: what both answer to the same counselor's messages. All is invented."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nightlight.errors import NightlightError
from nightlight.operations.model_suites import WRITERS, generator_of
from nightlight.practice.cards import PlayedCard
from nightlight.registry.stored import ModelVersion
from nightlight.registry.versions import files_of
from nightlight.settings import Home
from nightlight.simulator.counselors import Kind, counselor, play
from nightlight.simulator.session import Session, Turn, replay
from nightlight.simulator.wording import Wording
from nightlight.simulator.wording.bank import LineBank
from nightlight.simulator.wording.generated import GeneratedWording


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
