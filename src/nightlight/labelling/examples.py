"""Labelled messages of a corpus for training and for measuring, each with the group that must not be split."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import Corpus
from nightlight.conversations.counselor_messages import CounselorMessage
from nightlight.conversations.labels import (
    Author,
    CounselorAct,
    Phase,
    RiskAttribute,
    Rung,
    SelfHarm,
    TexterAct,
    Thoughts,
    Timeframe,
)
from nightlight.conversations.scripts import Script, ScriptMessage
from nightlight.conversations.texter_messages import TexterMessage
from nightlight.labelling.cues import has_risk_cue
from nightlight.labelling.reading import plain
from nightlight.labelling.rules import DYING, RULES, hits


@dataclass(frozen=True)
class Example:
    """A counselor's `text` after the texter's `before`. `complete`: acts that are not named are absent; else unknown.
    `group`: the card, the writer, or the `before` that near-miss rows share. `phase`: where it is known."""

    acts: tuple[CounselorAct, ...]
    before: str
    text: str
    group: str
    complete: bool
    phase: Phase | None = None


@dataclass(frozen=True)
class TexterExample:
    """A texter's `text` after the counselor's `before`; what is None is unknown."""

    text: str
    before: str
    group: str
    acts: tuple[TexterAct, ...] | None = None
    phase: Phase | None = None
    level: int | None = None
    attributes: tuple[RiskAttribute, ...] | None = None


def examples_of(corpus: Corpus) -> tuple[Example, ...]:
    """Every counselor message of the corpus, scripts first."""
    scripts = tuple(example for script in corpus.scripts for example in script_examples(script))
    written = (
        example
        for writer, messages in corpus.fully_labelled.items()
        for example in message_examples(messages, complete=True, group=f"counselors {writer}")
    )
    return scripts + message_examples(corpus.counselor_messages) + tuple(written)


def message_examples(
    messages: Sequence[CounselorMessage], *, complete: bool = False, group: str = ""
) -> tuple[Example, ...]:
    return tuple(
        Example(
            row.acts if complete else with_self_harm(row.acts, row.text, row.before),
            row.before,
            row.text,
            group or f"before {plain(row.before)}",
            complete=complete,
        )
        for row in messages
    )


def script_examples(script: Script) -> Iterator[Example]:
    """The counselor's messages of a script; `before` is the burst that each one follows."""
    for message, before in with_before(script.messages):
        if message.author is Author.COUNSELOR:
            acts = tuple(act for act in message.acts if isinstance(act, CounselorAct))
            acts = with_self_harm(acts, message.text, before)
            yield Example(acts, before, message.text, f"card {script.card}", complete=True, phase=message.phase)


def texter_examples(corpus: Corpus) -> tuple[TexterExample, ...]:
    """Every texter message of the corpus, scripts first. Scripts know acts and phases, single messages know risk."""
    scripts = tuple(
        TexterExample(
            message.text,
            before,
            f"card {script.card}",
            tuple(act for act in message.acts if isinstance(act, TexterAct)),
            message.phase,
            level_in_script(corpus.cards[script.card], message),
        )
        for script in corpus.scripts
        for message, before in with_before(script.messages)
        if message.author is Author.TEXTER
    )
    return scripts + tuple(
        example
        for writer, rows in corpus.texter_messages.items()
        for example in risk_examples(rows, f"texters {writer}")
    )


def risk_examples(rows: Sequence[TexterMessage], group: str) -> Iterator[TexterExample]:
    return (TexterExample(row.text, row.before, group, level=row.level, attributes=row.attributes) for row in rows)


def with_before(messages: Sequence[ScriptMessage]) -> Iterator[tuple[ScriptMessage, str]]:
    """Each message with what it answers: for a counselor's the texter's burst, once; for a texter's the counselor's
    last message."""
    burst: list[str] = []
    answered, said = False, ""
    for message in messages:
        if message.author is Author.TEXTER:
            yield message, said
            burst = [message.text] if answered else [*burst, message.text]
            answered = False
        else:
            yield message, "" if answered else " ".join(burst)
            answered, said = True, message.text


OUT_OF_SCRIPTS = frozenset({"already-took-something", "goodbye-from-maya"})
"""Cards whose every message may show risk, or whose risk is somebody else's: their scripts teach no level."""


def level_in_script(card: Card, message: ScriptMessage) -> int | None:
    """The risk level of a texter's message in a script: what the told rungs show, by what the card says is true; 0
    where none is told and the words hold no cue; else, and where it is not clear, unknown (docs/labels.md)."""
    if card.id in OUT_OF_SCRIPTS:
        return None
    if not message.rungs:
        return None if has_risk_cue(message.text) else 0
    risk = card.risk
    shown = {
        Rung.THOUGHTS: {Thoughts.NONE: 0, Thoughts.PASSIVE: 1, Thoughts.ACTIVE: 2}[risk.thoughts],
        Rung.PLAN: 0 if risk.plan == "none" else 3,
        Rung.MEANS: 0 if risk.means == "none" else 3,
        Rung.TIMEFRAME: {Timeframe.NONE: 0, Timeframe.WITHIN_48H: 4, Timeframe.NOW: 4}.get(risk.timeframe, 3),
        Rung.PAST: 0,
        Rung.SELF_HARM: 2 if risk.self_harm is SelfHarm.RECENT else 0,
        Rung.NOW: 4 if risk.in_progress else 0,
    }
    return max(shown[rung] for rung in message.rungs)


def with_self_harm(acts: tuple[CounselorAct, ...], text: str, before: str) -> tuple[CounselorAct, ...]:
    """The acts of a row of the corpus, which has no word for a question about self-harm: it calls it a question about
    the past, or about thoughts. Where the words name self-harm and no attempt, the newer act takes its place."""
    if not acts or CounselorAct.RISK_SELF_HARM not in {RULES[number].act for number in hits(text, before)}:
        return acts
    speaks_of_dying = bool(re.search(rf"{DYING}|\b(tried|try|attempt\w*)\b", plain(text)))
    replaced = () if speaks_of_dying else (CounselorAct.RISK_PAST, CounselorAct.RISK_THOUGHTS)
    kept = tuple(CounselorAct.RISK_SELF_HARM if act in replaced else act for act in acts)
    named = any(act in kept for act in (CounselorAct.RISK_PAST, CounselorAct.RISK_THOUGHTS))
    return tuple(dict.fromkeys((*kept, CounselorAct.RISK_SELF_HARM) if named else kept))
