"""What somebody has read before is counted by sessions of the same card and counselor."""

from nightlight.conversations.corpus import starter_corpus
from nightlight.labelling.acts import shipped_labeller
from nightlight.simulator.counselors import Kind
from nightlight.simulator.measures.again import read_before
from nightlight.simulator.measures.plays import Plays


def plays(*seeds: int) -> Plays:
    card = starter_corpus().cards["exam-week-sleepless"]
    return Plays([card], seeds, shipped_labeller(), true_acts=True, kinds=(Kind.GOOD,))


def test_the_same_session_again_has_all_been_read() -> None:
    assert read_before(plays(1, 1), sessions=[1, 2]) == {1: 0.0, 2: 1.0}


def test_the_more_sessions_the_more_has_been_read() -> None:
    found = read_before(plays(1, 2, 3, 4, 5))
    assert 0 < found[2] < found[5] < 1
