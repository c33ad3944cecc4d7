"""The lessons of feedback, in the order they come first, each with what it needs to fit and lines to try.

A lesson says "it might help to", never "you failed"; it quotes the counselor and leaves the texter's story alone."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nightlight.conversations.cards import Card
from nightlight.conversations.labels import HARMFUL_ACTS, Rung
from nightlight.conversations.labels import CounselorAct as Act
from nightlight.languages import N_
from nightlight.simulator import scene as told_by
from nightlight.simulator.evidence import (
    CLOSED_QUESTIONS,
    LADDER,
    Message,
    called_supervisor,
    calls_for_ladder,
    is_about_another,
    needs_supervisor,
    quote,
)
from nightlight.simulator.lines_to_try import (
    ASK_ABOUT_ANOTHER,
    ASK_AGAIN,
    ASK_NEXT,
    ASK_NEXT_ABOUT_ANOTHER,
    ASK_OPENLY,
    ASK_PLAINLY,
    BACK_TO_YOU,
    BEFORE_GOODBYE,
    BRING_IN,
    HONEST,
    MAKES_SENSE,
    NO_DETAILS,
    PERMISSION,
    SAY_BACK,
    UNDERSTOOD_WRONG,
    WITHOUT_WHY,
)
from nightlight.simulator.scene import SURE, Scene, next_rung
from nightlight.simulator.session import Turn
from nightlight.simulator.state import RungStatus

VERY_SURE = 0.75  # where the word is a heavy one
MOST_QUOTED_CUE = 60  # characters: longer words of the texter are not put into a line to try


@dataclass(frozen=True)
class Lesson:
    """`did` has a place for the {quote}; `needed` says what the moment needs; `attempts` are lines to try.

    `about_risk`: may come as soon as a message may be spoken to. `question`: the message's question is quoted;
    `shows`: the sentence with these words is.
    """

    kind: str
    fits: Callable[[Scene], bool]
    did: str
    needed: str | Callable[[Scene], str]
    attempts: tuple[str, ...] | Callable[[Scene], Sequence[str]] = ()
    about_risk: bool = False
    question: bool = False
    shows: re.Pattern[str] | None = None

    def did_in(self, scene: Scene, say: Callable[[str], str] = str) -> str:
        return say(self.did) % {"quote": quote(scene.last.text, question=self.question, shows=self.shows)}

    def needed_in(self, scene: Scene, say: Callable[[str], str] = str) -> str:
        return say(self.needed if isinstance(self.needed, str) else self.needed(scene))

    def attempt_in(self, scene: Scene, earlier: int) -> str:
        """A line to try, another one each time."""
        lines = self.attempts if isinstance(self.attempts, tuple) else self.attempts(scene)
        return lines[(earlier + scene.last.number) % len(lines)] if lines else ""


RUNG_NEEDED = {
    Rung.PLAN: N_("Thoughts of suicide have been named. It might help to ask whether there is a plan."),
    Rung.MEANS: N_("There is a plan. It might help to ask whether what it needs is within reach."),
    Rung.TIMEFRAME: N_("There is a plan. It might help to ask when: tonight, or in the next days."),
}


def _ask_plainly(scene: Scene) -> Sequence[str]:
    if is_about_another(scene.card):
        return ASK_ABOUT_ANOTHER
    cue = scene.cue.rstrip(".!?… ")
    in_their_words = [f'When you say "{cue}", are you thinking of suicide?'] if 0 < len(cue) <= MOST_QUOTED_CUE else []
    return in_their_words or ASK_PLAINLY


def _ask_next(scene: Scene) -> Sequence[str]:
    if is_about_another(scene.card):
        return ASK_NEXT_ABOUT_ANOTHER
    return ASK_NEXT[scene.missing_rung] if scene.missing_rung else ()


def _ask_openly(scene: Scene) -> Sequence[str]:
    """The card's own questions for what the texter is ready to tell, else our open ones."""
    return scene.open_asks() or ASK_OPENLY


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b({pattern})\b", re.IGNORECASE)


