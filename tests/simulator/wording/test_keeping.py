"""What a model's words must keep: no closed fact of any card slips through as it stands, and little else is stopped."""

from collections.abc import Iterator

import pytest
from tests.simulator.wording.test_prompt import cards

from nightlight.conversations.cards import Card, Voice
from nightlight.conversations.labels import Author, Reaction
from nightlight.simulator.plan import Move, Plan, Step, Tone
from nightlight.simulator.state import start_of
from nightlight.simulator.wording import Situation, Worded
from nightlight.simulator.wording.figures import LEAKS
from nightlight.simulator.wording.keeping import first_problem, in_voice

STEP = Step(Move.REACT, reaction=Reaction.REFLECTION)
WORDED = Worded(STEP, ("yeah",), "yeah")


def at_the_start(card: Card, counselor: str = "That sounds hard.") -> Situation:
    return Situation(
        card=card,
        name="Sam",
        plan=Plan((STEP,), Tone.OPEN),
        state=start_of(card),
        counselor=counselor,
        used_lines=frozenset(),
        texts=((Author.TEXTER, "hi"),),
        seed="1",
    )


def problem(text: str, situation: Situation, worded: Worded = WORDED) -> str:
    return first_problem(in_voice(text, situation.card.voice), worded, situation, most_words=60)


@pytest.mark.parametrize("name", sorted(cards()))
def test_no_line_of_a_closed_fact_may_be_said(name: str) -> None:
    card = cards()[name]
    lines = [line for fact in card.facts for line in fact.tell]
    assert [line for line in lines if not problem(line, at_the_start(card))] == []


def everyday_answers(card: Card) -> Iterator[str]:
    for other in cards().values():
        if other.id != card.id:
            yield from other.reactions[Reaction.REFLECTION].open


def test_everyday_answers_are_seldom_stopped() -> None:
    some = [cards()[name] for name in sorted(cards())[::8]]
    found = [problem(line, at_the_start(card)) for card in some for line in everyday_answers(card)]
    assert len(found) > 200
    assert sum(map(bool, found)) < 0.05 * len(found)


def test_what_both_have_said_may_be_said_again() -> None:
    card = cards()["after-the-party"]
    assert problem("in the wardrobe", at_the_start(card)) == "closed fact"
    assert problem("in the wardrobe", at_the_start(card, "Where? In a wardrobe?")) == ""


def test_what_nobody_may_tell_counts_as_a_leak_whatever_else_is_wrong_with_it() -> None:
    found = problem("here's how, step by step " + "and so on " * 40, at_the_start(cards()["after-the-party"]))
    assert found == "method detail"
    assert found in LEAKS


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("its since saturday, somebodys house. nobody important", True),
        ("someones house on saturday, nobody important there", True),
        ("just a house", False),
    ],
)
def test_a_told_fact_keeps_half_of_its_words(text: str, kept: bool) -> None:
    card = cards()["after-the-party"]
    told = Worded(Step(Move.TELL, fact="party"), ("",), "its since saturday. someones house, nobody important")
    assert problem(text, at_the_start(card), told) == ("" if kept else "fact lost")


@pytest.mark.parametrize(("text", "kept"), [("were on slides 4 to 7, he has 8", True), ("were on slides", False)])
def test_a_told_fact_keeps_its_numbers(text: str, kept: bool) -> None:
    card = cards()["after-the-party"]
    told = Worded(Step(Move.TELL, fact="wednesday-seminar"), ("",), "i have slides 4 to 7 and he has 8")
    assert problem(text, at_the_start(card), told) == ("" if kept else "fact lost")


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ('Texter: "I told him."', ("i told him",)),
        ("“ok”", ("ok",)),
        ("Jess: ok / and then \N{GRINNING FACE}", ("ok", "and then")),
        ("he said: no", ("he said: no",)),
        ("wait...", ("wait...",)),
        ("  /  ", ("/",)),
        ("", ()),
    ],
)
def test_words_are_typed_as_the_texter_types(text: str, messages: tuple[str, ...]) -> None:
    assert in_voice(text, Voice(7, 0.97, 0.9, 0.0, 0.0, 0.3)) == messages


def test_a_texter_who_writes_capitals_and_stops_keeps_them() -> None:
    assert in_voice("I told him. \N{GRINNING FACE}", Voice(7, 0.1, 0.1, 0.0, 0.2, 0.3)) == (
        "I told him. \N{GRINNING FACE}",
    )
