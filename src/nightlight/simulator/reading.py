"""How the texter reads a counselor's message: its acts, those that only the history shows, and what it asks for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nightlight.conversations.cards import Card
from nightlight.conversations.labels import HARMFUL_ACTS, Rung
from nightlight.conversations.labels import CounselorAct as Act
from nightlight.labelling.acts import LabelledAct
from nightlight.simulator.topics import SURE, facts_scored

CLEAR, LIKELIEST = 0.4, 0.25
"""From these probabilities an act is taken as done: any act, and the most probable one unless it is harmful."""

FROM_HISTORY = frozenset({Act.INTERROGATE, Act.MISSED_CUE, Act.ROBOTIC})
"""Never read off one message: they are found from what came before."""

WARM = frozenset({Act.REFLECTION, Act.COMPLEX_REFLECTION, Act.FEELING, Act.VALIDATION, Act.SUMMARY, Act.STRENGTH})
EXPLORING = frozenset(
    {Act.OPEN_QUESTION, Act.REFLECTION, Act.COMPLEX_REFLECTION, Act.FEELING, Act.SUMMARY, Act.BUFFERS}
)
EXPLORED_ENOUGH = 3  # messages that explored; a resource or a step before them comes too early
RUNG_ASKED = {
    Act.RISK_THOUGHTS: Rung.THOUGHTS,
    Act.RISK_PLAN: Rung.PLAN,
    Act.RISK_MEANS: Rung.MEANS,
    Act.RISK_TIMEFRAME: Rung.TIMEFRAME,
    Act.RISK_PAST: Rung.PAST,
    Act.RISK_SELF_HARM: Rung.SELF_HARM,
    Act.RISK_NOW: Rung.NOW,
}
MISSED_AFTER = (2, 5)  # messages since a cue that nobody took up
RISK_WORDS = re.compile(
    r"\b(suicid\w*|kill\w*|die|dying|dead|end(ing)? (it|your|things)|your (own )?life|hurt\w*|harm\w*|safe\w*"
    r"|attempt\w*|plan\w*|do it|doing it|would use|taken)\b",
    re.IGNORECASE,
)
"""Where none of these stands and the card's own question does, the message asks for the card's fact, not a rung."""
PROBE_WORDS = re.compile(
    r"\b(us(e|ed|ing)|took|take|taking|many|much|method\w*|exactly|describe|details?|weapons?|guns?|knife|blades?|pills?"
    r"|tablets?|cut\w*|dos\w+|where (would|will) you|how (would|will|did) you)\b",
    re.IGNORECASE,
)
"""Digging for a method needs one of these or of `RISK_WORDS`; "how do you sleep" is none."""
DIGS = re.compile(
    r"\b(how (many|much)|which (ones?|kinds?|types?)|what (kind|sort|type|dose))\b[^.!]*"
    r"\b(pills?|tablets?|medicines?|medication|took|taken|weapon|blade)\b"
    r"|\b(pills?|tablets?|medicines?|medication)\b[^.!]*\b(how (many|much)|which ones?|what (kind|sort|dose))\b",
    re.IGNORECASE,
)
ANSWERS_A_CUE = frozenset({*RUNG_ASKED, Act.ESCALATE, Act.SAFETY_STEP, Act.GRAPHIC_PROBE, Act.EUPHEMISM})
APOLOGY = re.compile(
    r"\b(i'?m sorry (if|that i|for|about|i)|i apologi[sz]e|my (mistake|apologies)|that came out wrong|i got that wrong"
    r"|i misunderstood|i shouldn'?t have|i was too quick|you'?re right,? (i|that)|let me (start over|try again))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Past:
    """What of the conversation so far a message is read against: the counselor's own messages and their acts, the
    texter's last words, whether a risk cue in them (or before) is still open and for how many messages."""

    messages: tuple[str, ...] = ()
    acts: tuple[tuple[LabelledAct, ...], ...] = ()
    cue_for: int = 0
    explored: int = 0


