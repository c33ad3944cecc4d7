"""Promises of the pocket model, whatever its weights are: here they are dice."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest

from nightlight.conversations.cards import Card, Voice
from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.labels import AgeBand, Author, Reaction
from nightlight.errors import NightlightError
from nightlight.settings import shipped
from nightlight.simulator.plan import Move, Tone
from nightlight.simulator.wording import pocket
from nightlight.simulator.wording.bank import TEXTED
from nightlight.simulator.wording.pocket import PocketGenerator, PocketModel, Reader, load_pocket, say
from nightlight.simulator.wording.pocket_words import ALIKE_AS, CASUAL, CONTROLS, SMALL, Lexicon, pieces_of
from nightlight.simulator.wording.prompt import Prompt

COMMON = (
    "i",
    "told",
    "him",
    "he",
    "left",
    "no",
    "not",
    "fine",
    "its",
    "you",
    "that",
    "dont",
    "know",
    "ok_",
    "say",
    "for",
    "me",
    "thats",
)
ANYBODYS = ("no thats fine", "not for me", "you dont know that", "dont say that", "you don't know that")
LEXICON = Lexicon((*CONTROLS, *sorted(SMALL | set(ALIKE_AS) | {"?"}), *COMMON))
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


def dice() -> Reader:
    return Dice(1)


LINES = {"advice open lower": ANYBODYS}
MODEL = PocketModel(LEXICON, dice, LINES, free=0.5)


@pytest.fixture(scope="module")
def cards() -> list[Card]:
    return list(starter_corpus().cards.values())


def prompt(
    line: str,
    move: Move = Move.TELL,
    reaction: Reaction | None = None,
    voice: Voice = TEXTING,
    said: tuple[str, ...] = (),
) -> Prompt:
    history = tuple((Author.TEXTER, text) for text in said)
    return Prompt(move, Tone.OPEN, line, voice, AgeBand("18-24"), 0.5, reaction, history)


def stay(line: str) -> list[str]:
    """What a line says: its words without small ones, of words that are alike the first."""
    bare = ((piece.key.rstrip("_"), piece) for piece in pieces_of(line))
    return [ALIKE_AS[key][0] if key in ALIKE_AS else key for key, _ in bare if key not in SMALL]


def test_what_a_card_tells_is_told_word_for_word_whatever_a_model_thinks(cards: list[Card]) -> None:
    for card in cards:
        for fact in card.facts:
            for line in fact.tell:
                said = say(MODEL, prompt(line, voice=card.voice), seed=3)
                assert not said or stay(said) == stay(line)


def test_an_answer_to_how_the_counselor_is_is_a_line_that_stands_in_some_card() -> None:
    asked = prompt("you didnt say that", Move.REACT, Reaction.ADVICE)
    found = [say(MODEL, asked, seed=seed) for seed in range(40)]
    anybodys = [said for said in found if said in ANYBODYS]
    assert 5 < len(anybodys) < 35
    assert len(set(anybodys)) > 1
    assert all(stay(said) == ["you", "didnt", "say", "that"] for said in found if said and said not in ANYBODYS)


def test_a_line_that_was_said_or_is_typed_another_way_is_not_said() -> None:
    asked = prompt("dont you", Move.REACT, Reaction.ADVICE, said=("not for me", "i told him", "he left"))
    found = {say(MODEL, asked, seed=seed) for seed in range(40)}
    assert found & set(ANYBODYS)
    assert not found & {"not for me", "you don't know that"}


def test_where_the_card_has_nothing_left_anybodys_line_is_said_every_time() -> None:
    others = ("yes that", "ok you know")
    careful = PocketModel(LEXICON, dice, {"advice open lower": others}, free=0.0)
    assert "ok" in TEXTED.spent[Tone.OPEN]
    for seed in range(20):
        assert say(careful, prompt("ok", Move.REACT, Reaction.ADVICE), seed=seed) in others
        assert say(careful, prompt("ok for me", Move.REACT, Reaction.ADVICE), seed=seed) not in others


def test_no_two_lines_of_others_come_one_after_the_other() -> None:
    always = PocketModel(LEXICON, dice, LINES, free=1.0)
    own = ("you didnt say that", Move.REACT, Reaction.ADVICE)
    for before, is_free in ((("he left", "not for me"), False), (("not for me", "he left", "ok"), True)):
        found = {say(always, prompt(*own, said=before), seed=seed) for seed in range(20)}
        assert bool(found & set(ANYBODYS)) is is_free


def test_a_reaction_that_no_line_fits_stays_with_the_card() -> None:
    always = PocketModel(LEXICON, dice, LINES, free=1.0)
    said = {say(always, prompt("did caleb text you", Move.REACT, Reaction.ADVICE), seed=seed) for seed in range(20)}
    assert not said & set(ANYBODYS)


def test_an_answer_about_the_texter_is_never_anybodys() -> None:
    for seed in range(20):
        said = say(MODEL, prompt("he left not him", Move.REACT, Reaction.CLOSED_QUESTION), seed=seed)
        assert not said or stay(said) == ["he", "left", "not", "him"]


def test_who_has_written_a_word_one_way_goes_on_writing_it_so() -> None:
    asked = prompt("i told someone. someone left", said=("somebody knows",))
    found = [say(MODEL, asked, seed=seed) for seed in range(20)]
    assert any(found)
    assert all("someone" not in said for said in found)


def test_a_texter_of_whole_sentences_uses_no_casual_word() -> None:
    found = [say(MODEL, prompt("I want to say that, though.", voice=WRITING), seed=seed) for seed in range(30)]
    assert any(found)
    assert not any({piece.key for piece in pieces_of(said)} & CASUAL for said in found)


def test_a_small_word_is_not_used_twice_in_a_while() -> None:
    asked = prompt("i told him. he left", said=("honestly no. tbh",))
    found = [say(MODEL, asked, seed=seed) for seed in range(30)]
    assert any(found)
    assert not any({piece.key for piece in pieces_of(said)} & {"honestly", "tbh"} for said in found)


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
    assert say(MODEL, prompt("..."), seed=1) == ""


def test_a_folder_without_a_model_is_told_before_anybody_practices(tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match="no pocket model lies here"):
        PocketGenerator(tmp_path, model="shipped")


def test_without_its_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pocket, "find_spec", lambda name: None)
    with pytest.raises(NightlightError, match="needs onnxruntime, which is not installed") as raised:
        PocketGenerator(shipped("models/pocket"), model="shipped")
    assert "pip install 'nightlight[pocket]'" in str(raised.value)


def test_the_shipped_model_keeps_what_a_line_says(cards: list[Card]) -> None:
    model = load_pocket(shipped("models/pocket"))
    told = [(line, card.voice) for card in cards[:4] for fact in card.facts for line in fact.tell]
    said = {line: say(model, prompt(line, voice=voice), seed=7) for line, voice in told}
    changed = {line: words for line, words in said.items() if words}
    assert changed
    assert all(stay(words) == stay(line) for line, words in changed.items())


def test_sessions_that_are_answered_at_once_hear_what_each_would_alone(cards: list[Card]) -> None:
    model = load_pocket(shipped("models/pocket"))
    asked = [
        prompt(line, Move.REACT, reaction, card.voice)
        for card in cards[:6]
        for reaction in (Reaction.ADVICE, Reaction.REFLECTION)
        for line in card.reactions[reaction].open[:2]
    ]
    alone = [say(model, each, seed=seed) for seed, each in enumerate(asked)]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda seed: say(model, asked[seed], seed=seed), range(len(asked))))
    assert together == alone
    assert len(set(alone)) > len(alone) / 4
