"""Whether cards are different people (A12), and whether played texters look like written ones (A13)."""

from collections.abc import Callable

import pytest
from tests.simulator.measures.saying import Saying

from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.labels import Author
from nightlight.labelling.acts import shipped_labeller
from nightlight.simulator.measures import distinct
from nightlight.simulator.measures.plays import Plays
from nightlight.simulator.measures.statistics import written
from nightlight.simulator.wording import Situation

CARDS = ("exam-week-sleepless", "two-am-range", "the-other-chair", "lol-is-this-real")


@pytest.fixture(scope="module")
def cards() -> list[Card]:
    known = starter_corpus().cards
    return [known[name] for name in CARDS]


def of(cards: list[Card], reply: Callable[[Situation], str]) -> Plays:
    return Plays(cards, (1,), shipped_labeller(), Saying(reply), unchecked=True)


ONE_VOICE = "It has been a really difficult time for me lately and I do not know what to do about everything."


def test_the_cards_are_different_people_with_their_own_lines(cards: list[Card]) -> None:
    recognized, variety = distinct.personas(Plays(cards, (1, 2), shipped_labeller()))
    assert recognized.passed
    assert recognized.n == 4 * len(cards)
    assert variety.passed


def test_texters_who_all_write_the_same_are_not_told_apart_and_vary_little(cards: list[Card]) -> None:
    recognized, variety = distinct.personas(of(cards, lambda s: ONE_VOICE))
    assert not recognized.passed
    assert not variety.passed


def test_a_machine_s_prose_is_told_from_what_people_wrote_and_the_cards_lines_less_so(cards: list[Card]) -> None:
    def prose(situation: Situation) -> str:
        return f"{ONE_VOICE} Thank you for asking about that, it means a lot ({len(situation.texts)})."

    machine = distinct.people_or_not(of(cards, prose))
    ours = distinct.people_or_not(Plays(cards, (1,), shipped_labeller()))
    assert len(machine) == len(ours) == 2
    assert all(measure.value > 0.95 and not measure.passed for measure in machine)
    assert all(measure.value < 0.8 for measure in ours)


def test_two_halves_of_what_people_wrote_are_not_told_apart() -> None:
    talks = [(name, talk) for name in CARDS for talk in written([name])]
    area, count = distinct.separability(talks[::2], talks[1::2], by_card=False)
    assert count == sum(author is Author.TEXTER for _, talk in talks for author, _ in talk)
    assert 0.35 < area < 0.65
