"""What a trace shows of the counselor: their messages, each with what the texter had written before it.

Feedback, rubric and debrief read a session only through this; everything points back at turns by their number."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from nightlight.conversations.cards import Card
from nightlight.conversations.labels import CounselorAct, Plan, Rung, Thoughts, Timeframe, Topic
from nightlight.labelling.cues import has_risk_cue
from nightlight.simulator.planning import HANDED_OVER
from nightlight.simulator.session import SupervisorCalled, Turn

RISK_ACTS = frozenset(act for act in CounselorAct if act.startswith("risk_"))
LADDER = {
    Rung.THOUGHTS: CounselorAct.RISK_THOUGHTS,
    Rung.PLAN: CounselorAct.RISK_PLAN,
    Rung.MEANS: CounselorAct.RISK_MEANS,
    Rung.TIMEFRAME: CounselorAct.RISK_TIMEFRAME,
}
"""The rungs in their order, each with the act that asks for it."""
REFLECTIONS = frozenset(
    {CounselorAct.REFLECTION, CounselorAct.COMPLEX_REFLECTION, CounselorAct.FEELING, CounselorAct.SUMMARY}
)
CLOSED_QUESTIONS = frozenset({CounselorAct.CLOSED_QUESTION, CounselorAct.CLARIFY, CounselorAct.AGE_NAME})
QUESTIONS = CLOSED_QUESTIONS | {
    CounselorAct.OPEN_QUESTION,
    CounselorAct.WHY_QUESTION,
    CounselorAct.STACKED_QUESTIONS,
    CounselorAct.INTERROGATE,
}
REPLY_SECONDS = 180.0  # within which a texter should hear back
FEW_WORDS = 2  # "Okay.", "I see.": no answer to what was told
MOST_QUOTED = 80  # characters of a message that a quotation shows


@dataclass(frozen=True)
class Message:
    """A counselor's message: the `number`-th of theirs from 1, in `turn`; `heard` is what the texter had written
    since the counselor's message before it."""

    number: int
    turn: Turn
    heard: tuple[str, ...]

    @property
    def text(self) -> str:
        return self.turn.counselor

    @cached_property
    def acts(self) -> dict[CounselorAct, float]:
        """Its acts, each with its probability."""
        return {labelled.act: labelled.probability for labelled in self.turn.acts}

    def does(self, *acts: CounselorAct, sure: float = 0.0) -> bool:
        """Whether it does any of these acts, by a labeller at least this sure."""
        return any(self.acts.get(act, -1.0) >= sure for act in acts)

    @cached_property
    def cue(self) -> str:
        """The texter's last message before it that holds a risk cue, "" when none does."""
        return next((text for text in reversed(self.heard) if _holds_cue(text)), "")

    @cached_property
    def only_asks(self) -> bool:
        """Whether it is nothing but questions, by its marks: what it lacks is then sure, whatever the labels say."""
        said = [sentence for sentence in _sentences(self.text) if not sentence.endswith("?")]
        return "?" in self.text and sum(len(sentence.split()) for sentence in said) <= FEW_WORDS

    @property
    def asks_risk(self) -> bool:
        return self.does(*RISK_ACTS)


@lru_cache(maxsize=4096)
def _holds_cue(text: str) -> bool:
    return has_risk_cue(text)


def messages_of(turns: Sequence[Turn]) -> tuple[Message, ...]:
    """The counselor's messages in order."""
    found: list[Message] = []
    heard: list[str] = []
    for turn in turns:
        if turn.counselor:
            found.append(Message(len(found) + 1, turn, tuple(heard)))
            heard = []
        heard += (reply.text for reply in turn.replies)
    return tuple(found)


def quote(text: str, *, question: bool = False, shows: re.Pattern[str] | None = None) -> str:
    """The part of a message that is quoted back, cut to a line: the sentence that `shows` it, else its last question
    or the longer of its first two statements.

    >>> quote("I'm sorry. That's a lot to carry. What happened then?", question=True)
    'What happened then?'
    >>> quote("Oh no. You should call her.", shows=re.compile("should"))
    'You should call her.'
    """
    sentences = _sentences(text)
    showing = [sentence for sentence in sentences if shows and shows.search(sentence)]
    asked = [sentence for sentence in sentences if sentence.endswith("?")]
    stated = [sentence for sentence in sentences if not sentence.endswith("?")] or sentences
    chosen = showing[0] if showing else asked[-1] if question and asked else max(stated[:2], key=len)
    if len(chosen) <= MOST_QUOTED:
        return chosen
    return chosen[: MOST_QUOTED - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+|\n+", text) if part.strip()] or [text.strip()]


def reply_times(turns: Iterable[Turn]) -> tuple[tuple[Turn, float], ...]:
    """Each message of the counselor that answers one, with the seconds that the texter had waited for it.

    The wait begins with the end of the first words left unanswered: asking "are you there" does not shorten it.
    """
    found = []
    since: float | None = None
    for turn in turns:
        if turn.counselor and turn.event:
            found += [] if since is None else [(turn, max(0.0, turn.event.at - since))]
            since = None
        if turn.replies and since is None:
            since = turn.heard_at
    return tuple(found)


def called_supervisor(turns: Iterable[Turn]) -> Turn | None:
    """The first turn that brought the supervisor in, by the button or by saying so to the texter.

    Telling the texter to call somebody is advice: it brings nobody in.
    """
    for turn in turns:
        acts = {labelled.act for labelled in turn.acts}
        if isinstance(turn.event, SupervisorCalled) or (
            CounselorAct.ESCALATE in acts and CounselorAct.ADVICE not in acts
        ):
            return turn
    return None


def rung_told(turns: Iterable[Turn], rung: Rung) -> Turn | None:
    """The first turn in which the texter told the truth on this rung, asked or not."""
    return next((turn for turn in turns if rung in turn.rungs), None)


def holds_thoughts(card: Card) -> bool:
    """Whether the truth about thoughts of suicide is more than no."""
    return card.risk.thoughts is not Thoughts.NONE


def is_about_another(card: Card) -> bool:
    """Whether the ladder of this card is about somebody else than the texter."""
    return Topic.THIRD_PARTY in card.topics


def needs_supervisor(card: Card) -> bool:
    return card.expected in HANDED_OVER


def calls_for_ladder(card: Card) -> bool:
    """Whether there are thoughts to ask about further; what happens right now needs help instead."""
    return holds_thoughts(card) and not is_urgent(card)


def is_urgent(card: Card) -> bool:
    return card.risk.in_progress or card.risk.timeframe is Timeframe.NOW


def is_high_risk(card: Card) -> bool:
    """Whether a session with this card must not simply stop: there is a plan or a time, or it has begun."""
    risk = card.risk
    near = risk.timeframe in (Timeframe.DAYS, Timeframe.WITHIN_48H, Timeframe.NOW)
    return (
        risk.in_progress
        or needs_supervisor(card)
        or (risk.thoughts is Thoughts.ACTIVE and (near or risk.plan is not Plan.NONE))
    )
