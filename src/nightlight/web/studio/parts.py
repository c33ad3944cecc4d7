"""The parts of a card's form: its fields, what they are called and what helps to fill them in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from nightlight.conversations.labels import (
    AgeBand,
    ExpectedOutcome,
    FactKind,
    Means,
    Plan,
    Reaction,
    Resistance,
    Rung,
    SelfHarm,
    Thoughts,
    Timeframe,
)
from nightlight.languages import N_
from nightlight.studio.card_source import Tree
from nightlight.web.practice.words import RUNGS, TOPICS

YES_NO = {"no": N_("no"), "yes": N_("yes")}
AGES = {band: band for band in AgeBand} | {AgeBand.UNDER_13: N_("under 13")}
DIFFICULTIES = {"1": N_("1: a gentle start"), "2": N_("2: some experience"), "3": N_("3: hard")}
RESISTANCES = {
    Resistance.NONE: N_("none"),
    Resistance.GUARDED: N_("guarded: says little at first"),
    Resistance.SCEPTICAL: N_("sceptical: doubts that this helps"),
    Resistance.HOSTILE: N_("hostile: angry at the counselor too"),
    Resistance.OVER_PLEASING: N_("over-pleasing: looks after the counselor"),
    Resistance.TANGENTIAL: N_("tangential: changes the subject"),
    Resistance.MINIMISING: N_("minimising: it is not that bad"),
}
EXPECTED = {
    ExpectedOutcome.END: N_("a good close"),
    ExpectedOutcome.SAFETY_PLAN: N_("steps to stay safe, made together"),
    ExpectedOutcome.SUPERVISOR: N_("a supervisor takes over"),
    ExpectedOutcome.EMERGENCY: N_("a supervisor calls for help"),
}
THOUGHTS = {
    Thoughts.NONE: N_("none"),
    Thoughts.PASSIVE: N_("passive: would rather not be here"),
    Thoughts.ACTIVE: N_("active: thinks of ending their life"),
}
PLANS = {Plan.NONE: N_("none"), Plan.VAGUE: N_("vague"), Plan.SPECIFIC: N_("specific")}
MEANS = {
    Means.NONE: N_("none"),
    Means.MEDICATION: N_("medication"),
    Means.FIREARM: N_("firearm"),
    Means.SHARP: N_("something sharp"),
    Means.VEHICLE: N_("vehicle"),
    Means.OTHER: N_("other"),
}
TIMEFRAMES = {
    Timeframe.NONE: N_("none"),
    Timeframe.UNCLEAR: N_("unclear"),
    Timeframe.DAYS: N_("within days"),
    Timeframe.WITHIN_48H: N_("within 48 hours"),
    Timeframe.NOW: N_("now"),
}
SELF_HARMS = {SelfHarm.NONE: N_("none"), SelfHarm.PAST: N_("in the past"), SelfHarm.RECENT: N_("recently")}
FACT_KINDS = {
    FactKind.PRESENTING: N_("why they texted"),
    FactKind.BACKGROUND: N_("background"),
    FactKind.FEELING: N_("feeling"),
    FactKind.STRENGTH: N_("strength"),
    FactKind.COPING: N_("what helps them cope"),
    FactKind.PROTECTIVE: N_("what keeps them safe"),
    FactKind.GOAL: N_("goal"),
}
REACTIONS = {
    Reaction.GREETING: N_("a greeting"),
    Reaction.REFLECTION: N_("a reflection"),
    Reaction.VALIDATION: N_("validation"),
    Reaction.STRENGTH: N_("naming a strength"),
    Reaction.OPEN_QUESTION: N_("an open question"),
    Reaction.CLOSED_QUESTION: N_("a closed question"),
    Reaction.SUMMARY: N_("a summary"),
    Reaction.ADVICE: N_("advice"),
    Reaction.MINIMISE: N_("making it small"),
    Reaction.WHY_QUESTION: N_("a why-question"),
    Reaction.SELF_DISCLOSURE: N_("talking about oneself"),
    Reaction.ARGUE: N_("arguing"),
    Reaction.PROMISE: N_("a promise"),
    Reaction.STACKED_QUESTIONS: N_("several questions at once"),
    Reaction.EUPHEMISM: N_("a vague question about risk"),
    Reaction.RESOURCE: N_("a resource"),
    Reaction.GOAL: N_("asking for a goal"),
    Reaction.COPING: N_("asking what helps"),
    Reaction.COLLABORATE: N_("planning together"),
    Reaction.SAFETY_STEP: N_("a step to stay safe"),
    Reaction.ESCALATE: N_("bringing in a supervisor"),
    Reaction.MISSED_CUE: N_("passing over a sign of risk"),
    Reaction.SILENCE: N_("minutes of silence"),
    Reaction.UNCLEAR: N_("something off topic or unclear"),
    Reaction.BOT_QUESTION: N_("asking whether they are a bot"),
}
ENDINGS = {
    "good": N_("A good end"),
    "partial": N_("An end with something left open"),
    "leaves": N_("They leave"),
    "escalated": N_("Help is on its way"),
}
TONES = {"guarded": N_("while they trust little"), "open": N_("once they trust")}


class Widget(StrEnum):
    TEXT = "text"
    AREA = "area"
    LINES = "lines"
    CHOICE = "choice"
    CHOICES = "choices"
    COUNT = "count"
    SHARE = "share"
    GATE = "gate"


@dataclass(frozen=True)
class Field:
    """One field of the form. `path` leads to its value in the card's tree, `facts.3.tell`; `least` lines are wanted;
    `group` is a heading it stands under."""

    path: str
    widget: Widget
    label: str
    help: str = ""
    least: int = 0
    options: Mapping[Any, str] | None = None
    group: str = ""

    @property
    def id(self) -> str:
        return self.path.replace(".", "-")


@dataclass(frozen=True)
class Part:
    """A page of the form; `about` says in a sentence what it is for."""

    key: str
    title: str
    about: str
    fields: tuple[Field, ...]


WHO = Part(
    "who",
    N_("Who"),
    N_("Who the texter is, in plain sentences. Everything is invented: no real person, no place finer than a country."),
    (
        Field("title", Widget.TEXT, N_("Title"), N_("A few words that tell this card from others.")),
        Field("topics", Widget.CHOICES, N_("Topics"), N_("At least one."), 1, TOPICS),
        Field("difficulty", Widget.CHOICE, N_("Level"), "", 0, DIFFICULTIES),
        Field("warning", Widget.AREA, N_("Warning"), N_("One sentence that a volunteer reads before starting.")),
        Field("persona.names", Widget.LINES, N_("First names"), N_("One is drawn for each session."), 3),
        Field("persona.age_band", Widget.CHOICE, N_("Age"), "", 0, AGES),
        Field("persona.pronouns", Widget.TEXT, N_("Pronouns"), N_("such as she/her")),
        Field(
            "persona.story",
            Widget.AREA,
            N_("Story"),
            N_("Three to five sentences: who they are, what happened, what they fear, what they want."),
        ),
        Field("persona.now", Widget.AREA, N_("Where they are now"), N_("One sentence: where, and who is around.")),
        Field("persona.why_now", Widget.AREA, N_("Why tonight"), N_("One sentence: why they texted now.")),
    ),
)
VOICE = Part(
    "voice",
    N_("Voice"),
    N_("How they write. People who text write little: often 6 to 14 words, without a full stop."),
    (
        Field("voice.words_median", Widget.COUNT, N_("Words in a usual message"), N_("from 1 to 60")),
        Field("voice.lowercase", Widget.SHARE, N_("Messages in lower case"), N_("0 = none, 1 = all")),
        Field("voice.no_end_mark", Widget.SHARE, N_("Messages without a full stop"), N_("0 = none, 1 = all")),
        Field("voice.typos", Widget.SHARE, N_("Messages with a typo"), N_("0.05 is usual")),
        Field("voice.emoji", Widget.SHARE, N_("Messages with an emoji"), N_("0.03 is usual")),
        Field("voice.burst", Widget.SHARE, N_("Several messages in a row"), N_("0.2 is usual")),
    ),
)
START = Part(
    "start",
    N_("Start"),
    N_("How they feel before the first message. 0 is none, 1 is as much as can be."),
    (
        Field("start.trust", Widget.SHARE, N_("Trust"), N_("0.2 to 0.4 is usual")),
        Field("start.openness", Widget.SHARE, N_("Openness"), N_("how ready they are to tell more")),
        Field("start.distress", Widget.SHARE, N_("Distress"), N_("0.6 to 0.9 is usual")),
        Field("start.hope", Widget.SHARE, N_("Hope")),
        Field("start.patience", Widget.SHARE, N_("Patience"), N_("at 0 they leave")),
        Field("start.resistance", Widget.CHOICE, N_("What makes it hard to reach them"), "", 0, RESISTANCES),
    ),
)
RISK = Part(
    "risk",
    N_("Risk"),
    N_(
        "The truth on every rung, whatever they say first. "
        "Means are a category word and nothing more: never a method, a dose or a place."
    ),
    (
        Field("risk.thoughts", Widget.CHOICE, N_("Thoughts of suicide"), "", 0, THOUGHTS),
        Field("risk.plan", Widget.CHOICE, N_("A plan"), "", 0, PLANS),
        Field("risk.means", Widget.CHOICE, N_("Means"), "", 0, MEANS),
        Field("risk.timeframe", Widget.CHOICE, N_("When"), "", 0, TIMEFRAMES),
        Field("risk.past_attempt", Widget.CHOICE, N_("An earlier attempt"), "", 0, YES_NO),
        Field("risk.self_harm", Widget.CHOICE, N_("Self-harm"), "", 0, SELF_HARMS),
        Field("risk.in_progress", Widget.CHOICE, N_("Something is happening right now"), "", 0, YES_NO),
        Field("expected", Widget.CHOICE, N_("Where good counseling leads"), "", 0, EXPECTED),
    ),
)
GOAL = Part(
    "goal",
    N_("Goal"),
    N_("What they want from this conversation, and which next steps they would take."),
    (
        Field("goal.says", Widget.AREA, N_("What they say they want")),
        Field("goal.needs", Widget.AREA, N_("What would really help")),
        Field("goal.steps", Widget.LINES, N_("Next steps they would take"), "", 3),
        Field("goal.refuses", Widget.LINES, N_("Steps they will not take"), "", 1),
    ),
)
OPENING = Part(
    "opening",
    N_("First words"),
    N_("Ways to begin; one is drawn for each session. “ / ” stands between messages sent in a row."),
    (Field("opening", Widget.LINES, N_("First texts"), "", 6),),
)
ANSWERS = Part(
    "answers",
    N_("Answers about risk"),
    N_(
        "What they say when asked about each rung; where there is none, the truthful answer is no. "
        "A half-answer comes first while they do not trust enough yet, never a flat lie for ever."
    ),
    tuple(
        field
        for rung in Rung
        for field in (
            Field(f"risk_answers.{rung}.gate", Widget.GATE, N_("They say it when"), group=RUNGS[rung]),
            Field(f"risk_answers.{rung}.tell", Widget.LINES, N_("The truth"), "", 3, group=RUNGS[rung]),
            Field(f"risk_answers.{rung}.hedge", Widget.LINES, N_("Half-answers before that"), "", 2, group=RUNGS[rung]),
        )
    ),
)
REACTING = Part(
    "reactions",
    N_("Reactions"),
    N_(
        "What they say when the counselor does this and no fact answers it: "
        "twice, while they trust little and once they trust."
    ),
    tuple(
        Field(f"reactions.{reaction}.{tone}", Widget.LINES, label, "", 3, group=REACTIONS[reaction])
        for reaction in Reaction
        for tone, label in TONES.items()
    ),
)
ENDING = Part(
    "endings",
    N_("Endings"),
    N_("Last words, by how it went. Not everybody says thank you."),
    tuple(
        Field(f"endings.{name}", Widget.LINES, label, "", 3 if name == "escalated" else 4)
        for name, label in ENDINGS.items()
    ),
)
FACT = Part(
    "facts",
    N_("Facts"),
    N_("What they tell when the time has come, and what they say when asked before."),
    (
        Field("id", Widget.TEXT, N_("Short name"), N_("lower-case words joined by hyphens, such as failed-exam")),
        Field("kind", Widget.CHOICE, N_("Kind"), "", 0, FACT_KINDS),
        Field("asks", Widget.LINES, N_("Ways a counselor may ask for it"), N_("Short, in a counselor's words."), 3),
        Field("gate", Widget.GATE, N_("They tell it when")),
        Field(
            "tell",
            Widget.LINES,
            N_("How they tell it"),
            N_("Different wordings, usable anywhere."),
            4,
        ),
        Field("hint", Widget.LINES, N_("What they say when asked too early"), "", 2),
    ),
)
PARTS: tuple[Part, ...] = (WHO, VOICE, START, RISK, GOAL, OPENING, FACT, ANSWERS, REACTING, ENDING)


WHOLE = {"principles": N_("Principles"), "messages": N_("Messages")}


def find_part(key: str, tree: Tree) -> Part | None:
    """A part by its key; `fact-3` is the form of the third fact. `facts` has no fields: it lists them."""
    if key == FACT.key:
        return replace(FACT, fields=())
    name, _, number = key.partition("-")
    if name == "fact" and number.isdecimal() and 1 <= int(number) <= len(tree["facts"]):
        fields = tuple(replace(field, path=f"facts.{int(number)}.{field.path}") for field in FACT.fields)
        return Part(key, tree["facts"][int(number) - 1]["id"] or N_("New fact"), FACT.about, fields)
    return next((part for part in PARTS if part.key == key), None)


def value_at(tree: Tree, path: str) -> Any:
    """The value that a field's path leads to; facts count from 1."""
    value: Any = tree
    for step in path.split("."):
        value = value[int(step) - 1] if isinstance(value, list) else value[step]
    return value


def set_value(tree: Tree, path: str, value: Any) -> None:
    *steps, last = path.split(".")
    place = value_at(tree, ".".join(steps)) if steps else tree
    place[last] = value


def part_of(path: str) -> str:
    """The key of the part that a field's path belongs to."""
    step, *rest = path.split(".")
    if step == "facts" and rest and rest[0].isdecimal():
        return f"fact-{rest[0]}"
    named = {"risk_answers": "answers", "title": "who", "topics": "who", "difficulty": "who", "warning": "who"}
    return named.get(step, {"persona": "who", "expected": "risk"}.get(step, step))


def label_of(path: str) -> str:
    """What a field is called, for lists of changes; a path without a field is itself.

    >>> label_of("goal.needs")
    'What would really help'
    """
    step, *rest = path.split(".")
    if path in WHOLE:
        return WHOLE[path]
    if step == "facts" and rest:
        return next((field.label for field in FACT.fields if field.path == rest[-1]), path)
    return next((field.label for part in PARTS for field in part.fields if field.path == path), path)