@dataclass(frozen=True)
class Reading:
    """`facts`: what the message asks for, the likeliest first; `strong`: those that are beyond doubt; `rungs` in the
    order of the ladder. `late`: seconds the counselor took beyond what costs nothing."""

    text: str
    acts: tuple[LabelledAct, ...]
    facts: tuple[str, ...] = ()
    strong: frozenset[str] = frozenset()
    rungs: tuple[Rung, ...] = ()
    apology: bool = False
    late: float = 0.0

    def has(self, *acts: Act) -> bool:
        """Whether the message clearly does one of these."""
        return any(
            each.act in acts
            and (
                each.probability >= CLEAR or (n == 0 and each.probability >= LIKELIEST and each.act not in HARMFUL_ACTS)
            )
            for n, each in enumerate(self.acts)
        )


def read(card: Card, text: str, labels: Sequence[LabelledAct], past: Past, *, late: float = 0.0) -> Reading:
    """The message as it lands: labels, what the history adds, facts and rungs it asks for."""
    acts = with_history(text, labels, past)
    reading = Reading(text, acts, apology=bool(APOLOGY.search(text)), late=late)
    scored = facts_scored(card, text)
    strong = frozenset(fact for fact, score in scored.items() if score >= SURE)
    is_about_risk = not strong or bool(RISK_WORDS.search(text))
    rungs = [rung for act, rung in RUNG_ASKED.items() if is_about_risk and reading.has(act)]
    return Reading(
        text=text,
        acts=acts,
        facts=tuple(scored),
        strong=strong,
        rungs=tuple(rung for rung in Rung if rung in rungs),
        apology=reading.apology,
        late=late,
    )


def with_history(text: str, labels: Sequence[LabelledAct], past: Past) -> tuple[LabelledAct, ...]:
    """The labels, and the acts that only the conversation shows."""
    acts = [each for each in labels if each.act not in FROM_HISTORY]
    if not PROBE_WORDS.search(text) and not RISK_WORDS.search(text):
        acts = [each for each in acts if each.act is not Act.GRAPHIC_PROBE]
    elif DIGS.search(text):
        acts = [LabelledAct(Act.GRAPHIC_PROBE, 0.9), *(each for each in acts if each.act is not Act.GRAPHIC_PROBE)]
    done = {each.act for each in acts if each.probability >= CLEAR}
    found = []
    if text.count("?") >= 3 and Act.STACKED_QUESTIONS not in done:
        found.append(Act.STACKED_QUESTIONS)
    if not done & set(RUNG_ASKED):
        if _closed(acts) and all(_closed(each) for each in past.acts[-2:]) and len(past.acts) >= 2:
            found.append(Act.INTERROGATE)
        if _opener(text) and [_opener(each) for each in past.messages[-5:]].count(_opener(text)) >= 2:
            found.append(Act.ROBOTIC)
    if past.cue_for in MISSED_AFTER and not done & ANSWERS_A_CUE:
        found.append(Act.MISSED_CUE)
    if Act.RESOURCE in done and past.explored < EXPLORED_ENOUGH:
        found.append(Act.RESOURCE_DUMP)
        acts = [each for each in acts if each.act not in (Act.RESOURCE, Act.RESOURCE_DUMP)]
    acts = [each for each in acts if each.act not in found]
    return (*acts, *(LabelledAct(act, 1.0) for act in found))


def _closed(acts: Sequence[LabelledAct]) -> bool:
    """Whether a message does nothing but ask for yes, no or a detail."""
    clear = {each.act for each in acts if each.probability >= CLEAR}
    return bool(clear & {Act.CLOSED_QUESTION, Act.CLARIFY, Act.AGE_NAME, Act.INTERROGATE}) and not (
        clear & {*WARM, *RUNG_ASKED, Act.OPEN_QUESTION, Act.TRANSPARENCY}
    )


def _opener(text: str) -> str:
    """The first three words where they are words of understanding rather than of asking."""
    words = " ".join(re.findall(r"[a-z']+", text.lower())[:3])
    return words if re.match(r"(it|i|that|so|you|thank|this) ", words) else ""
