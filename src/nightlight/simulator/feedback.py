"""A word to the trainee while they practise: what you did, what this moment needs, one thing to try.

At most every second message, never more than one criticism, and what concerns risk before everything else. The lines
to try are questions of the card for what the texter is ready to tell, or the lines of `lessons`: none is made up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nightlight.conversations.cards import Card
from nightlight.simulator.evidence import Message, messages_of
from nightlight.simulator.lessons import CRITICISMS, PRAISES, Lesson
from nightlight.simulator.scene import Scene
from nightlight.simulator.session import Turn

PRAISE_EVERY = 3  # messages without a word before praise comes; a criticism may come at every second message


class Mode(StrEnum):
    OFF = "off"
    NUDGE = "nudge"
    COACH = "coach"


@dataclass(frozen=True)
class Feedback:
    """`did` quotes the trainee; `needed` is the goal of this moment; `attempt` one thing to try (JSON key `try`).

    A nudge has `needed` only; praise nothing to try. `kind` names the situation, for counting.
    """

    did: str
    needed: str
    attempt: str
    is_criticism: bool
    kind: str = ""


@dataclass(frozen=True)
class Remark:
    """A lesson that a message calls for."""

    lesson: Lesson
    scene: Scene
    is_criticism: bool

    @property
    def message(self) -> Message:
        return self.scene.last

    def feedback(self, mode: Mode, *, earlier: int = 0, say: Callable[[str], str] = str) -> Feedback:
        """In the words of a mode; `earlier`: how often this lesson was given before, so that the line differs."""
        lesson = self.lesson
        if mode is Mode.NUDGE:
            return Feedback("", lesson.needed_in(self.scene, say), "", self.is_criticism, lesson.kind)
        return Feedback(
            lesson.did_in(self.scene, say),
            lesson.needed_in(self.scene, say),
            lesson.attempt_in(self.scene, earlier) if self.is_criticism else "",
            self.is_criticism,
            lesson.kind,
        )


def feedback_on(card: Card, turns: Sequence[Turn], mode: Mode, *, say: Callable[[str], str] = str) -> Feedback | None:
    """The word on the last of these turns, or None: at most one criticism, at most every second message.

    `say` translates the sentences; quotations and lines to try stay in the language of the card.
    """
    if mode is Mode.OFF or not turns or not turns[-1].counselor:
        return None
    given = words_given(card, turns)
    remark = given[-1]
    if remark is None:
        return None
    earlier = sum(each is not None and each.lesson.kind == remark.lesson.kind for each in given[:-1])
    return remark.feedback(mode, earlier=earlier, say=say)


def words_given(card: Card, turns: Sequence[Turn]) -> list[Remark | None]:
    """For each message of the counselor in order: the remark that is made on it, None for none."""
    messages = messages_of(turns)
    given: list[Remark | None] = []
    for number in range(1, len(messages) + 1):
        given.append(_word(Scene(card, messages[:number], tuple(turns)), given))
    return given


def _word(scene: Scene, given: list[Remark | None]) -> Remark | None:
    if given and given[-1] is not None:
        return None
    if criticism := criticism_of(scene):
        return criticism
    praise = praise_of(scene)
    if praise is None or (scene.cue and not praise.lesson.about_risk):
        return None  # praise now would keep the next message from hearing about the cue
    last = next((each for each in reversed(given) if each is not None), None)
    is_new = last is None or last.lesson.kind != praise.lesson.kind
    rested = all(each is None for each in given[-PRAISE_EVERY:])
    return praise if praise.lesson.about_risk or (is_new and rested) else None


def criticism_of(scene: Scene) -> Remark | None:
    """What the last message of the scene most needs to hear, in the order of `CRITICISMS`."""
    return next((Remark(lesson, scene, True) for lesson in CRITICISMS if lesson.fits(scene)), None)


def praise_of(scene: Scene) -> Remark | None:
    return next((Remark(lesson, scene, False) for lesson in PRAISES if lesson.fits(scene)), None)
