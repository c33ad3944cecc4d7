"""Promises of the pocket model's language: what is told stays, and a model sees no word of one texter's life."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import read_corpus, shipped_corpus
from nightlight.simulator.wording.pocket_words import (
    CONTROLS,
    END,
    ENDS_CLAUSE,
    MARKS,
    NEXT,
    SMALL,
    Lexicon,
    free_words,
    kept_choices,
    may_be_free,
    pieces_of,
    small_choices,
    written,
)

LEXICON = Lexicon((*CONTROLS, *sorted(SMALL | {"?", "i", "told", "him", "he", "left", "no", "not", "fine", "its"})))


@pytest.fixture(scope="module")
def lines() -> list[str]:
    cards: list[Card] = list(read_corpus(shipped_corpus()).cards.values())
    return [line for card in cards for fact in card.facts for line in fact.tell]


@pytest.mark.parametrize(
    ("line", "stay"),
    [
        ("so i told him. idk", "i told him"),
        ("not really, no", "not really_ no"),
        ("its ok", "its ok_"),
        ("i want it to be SO boring", "i want it to be so_ boring"),
        ("it was like a movie", "it was like_ a movie"),
        ("salt and pepper. and honestly he left lol", "salt and_ pepper he left"),
    ],
)
def test_a_small_word_stays_where_it_says_something(line: str, stay: str) -> None:
    assert " ".join(piece.key for piece in pieces_of(line) if not piece.is_small) == stay


def test_a_name_a_number_and_a_day_are_slots() -> None:
    seen = [LEXICON.seen(piece) for piece in pieces_of("i told mom and Caleb at 2:40 on tuesday")]
    assert seen == ["i", "told", "[person]", "[word]", "[word]", "[word]", "[number]", "[word]", "[time]"]


def test_no_fact_of_a_card_is_said_freely(lines: list[str]) -> None:
    words = free_words(LEXICON)
    assert not words & {"mom", "he", "him", "two", "tuesday"}
    assert not any(may_be_free(pieces_of(line), LEXICON) for line in lines if any(sign.isdigit() for sign in line))


def test_what_a_model_learns_of_a_line_are_its_small_words_only(lines: list[str]) -> None:
    for line in lines:
        decided = [word for word, is_decided in kept_choices(pieces_of(line), LEXICON) if is_decided]
        assert set(decided) <= SMALL | {NEXT, END}
        given_words = [word for word, is_decided in kept_choices(pieces_of(line), LEXICON) if not is_decided]
        assert len(given_words) == decided.count(NEXT) + 1


def test_a_line_is_written_as_it_was(lines: list[str]) -> None:
    for line in lines:
        again = written([piece.written for piece in pieces_of(line)], lowercase=True, no_end_mark=True)
        assert [piece.key for piece in pieces_of(again)] == [piece.key for piece in pieces_of(line)]


@given(st.lists(st.sampled_from(["he", "left", "?", *sorted(SMALL)]), max_size=6), st.booleans(), st.booleans())
def test_a_clause_that_ends_in_the_card_ends_and_no_other_does(said: list[str], ends: bool, is_last: bool) -> None:
    stop = END if is_last else NEXT
    marks = [",", "."] if ends and not is_last else []
    here: list[str] = []
    while True:
        choices = small_choices(said, here, marks, stop=stop)
        assert choices, "a model always has something to say"
        if marks and said and not here and said[-1] not in ENDS_CLAUSE:
            assert stop not in choices
        if not marks:
            assert not set(choices) & set(MARKS)
        word = choices[0] if choices[0] != stop else choices[-1]
        if word == stop:
            break
        said, here = [*said, word], [*here, word]
    assert len(here) <= 4
