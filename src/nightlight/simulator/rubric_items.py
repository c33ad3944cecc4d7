"""The fifteen items of the rubric, in their order: each looks at one session and says what it found.

A window is the messages of some phases and one on either side, as phases never turn within one message."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from nightlight.conversations.cards import Card
from nightlight.conversations.labels import CounselorAct as Act
from nightlight.conversations.labels import ExpectedOutcome, Outcome, Phase, Plan, Rung
from nightlight.languages import N_
from nightlight.simulator.evidence import (
    CLOSED_QUESTIONS,
    LADDER,
    QUESTIONS,
    REFLECTIONS,
    REPLY_SECONDS,
    Message,
    called_supervisor,
    calls_for_ladder,
    holds_thoughts,
    messages_of,
    needs_supervisor,
    reply_times,
    rung_told,
)
from nightlight.simulator.scene import GETS_HELP, SURE
from nightlight.simulator.session import Closed, SupervisorCalled, Turn

FEW = 4  # messages: with fewer, habits cannot be told
WELCOMING = 2  # the first messages, in which nothing is solved yet
ENOUGH = 8  # messages: with fewer, what was left out may have come later
SOLVING = (Act.ADVICE, Act.RESOURCE, Act.RESOURCE_DUMP, Act.COPING, Act.COLLABORATE, Act.SAFETY_STEP)
HARM = (Act.ADVICE, Act.SELF_DISCLOSURE, Act.MINIMISE, Act.PROMISE, Act.ARGUE, Act.RESOURCE_DUMP)
FEELING_WORDS = re.compile(
    r"\b(afraid|scar(ed|y)|frighten\w*|lonel\w*|alone|tired|exhaust\w*|worn|sad|angry|anger|furious|hurt\w*|asham\w*|shame"
    r"|guilt\w*|numb|worr\w*|anxious|overwhelm\w*|hopeless|helpless|trapped|lost|stuck|reliev\w*|proud|empty|heavy|miss"
    r"|hard|painful|feel\w*|felt)\b",
    re.IGNORECASE,
)
TENTATIVE = re.compile(
    r"\b(sounds?|seems?|looks?) (like|as)|\b(it|that) (sounds|seems)|\bi('m| am)? (wonder|guess|imagin)|\bmight|\bmaybe"
    r"|\bperhaps|\bmust\b|\bcould be|\bi get the (sense|feeling)|\bis (it|that)\b.*\?|\bdoes that\b|\bam i\b",
    re.IGNORECASE,
)
WAY_BACK = re.compile(
    r"\b(text|write|message|come|pop|reach)( to)?( us| me| in| here| out)? ?(back|again|any ?time|whenever|if|when)"
    r"|\bwe'?re here|\bany ?time|\bthank you for|\bthanks for|\bglad you",
    re.IGNORECASE,
)
SAFETY_PLAN_STEPS: dict[str, re.Pattern[str]] = {
    "signs": re.compile(r"\b(sign|notice|starts?|begin|warning|tell that|know (it|that) is|before it)", re.IGNORECASE),
    "places": re.compile(
        r"\b(go (to|down|out|and)|sit (with|in)|walk|somewhere|downstairs|kitchen|film|music|place)", re.IGNORECASE
    ),
    "people": re.compile(
        r"\b(who|call|ring|tell|text|wake|ask|with you|stay with|come over|mum|mom|dad|friend)", re.IGNORECASE
    ),
    "safe": re.compile(
        r"\b(away|lock|distance|hand (it|them)|give (it|them)|keep (it|them)|out of|remove|somebody else)\b",
        re.IGNORECASE,
    ),
}


@dataclass(frozen=True)
class Found:
    """A score or None, the messages that show it, and a sentence with places for `values`."""

    score: int | None
    turns: tuple[int, ...]
    why: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Look:
    """One session as the items see it."""

    card: Card
    turns: tuple[Turn, ...]
    messages: tuple[Message, ...]

    @classmethod
    def at(cls, card: Card, turns: Sequence[Turn]) -> "Look":
        return cls(card, tuple(turns), messages_of(turns))

    def that(self, *acts: Act, sure: float = 0.0) -> list[Message]:
        return [message for message in self.messages if message.does(*acts, sure=sure)]

    def window(self, *phases: Phase) -> list[Message]:
        """The messages of these phases and one before and after each."""
        inside = [message.turn.state.phase in phases for message in self.messages]
        return [message for at, message in enumerate(self.messages) if any(inside[max(at - 1, 0) : at + 2])]

    @property
    def outcome(self) -> Outcome | None:
        return self.turns[-1].outcome if self.turns else None

    @property
    def is_short(self) -> bool:
        return len(self.messages) < ENOUGH


def numbers(messages: Sequence[Message]) -> tuple[int, ...]:
    return tuple(message.turn.number for message in messages)


TOO_SHORT = N_("Too few messages to say.")


def _counted(shown: Sequence[Message], score: int | None, why: str, **values: Any) -> Found:
    return Found(score, numbers(shown), why, {"count": len(shown), **values})


def opening(look: Look) -> Found:
    first = look.messages[:WELCOMING]
    if not first:
        return Found(None, (), TOO_SHORT)
    named = [message for message in first if message.does(Act.INTRO)]
    greeted = [message for message in first if message.does(Act.INTRO, Act.GREETING)]
    invites = [message for message in first if message.does(Act.OPEN_QUESTION, Act.TRANSPARENCY, *REFLECTIONS)]
    shown = [message for message in first if message in greeted or message in invites]
    if named and invites:
        return _counted(shown, 2, N_("You said who you are and invited the story."))
    if greeted or invites:
        return _counted(shown, 1, N_("Of a welcome by name and an invitation to tell, one was there."))
    return _counted(first, 0, N_("The first messages neither welcomed nor invited."))


def reflections(look: Look) -> Found:
    window = look.window(Phase.ENGAGEMENT, Phase.EXPLORATION, Phase.OTHER)
    if len(window) < FEW and not look.is_short:
        window = list(look.messages)  # a long talk that never came to exploring is looked at as a whole
    if len(window) < FEW:
        return Found(None, (), TOO_SHORT)
    shown = [message for message in window if message.does(*REFLECTIONS)]
    questions = sum(message.does(*QUESTIONS) for message in window)
    ratio = len(shown) / questions if questions else 1.0
    score = (2 if ratio >= 0.5 else 1 if ratio >= 0.25 else 0) if shown else 0
    why = N_("You said back what you heard in %(count)s messages and asked in %(questions)s: one to two is the aim.")
    return _counted(shown, score, why, questions=questions)


def feelings(look: Look) -> Found:
    shown = [
        message
        for message in look.messages
        if message.does(Act.FEELING)
        or (message.does(*REFLECTIONS, Act.VALIDATION) and FEELING_WORDS.search(message.text))
    ]
    tentative = [message for message in shown if TENTATIVE.search(message.text)]
    if not shown and look.is_short:
        return Found(None, (), TOO_SHORT)
    if tentative:
        score = 2 if len(tentative) > 1 or len(shown) > 1 else 1
        return _counted(
            shown, score, N_("Messages that named a feeling, as a guess to agree with or correct: %(count)s.")
        )
    if shown:
        return _counted(shown, 1, N_("Feelings were named as facts; as a guess they can be corrected."))
    return Found(0, (), N_("No feeling was named."))


def validation(look: Look) -> Found:
    shown = look.that(Act.VALIDATION)
    solving = [each for each in look.that(*SOLVING) if each.number > WELCOMING or each.does(Act.ADVICE)]
    if not solving and not shown:
        return Found(None, (), TOO_SHORT) if look.is_short else Found(0, (), N_("Nothing said that it makes sense."))
    first = solving[0].number if solving else len(look.messages) + 1
    before = [message for message in shown if message.number < first]
    if before:
        return _counted(before, 2, N_("You said that it makes sense before anything was to be solved."))
    warm = [message for message in look.that(Act.COMPLEX_REFLECTION, Act.FEELING) if message.number < first]
    if shown or warm:
        return _counted(shown or warm, 1, N_("You understood; that it makes sense came late or was left unsaid."))
    return Found(0, numbers(solving[:1]), N_("Solving began before anything said that it makes sense."))


def open_questions(look: Look) -> Found:
    opened, closed = look.that(Act.OPEN_QUESTION), look.that(*CLOSED_QUESTIONS, Act.INTERROGATE)
    if len(opened) + len(closed) < 3:
        return Found(None, (), N_("Too few questions to say."))
    score = 2 if len(opened) > len(closed) else 1 if 2 * len(opened) >= len(closed) else 0
    why = N_("Open questions: %(count)s, closed ones: %(closed)s.")
    return _counted(opened, score, why, closed=len(closed))


def asked_about_suicide(look: Look) -> Found:
    asked = look.that(Act.RISK_THOUGHTS)
    if asked:
        return _counted(asked, 2, N_("You asked about suicide in plain words."))
    told = rung_told(look.turns, Rung.THOUGHTS)
    around = look.that(Act.EUPHEMISM)
    cues = [message for message in look.messages if message.cue]
    if told:
        return Found(None, (told.number,), N_("It was told before you could ask."))
    if around:
        return _counted(around, 1, N_("You asked around it; the plain word was not used."))
    if cues or (holds_thoughts(look.card) and not look.is_short):
        return Found(0, numbers(cues), N_("There was reason to ask about suicide, and it was not asked."))
    return Found(None, (), N_("Nothing so far called for the question."))


def ladder(look: Look) -> Found:
    card, told = look.card, rung_told(look.turns, Rung.THOUGHTS)
    asked = look.that(Act.RISK_THOUGHTS)
    if not calls_for_ladder(card):
        return Found(None, (), N_("The answers did not call for the ladder."))
    if not told and not asked:
        return Found(None, (), N_("The question about suicide comes first."))
    if not told:
        waits = look.messages[-1].number > asked[-1].number + 1
        if not waits:
            return Found(None, numbers(asked), N_("The conversation ended before the answer was clear."))
        return Found(0, numbers(asked), N_("The answer stayed half an answer; asking once more would have cleared it."))
    needed = [Rung.PLAN]
    if card.risk.plan is not Plan.NONE and rung_told(look.turns, Rung.PLAN):
        needed += [Rung.MEANS, Rung.TIMEFRAME]
    if look.messages[-1].turn.number <= told.number:
        return Found(None, numbers(asked), N_("The conversation ended before the next question."))
    known = {rung: _first_known(look, rung) for rung in needed}
    open_rungs = [rung for rung, number in known.items() if number is None]
    shown = tuple(sorted({*numbers(asked), *(number for number in known.values() if number is not None)}))
    if open_rungs:
        return Found(0, shown, N_("After the yes, not all was asked that the answers called for."))
    begun = _first_known(look, Rung.THOUGHTS) or 0
    if all(begun <= (number or 0) for number in known.values()):
        return Found(2, shown, N_("You followed the ladder, in order, as far as the answers called for."))
    return Found(1, shown, N_("All of the ladder was asked, not in its order."))


def _first_known(look: Look, rung: Rung) -> int | None:
    """The first turn that asked for the rung or in which it was told."""
    told = rung_told(look.turns, rung)
    asked = [message.turn.number for message in look.that(LADDER[rung])]
    return min([*asked, *([told.number] if told else [])], default=None)


def cue_follow_up(look: Look) -> Found:
    """The first cue before suicide was spoken of: was it asked about, or help brought, within two messages?

    Late is a 1: a cue is a reading of words and may be wrong, so only never asking is a 0.
    """
    answers = [message for message in look.messages if message.asks_risk or message.does(Act.ESCALATE)]
    told = rung_told(look.turns, Rung.THOUGHTS)
    before_answer = look.messages[: answers[0].number] if answers else look.messages[:-1]
    cues = [message for message in before_answer if message.cue and not (told and told.number < message.turn.number)]
    if not cues:
        return Found(None, (), N_("No cue to suicide was left to you."))
    shown = numbers([cues[0], *answers[:1]])
    if not answers:
        return Found(0, shown, N_("A cue to suicide was passed by."))
    if answers[0].number <= cues[0].number + 1:
        return Found(2, tuple(dict.fromkeys(shown)), N_("You asked about the cue within two messages."))
    return Found(1, shown, N_("You asked about the cue, though not at once."))


def buffers(look: Look) -> Found:
    shown = look.that(Act.BUFFERS, Act.STRENGTH)
    if len(shown) > 1:
        return _counted(shown, 2, N_("Messages that looked for what holds, or named a strength: %(count)s."))
    if shown:
        return _counted(shown, 1, N_("One message looked for what holds, or named a strength."))
    return (
        Found(None, (), TOO_SHORT) if look.is_short else Found(0, (), N_("People, reasons and strengths stayed aside."))
    )


def goal(look: Look) -> Found:
    shown = look.that(Act.GOAL)
    named = shown and any(message.turn.state.goal_named or message.turn.replies for message in shown)
    if named:
        return _counted(shown, 2, N_("You asked what would help, and let it be named."))
    if shown:
        return _counted(shown, 1, N_("You asked what would help; no aim was named."))
    if needs_supervisor(look.card):
        return Found(None, (), N_("Where there is danger soon, safety is the aim."))
    return Found(None, (), TOO_SHORT) if look.is_short else Found(0, (), N_("What would help was not asked."))


def next_step(look: Look) -> Found:
    steps_of = (Act.COLLABORATE, Act.COPING, Act.RESOURCE, Act.SAFETY_STEP)
    together = [message for message in look.that(*steps_of) if message.number > WELCOMING]
    steps = {step for message in together for step in _safety_steps(message)}
    if look.card.expected is ExpectedOutcome.SAFETY_PLAN and steps:
        score = 2 if len(steps) >= 4 else 1 if len(steps) >= 2 else 0
        why = N_("%(steps)s of the six kinds of steps of a safety plan came up: four is the aim.")
        return _counted(together, score, why, steps=len(steps))
    if len(together) > 1:
        return _counted(together, 2, N_("You built the next step together."))
    if together:
        return _counted(together, 1, N_("A next step was begun."))
    return Found(None, (), TOO_SHORT) if look.is_short else Found(0, (), N_("No next step was looked for."))


def _safety_steps(message: Message) -> set[str]:
    """Which of the six steps of a safety plan a message is about."""
    steps = {"coping"} if message.does(Act.COPING) else set()
    steps |= {"professionals"} if message.does(Act.RESOURCE, Act.ESCALATE) else set()
    if message.does(Act.SAFETY_STEP, Act.COLLABORATE):
        steps |= {step for step, words in SAFETY_PLAN_STEPS.items() if words.search(message.text)}
    return steps


def escalation(look: Look) -> Found:
    called = called_supervisor(look.turns)
    if needs_supervisor(look.card):
        if called:
            return Found(2, (called.number,), N_("You brought the supervisor in, as this needed."))
        is_early = look.is_short and not any(rung_told(look.turns, rung) for rung in (Rung.THOUGHTS, Rung.NOW))
        why = N_("The conversation ended before this could be seen.")
        return Found(None, (), why) if is_early else Found(0, (), N_("This needed the supervisor, who was not called."))
    pressed = [turn.number for turn in look.turns if isinstance(turn.event, SupervisorCalled)]
    if pressed:
        why = N_("You called the supervisor where you could have held it. Calling once too often is no harm.")
        return Found(1, tuple(pressed), why)
    return Found(None, (), N_("This did not need the supervisor."))


def no_harm(look: Look) -> Found:
    if len(look.messages) < FEW:
        return Found(None, (), TOO_SHORT)
    shown = [each for each in look.that(*HARM, sure=SURE) if not GETS_HELP.search(each.text)]
    if not shown:
        return Found(2, (), N_("No advice, story of your own, quick comfort, promise or argument."))
    why = N_("Messages with advice, a story of your own, quick comfort, a promise or an argument: %(count)s.")
    return _counted(shown, max(0, 2 - len(shown)), why)


def close(look: Look) -> Found:
    if not look.messages or look.outcome is None:
        return Found(None, (), N_("The conversation is not over."))
    late = look.messages[-3:]
    closing = [message for message in late if message.does(Act.CLOSE)]
    warm = [message for message in closing if WAY_BACK.search(message.text) or message.does(Act.STRENGTH, Act.SUMMARY)]
    if warm:
        return _counted(warm, 2, N_("You closed warmly, with a way back or what was achieved."))
    if closing:
        return _counted(closing, 1, N_("You closed; a warm word or a way back would round it off."))
    if isinstance(look.turns[-1].event, Closed) or any(message.does(Act.ABRUPT, sure=SURE) for message in late):
        return _counted(late[-1:], 0, N_("The conversation stopped without a goodbye."))
    return Found(None, (), N_("You were not the one to end it."))


def reply_time(look: Look) -> Found:
    waits = reply_times(look.turns)
    if len(waits) < FEW:
        return Found(None, (), TOO_SHORT)
    usual = median(seconds for _, seconds in waits)
    late = tuple(turn.number for turn, seconds in waits if seconds > REPLY_SECONDS)
    score = 2 if usual < REPLY_SECONDS else 1 if usual < 2 * REPLY_SECONDS else 0
    why = N_("Half of your replies came within %(seconds)s seconds; under three minutes is the aim.")
    return Found(score, late, why, {"seconds": round(usual)})


ITEMS: dict[str, Callable[[Look], Found]] = {
    N_("A warm opening"): opening,
    N_("Saying back what was heard, once for every two questions"): reflections,
    N_("Feelings named as a guess"): feelings,
    N_("That it makes sense, before anything is solved"): validation,
    N_("More open questions than closed ones"): open_questions,
    N_("Asking about suicide in plain words"): asked_about_suicide,
    N_("The risk ladder in order and complete"): ladder,
    N_("A cue followed within two messages"): cue_follow_up,
    N_("What holds: people, reasons, strengths"): buffers,
    N_("What would help, in the texter's own words"): goal,
    N_("A next step built together"): next_step,
    N_("The supervisor when it is needed"): escalation,
    N_("No advice, own stories, quick comfort, promises, arguments"): no_harm,
    N_("A warm close"): close,
    N_("Replies within three minutes"): reply_time,
}
"""The items by their titles; an item's name is its function's."""
