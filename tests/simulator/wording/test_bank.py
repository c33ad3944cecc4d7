"""What texters write where their card has nothing left is typed as they type."""

from dataclasses import replace

import pytest

from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.labels import CounselorAct
from nightlight.labelling.acts import shipped_labeller
from nightlight.simulator.counselors import LINES, said
from nightlight.simulator.plan import Tone
from nightlight.simulator.session import Session
from nightlight.simulator.wording.bank import TEXTED, WRITTEN, fillers_of

CARDS = starter_corpus().cards
SPENT_TEXTING = {line for lines in TEXTED.spent.values() for line in lines} - {"..."}


def lines_heard(card: Card, seed: int) -> set[str]:
    """The lines that one hears who gives advice again and again."""
    session = Session(card, seed=seed, labeller=shipped_labeller())
    advice = LINES[CounselorAct.ADVICE]
    for number in range(14):
        if session.outcome is None:
            session.handle(said(session, advice[number % len(advice)], CounselorAct.ADVICE).event)
    return {worded.line for turn in session.turns for worded in turn.worded}


@pytest.mark.parametrize("name", sorted(name for name, card in CARDS.items() if card.voice.lowercase <= 0.5))
def test_who_writes_with_capitals_never_answers_as_who_texts_without(name: str) -> None:
    card = CARDS[name]
    own = {line for each in card.reactions.values() for line in (*each.guarded, *each.open)}
    for seed in range(3):
        assert not (SPENT_TEXTING - own) & lines_heard(card, seed), seed


def test_who_texts_has_their_few_words_too() -> None:
    texting = [card for card in CARDS.values() if card.voice.lowercase > 0.5]
    assert any(SPENT_TEXTING & lines_heard(card, 1) for card in texting)


def test_end_marks_are_set_by_who_sets_them() -> None:
    voice = replace(CARDS["layoff-letter"].voice, lowercase=0.1)
    for no_end_mark, is_ended in ((0.9, False), (0.1, True)):
        lines = fillers_of(replace(voice, no_end_mark=no_end_mark)).spent[Tone.OPEN]
        assert all(line.endswith(".") is is_ended for line in lines if line != "...")
        assert {line.rstrip(".") for line in lines} == {line.rstrip(".") for line in WRITTEN.spent[Tone.OPEN]}
