"""Promises of the pocket model's language: what is told stays, and a model sees no word of one texter's life."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import starter_corpus
from nightlight.simulator.wording.pocket_words import (
    ALIKE,
    ALIKE_AS,
    CONTROLS,
    END,
    ENDS_CLAUSE,
    MARKS,
    NEXT,
    SMALL,
    Lexicon,
    is_anybodys,
    kept_choices,
    pieces_of,
    small_choices,
    written,
)

WORDS = {"?", "i", "told", "him", "he", "left", "no", "not", "fine", "its"}
LEXICON = Lexicon((*CONTROLS, *sorted(SMALL | set(ALIKE_AS) | WORDS)))


@pytest.fixture(scope="module")
def lines() -> list[str]:
    cards: list[Card] = list(starter_corpus().cards.values())
    return [line for card in cards for fact in card.facts for line in fact.tell]


@pytest.mark.parametrize(
    ("line", "stay"),
    [
        ("um i told him. honestly he left tbh", "i told him he left"),
        ("he did well", "he did well_"),
        ("i honestly dont know", "i honestly_ dont know"),
        ("so he left. but not me", "so he left but not me"),
        ("i like the 42", "i like the 42"),
        ("he just left lol", "he just left lol"),
        ("i queued at the till", "i queued at the till_"),
        ("wait till he goes", "wait till he goes"),
        ("its a kind of fish", "its a kind_of_ fish"),
        ("EVERYONE knows", "everyone_ knows"),
    ],
)
def test_a_small_word_stays_where_it_says_something(line: str, stay: str) -> None:
    assert " ".join(piece.key for piece in pieces_of(line) if not piece.is_small) == stay


def test_words_that_are_alike_stand_in_one_row_and_none_is_small() -> None:
    words = [word for row in ALIKE for word in row]
    assert len(words) == len(set(words))
    assert not set(words) & SMALL
    assert {LEXICON.seen(pieces_of(word)[0]) for word in ("yes", "yeah", "yep")} == {"yes"}


def test_a_name_a_number_and_a_day_are_slots() -> None:
    seen = [LEXICON.seen(piece) for piece in pieces_of("i told mom and Caleb at 2:40 on tuesday")]
    assert seen == ["i", "told", "[person]", "[word]", "[word]", "[word]", "[number]", "[word]", "[time]"]


@pytest.mark.parametrize(
    "line", ["my mom says that", "he said no", "at two", "not on tuesday", "bye then", "im at work", "?", "no " * 9]
)
def test_a_line_that_tells_of_a_life_or_goes_is_not_anybodys(line: str) -> None:
    everything = {piece.key for piece in pieces_of(line)}
    assert not is_anybodys(pieces_of(line), everything)
    assert is_anybodys(pieces_of("people say that"), {"people", "say", "that"})
    assert not is_anybodys(pieces_of("people say that"), {"people", "say"})


def test_what_a_model_learns_of_a_line_are_small_words_and_words_alike(lines: list[str]) -> None:
    for line in lines:
        decided = [word for word, is_decided in kept_choices(pieces_of(line), LEXICON) if is_decided]
        assert set(decided) <= SMALL | set(ALIKE_AS) | {NEXT, END}
        stay = [piece for piece in pieces_of(line) if not piece.is_small]
        assert decided.count(NEXT) == len(stay)


def test_a_line_is_written_as_it_was(lines: list[str]) -> None:
    for line in lines:
        again = written([piece.written for piece in pieces_of(line)], lowercase=True)
        assert [piece.key for piece in pieces_of(again)] == [piece.key for piece in pieces_of(line)]


@given(st.lists(st.sampled_from(["he", "left", "?", *sorted(SMALL)]), max_size=6), st.booleans(), st.booleans())
def test_a_clause_that_ends_in_the_card_ends_and_no_other_does(said: list[str], ends: bool, is_last: bool) -> None:
    stop = END if is_last else NEXT
    marks = ["...", "."] if ends and not is_last and said and said[-1] not in ENDS_CLAUSE else []
    here: list[str] = []
    while True:
        choices = small_choices(said, here, marks, stop=stop)
        assert choices, "a model always has something to say"
        if marks and not set(here) & set(MARKS):
            assert stop not in choices
        if not marks:
            assert not set(choices) & set(MARKS)
        word = choices[0] if choices[0] != stop else choices[-1]
        if word == stop or len(here) > 4:
            break
        said, here = [*said, word], [*here, word]
    assert sum(word in MARKS for word in here) == bool(marks)
