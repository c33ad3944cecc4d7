"""Promises of the checks: each takes back what it is for, and no line of the shipped cards holds a detail."""

from functools import cache

import pytest

from nightlight.conversations.card_form import read_card
from nightlight.conversations.cards import Card, burst
from nightlight.conversations.corpus import shipped_corpus
from nightlight.conversations.labels import Reaction, Rung
from nightlight.simulator.checks import Context, first_failed, method_detail
from nightlight.simulator.plan import Move, Step
from nightlight.simulator.state import start_of

CARDS = sorted((shipped_corpus() / "cards").glob("*.yaml"))


@cache
def card() -> Card:
    return read_card(shipped_corpus() / "cards" / "night-shift-fine.yaml")


def failed(text: str, step: Step = Step(Move.REACT, reaction=Reaction.REFLECTION), counselor: str = "") -> str | None:  # noqa: B008  # frozen
    return first_failed([text], Context(card(), start_of(card()), step, counselor, frozenset({"i said it once"})))


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("20 tablets", "method detail"),
        (
            "I lost someone three weeks ago. bed six. I was helping the lady in bed nine with her slippers",
            "closed fact",
        ),
        ("I want to kill myself", "closed rung"),
        ("thank you for sharing that with me", "role flip"),
        ("as an ai I have no shifts", "out of character"),
        ("I said it once", "repeat"),
        ("I'm just tired, the kettle is on", None),
    ],
)
def test_each_check_takes_back_what_it_is_for(text: str, check: str | None) -> None:
    assert failed(text) == check


def test_a_fact_may_be_told_by_the_step_that_tells_it() -> None:
    line = card().fact("bed-six").tell[0]
    assert failed(line, Step(Move.TELL, fact="bed-six")) is None


def test_thoughts_may_be_spoken_of_in_the_answer_to_the_question() -> None:
    assert failed("I want to kill myself", Step(Move.ANSWER, rung=Rung.THOUGHTS)) is None


def test_a_run_of_the_counselors_own_words_is_an_echo() -> None:
    theirs = "It sounds like you have been carrying all of this alone"
    assert failed("you have been carrying all of this i guess", counselor=theirs) == "echo"
    assert failed("carrying it alone yeah", counselor=theirs) is None


@pytest.mark.parametrize("file", CARDS, ids=lambda file: file.stem)
def test_no_line_of_a_shipped_card_holds_a_detail(file: object) -> None:
    found = read_card(file)  # type: ignore[arg-type]
    lines = [
        *found.opening,
        *(line for fact in found.facts for line in (*fact.tell, *fact.hint)),
        *(line for answer in found.risk_answers.values() for line in (*answer.tell, *answer.hedge)),
        *(line for lines in found.reactions.values() for line in (*lines.guarded, *lines.open)),
    ]
    assert [line for line in lines for message in burst(line) if method_detail(message)] == []