def _does(*acts: Act) -> Callable[[Scene], bool]:
    return lambda scene: scene.last.does(*acts, sure=SURE)


CRITICISMS: tuple[Lesson, ...] = (
    Lesson(
        "danger_alone",
        told_by.holds_danger_alone,
        N_("You stayed with it yourself: “%(quote)s”"),
        N_("There is danger soon. It might help to bring the supervisor in now, and to say so openly."),
        BRING_IN,
        about_risk=True,
    ),
    Lesson(
        "unanswered_cue",
        told_by.leaves_cue,
        N_("You went on with: “%(quote)s”"),
        N_("What was said just before may be about suicide. It might help to ask about it now, in plain words."),
        _ask_plainly,
        about_risk=True,
    ),
    Lesson(
        "graphic_probe",
        lambda scene: scene.last.does(Act.GRAPHIC_PROBE, sure=VERY_SURE),
        N_("You asked for details: “%(quote)s”"),
        N_("Details of it are not needed, and can hurt. It might help to turn back to the person."),
        NO_DETAILS,
        about_risk=True,
        question=True,
    ),
    Lesson(
        "euphemism",
        lambda scene: scene.last.does(Act.EUPHEMISM, sure=SURE) and not scene.last.does(Act.RISK_THOUGHTS),
        N_("You asked around it: “%(quote)s”"),
        N_("A soft question is easy to say no to. It might help to use the word suicide and leave the answer open."),
        _ask_plainly,
        about_risk=True,
        question=True,
    ),
    Lesson(
        "hedged",
        told_by.leaves_hedge,
        N_("You went on with: “%(quote)s”"),
        N_("That was half an answer about suicide. It might help to ask once more, kindly and plainly."),
        lambda scene: ASK_ABOUT_ANOTHER if is_about_another(scene.card) else ASK_AGAIN,
        about_risk=True,
    ),
    Lesson(
        "ladder_order",
        told_by.skips_thoughts,
        N_("You asked: “%(quote)s”"),
        N_("Thoughts come first, then plan, means and when. It might help to ask about thoughts of suicide first."),
        _ask_plainly,
        about_risk=True,
        question=True,
    ),
    Lesson(
        "ladder_next",
        told_by.stops_on_ladder,
        N_("You went on with: “%(quote)s”"),
        lambda scene: RUNG_NEEDED[scene.missing_rung or Rung.PLAN],
        _ask_next,
        about_risk=True,
    ),
    Lesson(
        "advice",
        told_by.advises,
        N_("You gave advice: “%(quote)s”"),
        N_("Advice can close the story before it is told. It might help to stay with it a little longer."),
        _ask_openly,
        shows=_words(r"you (should|need|have to|must|could|ought|can)|try|why don'?t|just|if i were|best"),
    ),
    Lesson(
        "resource_dump",
        _does(Act.RESOURCE_DUMP),
        N_("You sent places to go: “%(quote)s”"),
        N_("Links can feel like being sent away. It might help to ask first, and to say why you thought of it."),
        PERMISSION,
        shows=_words(r"links?|number|helpline|website|app|page|call"),
    ),
    Lesson(
        "stacked_questions",
        _does(Act.STACKED_QUESTIONS),
        N_("You asked several things at once: “%(quote)s”"),
        N_("On a phone one question is enough. It might help to ask the one that matters most."),
        _ask_openly,
        question=True,
    ),
    Lesson(
        "why_question",
        told_by.asks_why,
        N_("You asked why: “%(quote)s”"),
        N_("“Why” can sound like blame. It might help to ask what or how."),
        WITHOUT_WHY,
        question=True,
        shows=_words(r"why"),
    ),
    Lesson(
        "minimise",
        _does(Act.MINIMISE),
        N_("You wrote: “%(quote)s”"),
        N_("Comfort that comes quickly can leave someone alone with it. It might help to say that it makes sense."),
        MAKES_SENSE,
        shows=_words(
            r"at least|could be worse|worse|not that bad|every(one|body)|cheer|all the time|used to|positive|fine"
        ),
    ),
    Lesson(
        "argue",
        _does(Act.ARGUE),
        N_("You held against it: “%(quote)s”"),
        N_("An argument costs trust even when it is right. It might help to ask how it looks from there."),
        UNDERSTOOD_WRONG,
        shows=_words(r"not true|no|disagree|wrong|but|exaggerat\w*"),
    ),
    Lesson(
        "self_disclosure",
        _does(Act.SELF_DISCLOSURE),
        N_("You told something of your own: “%(quote)s”"),
        N_("The time here is the texter's. It might help to turn back to their story."),
        BACK_TO_YOU,
        shows=_words(r"i|i'(m|ve|d)|my|me|mine"),
    ),
    Lesson(
        "promise",
        _does(Act.PROMISE),
        N_("You promised: “%(quote)s”"),
        N_("Nobody can promise that. It might help to say what is true: that you are here now."),
        HONEST,
        shows=_words(r"promise|swear|guarantee|will be|will get|never tell|won'?t tell"),
    ),
    Lesson(
        "questions_only",
        lambda scene: told_by.only_asks(scene) and not told_by.interrogates(scene),
        N_("You asked again: “%(quote)s”"),
        N_("You have asked and been answered. It might help to say back what you heard before the next question."),
        SAY_BACK,
        question=True,
    ),
    Lesson(
        "interrogation",
        told_by.interrogates,
        N_("You asked one more short question: “%(quote)s”"),
        N_("Several yes-or-no questions in a row feel like a form. It might help to say back what you heard."),
        SAY_BACK,
        question=True,
    ),
    Lesson(
        "robotic",
        told_by.sounds_copied,
        N_("You wrote: “%(quote)s”"),
        N_("The same words again can sound copied. It might help to use a word of the texter's own."),
        SAY_BACK,
    ),
    Lesson(
        "closing",
        told_by.closes_early,
        N_("You said goodbye: “%(quote)s”"),
        N_("A goodbye is easier with a next step. It might help to find one small thing together first."),
        BEFORE_GOODBYE,
        shows=_words(r"bye|take care|good night|text|end"),
    ),
)
"""In the order of their weight: the first that fits is said."""


