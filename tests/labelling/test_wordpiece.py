"""Texts cut into word pieces, as BERT was taught to read them."""

import pytest

from nightlight.labelling.wordpiece import WordPiece

PIECES = (
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "feel",
    "##ing",
    "##s",
    "cafe",
    "un",
    "##feel",
    ".",
    "'",
    "[",
    "]",
)
VOCABULARY = {piece: number for number, piece in enumerate((*PIECES, "mask", "ok", "我", "i", "Feel"))}
READER = WordPiece(VOCABULARY, lower=True, bare=True)


def read(text: str, most: int = 20) -> str:
    names = list(VOCABULARY)
    return " ".join(names[number] for number in READER.numbers(text, most)[1:-1])


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("feelings", "feel ##ing ##s"),
        ("unfeeling", "un ##feel ##ing"),
        ("FEELING", "feel ##ing"),
        ("Café.", "cafe ."),
        ("i'feel", "i ' feel"),
        ("ok我ok", "ok 我 ok"),
        ("ok\u00a0ok\tok\nok", "ok ok ok ok"),
        ("o\u200bk o\x07k", "ok ok"),
        ("okx", "[UNK]"),
        ("😞", "[UNK]"),
        ("feel" + "s" * 100, "[UNK]"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_a_text_is_cut_into_the_longest_pieces(text: str, pieces: str) -> None:
    assert read(text) == pieces


def test_every_text_has_a_start_and_an_end() -> None:
    assert READER.numbers("", 20) == [VOCABULARY["[CLS]"], VOCABULARY["[SEP]"]]


def test_a_mark_of_the_model_that_somebody_types_is_plain_text() -> None:
    assert read("[MASK]") == "[ mask ]"


def test_of_a_long_text_the_beginning_is_read() -> None:
    numbers = READER.numbers("feeling " * 50, 6)
    assert numbers == READER.numbers("feeling feeling", 6)
    assert len(numbers) == 6


def test_case_and_accents_stay_where_the_model_knows_them() -> None:
    reader = WordPiece(VOCABULARY, lower=False, bare=False)
    assert reader.numbers("Feel café", 9)[1:-1] == [VOCABULARY["Feel"], VOCABULARY["[UNK]"]]
