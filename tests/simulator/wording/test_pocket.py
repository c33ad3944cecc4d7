"""Promises of the pocket model, whatever its weights are: here they are dice."""

from pathlib import Path
from random import Random
from typing import Any

import pytest

from nightlight.conversations.cards import Card, Voice
from nightlight.conversations.corpus import read_corpus, shipped_corpus
from nightlight.conversations.labels import AgeBand, Reaction
from nightlight.errors import NightlightError
from nightlight.simulator.plan import Move, Tone
from nightlight.simulator.wording.pocket import PocketGenerator, PocketModel, Reader, say
from nightlight.simulator.wording.pocket_words import CONTROLS, SMALL, Lexicon, free_words, pieces_of
from nightlight.simulator.wording.prompt import Prompt

COMMON = ("i", "told", "him", "he", "left", "no", "not", "fine", "its", "you", "that", "dont", "know", "ok_")
LEXICON = Lexicon((*CONTROLS, *sorted(SMALL | {"?"}), *COMMON))
TEXTING, WRITING = Voice(7, 0.97, 0.9, 0.0, 0.0, 0.3), Voice(12, 0.05, 0.1, 0.0, 0.0, 0.1)


class Dice:
    """A model that knows nothing: it finds every word as likely as chance has it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  # for variety, not for secrets

    def read(self, numbers: Any) -> None:
        assert all(0 <= number < len(LEXICON.words) for number in numbers)

    def scores(self) -> Any:
        import numpy as np

        return np.array([self.random.gauss(0, 3) for _ in LEXICON.words])


class DiceModel(PocketModel):
    def reader(self) -> Reader:
        return Dice(1)


MODEL = DiceModel(LEXICON, None, 384, free=0.5)


@pytest.fixture(scope="module")
def cards() -> list[Card]:
    return list(read_corpus(shipped_corpus()).cards.values())


def prompt(line: str, move: Move = Move.TELL, reaction: Reaction | None = None, voice: Voice = TEXTING) -> Prompt:
    return Prompt(move, Tone.OPEN, line, voice, AgeBand("18-24"), 0.5, reaction)


def stay(line: str) -> list[str]:
    return [piece.key.rstrip("_") for piece in pieces_of(line) if piece.key.rstrip("_") not in SMALL]


def test_what_a_card_tells_is_told_word_for_word_whatever_a_model_thinks(cards: list[Card]) -> None:
    for card in cards:
        for fact in card.facts:
            for line in fact.tell:
                said = say(MODEL, prompt(line, voice=card.voice), seed=3)
                assert not said or stay(said) == stay(line)


def test_an_answer_to_how_the_counselor_is_has_no_word_of_anybodys_life() -> None:
    free = 0
    for seed in range(40):
        said = say(MODEL, prompt("did caleb text you", Move.REACT, Reaction.ADVICE), seed=seed)
        if "caleb" not in said:
            free += 1
            assert {piece.key.rstrip("_") for piece in pieces_of(said)} <= {
                word.rstrip("_") for word in free_words(LEXICON)
            }
    assert 5 < free < 35


def test_a_model_that_finds_no_words_alone_is_not_asked_for_any() -> None:
    careful = DiceModel(LEXICON, None, 384)
    for seed in range(20):
        said = say(careful, prompt("did caleb text you", Move.REACT, Reaction.ADVICE), seed=seed)
        assert not said or stay(said) == ["did", "caleb", "text", "you"]


def test_an_answer_about_the_texter_is_never_said_freely() -> None:
    for seed in range(20):
        said = say(MODEL, prompt("he left not him", Move.REACT, Reaction.CLOSED_QUESTION), seed=seed)
        assert stay(said) == ["he", "left", "not", "him"]


def test_the_same_seed_gives_the_same_words() -> None:
    asked = prompt("i told him. he left, not me")
    assert say(MODEL, asked, seed=5) == say(MODEL, asked, seed=5)
    assert len({say(MODEL, asked, seed=seed) for seed in range(8)}) > 1


def test_a_texter_who_writes_sentences_goes_on_writing_them() -> None:
    said = say(MODEL, prompt("I told Mara. He left.", voice=WRITING), seed=2)
    assert said[0].isupper()
    assert said.endswith(".")
    assert "Mara" in said


def test_a_line_of_small_words_only_has_no_other_words() -> None:
    assert say(MODEL, prompt("ok"), seed=1) == ""


def test_a_folder_without_a_model_is_told_before_anybody_practices(tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match=r"no pocket model lies here|needs onnxruntime-genai"):
        PocketGenerator(tmp_path, model="shipped")