def _clean(scene: Scene) -> bool:
    return not scene.last.does(*HARMFUL_ACTS)


def _asks_plainly(scene: Scene) -> bool:
    first = not any(message.does(Act.RISK_THOUGHTS) for message in scene.messages[:-1])
    return _clean(scene) and first and scene.last.does(Act.RISK_THOUGHTS, sure=SURE)


def _asks_again(scene: Scene) -> bool:
    hedged = scene.last.turn.before.rungs.get(Rung.THOUGHTS) is RungStatus.HEDGED
    return _clean(scene) and hedged and calls_for_ladder(scene.card) and scene.last.does(Act.RISK_THOUGHTS, sure=SURE)


def _follows_ladder(scene: Scene) -> bool:
    return _clean(scene) and scene.missing_rung is not None and scene.last.does(LADDER[scene.missing_rung], sure=SURE)


def _brings_in(scene: Scene) -> bool:
    is_first = called_supervisor(scene.before) is None
    return _clean(scene) and is_first and needs_supervisor(scene.card) and scene.last.does(Act.ESCALATE, sure=SURE)


def _repairs(scene: Scene) -> bool:
    hurt = scene.messages[-2].does(*HARMFUL_ACTS, sure=SURE) if len(scene.messages) > 1 else False
    return hurt and _clean(scene) and "sorry" in scene.last.text.lower()


def _shows(*acts: Act) -> Callable[[Scene], bool]:
    return lambda scene: _clean(scene) and scene.last.does(*acts, sure=SURE)


