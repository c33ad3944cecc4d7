"""Labelled counselor messages for training and for measuring, each with the group that must not be split."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nightlight.conversations.corpus import Corpus
from nightlight.conversations.counselor_messages import CounselorMessage
from nightlight.conversations.labels import Author, CounselorAct
from nightlight.conversations.scripts import Script
from nightlight.labelling.reading import plain
from nightlight.labelling.rules import DYING, RULES, hits


@dataclass(frozen=True)
class Example:
    """A counselor's `text` after the texter's `before`. `complete`: acts that are not named are absent; else unknown.
    `group`: the card, or the `before` that near-miss rows share."""

    acts: tuple[CounselorAct, ...]
    before: str
    text: str
    group: str
    complete: bool


def examples_of(corpus: Corpus) -> tuple[Example, ...]:
    """Every counselor message of the corpus, scripts first."""
    scripts = tuple(example for script in corpus.scripts for example in script_examples(script))
    return scripts + message_examples(corpus.counselor_messages)


def message_examples(messages: tuple[CounselorMessage, ...], *, complete: bool = False) -> tuple[Example, ...]:
    return tuple(
        Example(
            row.acts if complete else with_self_harm(row.acts, row.text, row.before),
            row.before,
            row.text,
            f"before {plain(row.before)}",
            complete=complete,
        )
        for row in messages
    )


def script_examples(script: Script) -> Iterator[Example]:
    """The counselor's messages of a script; `before` is the burst that each one follows."""
    burst: list[str] = []
    answered = False
    for message in script.messages:
        if message.author is Author.TEXTER:
            burst = [message.text] if answered else [*burst, message.text]
            answered = False
            continue
        acts = tuple(act for act in message.acts if isinstance(act, CounselorAct))
        before = "" if answered else " ".join(burst)
        acts = with_self_harm(acts, message.text, before)
        yield Example(acts, before, message.text, f"card {script.card}", complete=True)
        answered = True


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
