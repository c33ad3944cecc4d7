"""What if: back to one message with other words, the rest unchanged, both ways side by side."""

import pytest

from nightlight.conversations.corpus import starter_corpus
from nightlight.errors import NightlightError
from nightlight.labelling.acts import shipped_labeller
from nightlight.simulator.session import Said, Session, Waited
from nightlight.simulator.what_if import compare, go_on_as_before, rewind

CARD = starter_corpus().cards["exam-week-sleepless"]
LINES = ("Hi, I'm Sam. What's going on tonight?", "You should just go to bed.", "What happened then?", "Tell me more.")


def session() -> Session:
    played = Session(CARD, seed=3, labeller=shipped_labeller())
    for number, text in enumerate(LINES, 1):
        played.handle(Said(number * 60.0, text))
    return played


def test_a_rewound_session_keeps_what_came_before_and_takes_the_new_words() -> None:
    old = session()
    branch = rewind(old, 2, "It makes sense that you can't sleep after that. What happened?")
    assert branch.turns[:2] == old.turns[:2]
    assert branch.turns[2].counselor.startswith("It makes sense")
    assert branch.turns[2].event == Said(120.0, branch.turns[2].counselor)
    assert len(branch.turns) == 3
    assert [turn.counselor for turn in old.turns[1:]] == list(LINES), "the original stays as it was"


def test_the_same_words_again_change_nothing() -> None:
    old = session()
    branch = go_on_as_before(rewind(old, 2, LINES[1]), old)
    assert branch.turns == old.turns
    found = compare(CARD, old, branch)
    assert found.turn is None
    assert (found.only_one, found.only_other) == ((), ())
    assert found.sentence.startswith("Little changed")


def test_kinder_words_leave_more_trust_and_the_comparison_says_so() -> None:
    old = session()
    found = compare(CARD, old, rewind(old, 2, "It makes sense that you can't sleep after that."))
    assert found.turn == 2
    assert found.one.text == LINES[1]
    assert found.one.replies
    assert found.other.trust_change > found.one.trust_change
    assert found.sentence


def test_the_branch_goes_on_with_the_same_later_messages() -> None:
    old = session()
    branch = go_on_as_before(rewind(old, 2, "It makes sense that you can't sleep."), old)
    assert [turn.event for turn in branch.turns[3:]] == [turn.event for turn in old.turns[3 : len(branch.turns)]]
    assert compare(CARD, old, branch).other.trust == branch.state.trust


def test_only_ones_own_messages_can_be_taken_back() -> None:
    old = session()
    old.handle(Waited(1000.0))
    for turn in (0, len(old.turns) - 1, 99, -1):
        with pytest.raises(NightlightError, match="no message of yours"):
            rewind(old, turn, "Hello")
    with pytest.raises(NightlightError, match="nothing to try"):
        rewind(old, 2, "  ")
