"""Cues to ask about suicide: said plainly, said in a veiled way, and what only sounds like it."""

import pytest

from nightlight.conversations.corpus import starter_corpus
from nightlight.labelling.cues import has_risk_cue


@pytest.mark.parametrize(
    "text",
    [
        "i want to die",
        "i dont want to be here anymore",
        "everyone would be better off without me",
        "thinking about suicide again",
        "i wish i could sleep forever",
        "whats the point anymore",
        "i cant do this anymore",
        "i hurt myself yesterday",
        "my friend says she wants to kill herself, no, to end her life",
    ],
)
def test_a_cue_is_seen(text: str) -> None:
    assert has_risk_cue(text)


@pytest.mark.parametrize(
    "text",
    [
        "this exam is killing me",
        "im dead lol",
        "my phone is dying",
        "my mum is going to kill me",
        "i nearly died laughing",
        "the shoes are killing me",
        "im dying for a coffee",
        "i cant sleep",
        "we broke up",
        "i have to kill time until the bus comes",
        "my battery is dead",
        "",
    ],
)
def test_an_idiom_or_a_plain_sorrow_is_no_cue(text: str) -> None:
    assert not has_risk_cue(text)


def test_what_the_corpus_calls_a_cue_is_mostly_seen_and_little_else() -> None:
    rows = {row.before: row.risk_cue for row in starter_corpus().counselor_messages if row.before}
    said = {text: has_risk_cue(text) for text in rows}
    both = sum(rows[text] and said[text] for text in rows)
    assert both / sum(said.values()) > 0.9
    assert both / sum(rows.values()) > 0.5