def _opens_up(scene: Scene) -> bool:
    """Not in the first messages: what is told then is told to anyone."""
    asked_openly = scene.last.does(Act.OPEN_QUESTION, *told_by.ENGAGING) and not scene.last.does(*CLOSED_QUESTIONS)
    return _clean(scene) and asked_openly and bool(scene.last.turn.told) and scene.last.number > 2


PRAISES: tuple[Lesson, ...] = (
    Lesson(
        "asked_again",
        _asks_again,
        N_("You asked once more: “%(quote)s”"),
        N_("The second plain question is often the one that is answered truthfully."),
        about_risk=True,
        question=True,
    ),
    Lesson(
        "asked_plainly",
        _asks_plainly,
        N_("You asked about suicide in plain words: “%(quote)s”"),
        N_("A plain question makes an honest answer possible, and does no harm."),
        about_risk=True,
        question=True,
    ),
    Lesson(
        "brought_in",
        _brings_in,
        N_("You said openly that you are getting help: “%(quote)s”"),
        N_("Bringing the supervisor in is what this moment needed."),
        about_risk=True,
        shows=_words(r"supervisor|someone|somebody|help"),
    ),
    Lesson(
        "followed_ladder",
        _follows_ladder,
        N_("You took the next step of the ladder: “%(quote)s”"),
        N_("Calm questions in order show how close the danger is."),
        about_risk=True,
        question=True,
    ),
    Lesson(
        "repair",
        _repairs,
        N_("You made it good: “%(quote)s”"),
        N_("Owning a misstep gives trust back."),
    ),
    Lesson(
        "opened_up",
        _opens_up,
        N_("After your “%(quote)s” more was told."),
        N_("An open question, or staying with what was said, makes room."),
        question=True,
    ),
    Lesson(
        "complex_reflection",
        _shows(Act.COMPLEX_REFLECTION),
        N_("You said what lay under the words: “%(quote)s”"),
        N_("Being understood a little further than one has said makes it easier to go on."),
    ),
    Lesson(
        "feeling",
        _shows(Act.FEELING),
        N_("You named a feeling: “%(quote)s”"),
        N_("A feeling offered, not claimed, can be taken or corrected."),
        shows=_words(r"feel\w*|felt|scared|lonely|alone|tired|sad|angry|hurt\w*|afraid|worn|heavy"),
    ),
    Lesson(
        "validation",
        _shows(Act.VALIDATION),
        N_("You said that it makes sense: “%(quote)s”"),
        N_("That takes some of the weight before anything is solved."),
        shows=_words(r"makes sense|understand\w*|no wonder|any(one|body)|fair|natural|of course"),
    ),
    Lesson(
        "strength",
        _shows(Act.STRENGTH),
        N_("You named a strength: “%(quote)s”"),
        N_("A strength tied to what someone did is easier to believe than praise."),
        shows=_words(r"you"),
    ),
    Lesson(
        "summary",
        _shows(Act.SUMMARY),
        N_("You put it together: “%(quote)s”"),
        N_("A summary shows that you heard all of it."),
    ),
    Lesson(
        "together",
        _shows(Act.COLLABORATE, Act.AUTONOMY, Act.GOAL),
        N_("You built it together: “%(quote)s”"),
        N_("A step someone chose is a step they take."),
        question=True,
    ),
)


def attempts_for(item: str, card: Card, messages: Sequence[Message], turns: Sequence[Turn]) -> Sequence[str]:
    """Lines to try for a knock-out of the rubric that was missed."""
    if item == "escalation":
        return BRING_IN
    if is_about_another(card):
        return ASK_ABOUT_ANOTHER
    if item == "ladder":
        rung = next_rung(card, tuple(messages), tuple(turns))
        return ASK_NEXT[rung] if rung else ASK_AGAIN
    return ASK_PLAINLY
