"""Promises of corrections: with a reason and a name, beside the trace, and data for the next labeller."""

import pytest
from tests.practice.conftest import SECRET, Clock, Play

from nightlight.catalog.audit import tail
from nightlight.db import rows_of, transaction
from nightlight.errors import NightlightError
from nightlight.practice import corrections, sessions
from nightlight.practice.cohorts import make_cohort
from nightlight.settings import Home

WHY = "this names a feeling, it does not only reflect"


@pytest.fixture
def taught(people: Home, clock: Clock) -> Home:
    make_cohort(people, "A", ["ana"], by="sam", clock=clock)
    return people


def test_a_correction_stands_beside_the_trace_and_does_not_change_it(taught: Home, clock: Clock, play: Play) -> None:
    practice = play(taught, "ana")
    before = sessions.resume(taught, practice).turns
    kept = corrections.correct_acts(taught, practice, 1, ["feeling"], WHY, by="sam", clock=clock)
    assert (kept.old, kept.new) == ([each.act.value for each in before[1].acts], ["feeling"])
    assert (kept.by, kept.labeller, kept.at) == ("sam", practice.labeller, clock())
    assert sessions.resume(taught, practice).turns == before
    assert corrections.list_corrections(taught, practice) == [kept]


def test_a_rubric_item_is_corrected_the_same_way(taught: Home, clock: Clock, play: Play) -> None:
    practice = play(taught, "ana")
    with transaction(taught.database_url) as connection:
        item = rows_of(connection, "practice_items", "item", session=practice.id)[0]
    kept = corrections.correct_item(taught, practice, item["item"], 1, WHY, by="sam", clock=clock)
    assert (kept.turn, kept.old, kept.new) == (None, item["score"], 1)
    with pytest.raises(NightlightError, match="no such item"):
        corrections.correct_item(taught, practice, "posture", 1, WHY, by="sam", clock=clock)
    with pytest.raises(NightlightError, match="0, 1 or 2"):
        corrections.correct_item(taught, practice, item["item"], 3, WHY, by="sam", clock=clock)


def test_only_the_persons_trainer_corrects(taught: Home, clock: Clock, play: Play) -> None:
    practice = play(taught, "ana")
    for other in ("ana", "tess", "otto"):
        with pytest.raises(NightlightError):
            corrections.correct_acts(taught, practice, 1, ["feeling"], WHY, by=other, clock=clock)
    assert not corrections.list_corrections(taught, practice)


@pytest.mark.parametrize(
    ("turn", "acts", "reason"), [(1, ["felling"], WHY), (1, [], WHY), (2, ["feeling"], WHY), (1, ["feeling"], "no")]
)
def test_a_correction_that_says_nothing_is_refused(
    taught: Home, clock: Clock, play: Play, turn: int, acts: list[str], reason: str
) -> None:
    practice = play(taught, "ana")
    with pytest.raises(NightlightError):
        corrections.correct_acts(taught, practice, turn, acts, reason, by="sam", clock=clock)


def test_the_newest_correction_of_each_message_becomes_labelled_data(taught: Home, clock: Clock, play: Play) -> None:
    practice = play(taught, "ana")
    corrections.correct_acts(taught, practice, 1, ["validation"], WHY, by="sam", clock=clock)
    corrections.correct_acts(taught, practice, 1, ["feeling", "reflection"], WHY, by="sam", clock=clock)
    (row,) = corrections.corrected_messages(taught)
    assert (row["text"], row["acts"]) == (SECRET, ["feeling", "reflection"])
    assert row["is_synthetic"] is True
    assert {"labeller", "corrected_by", "corrected_at", "acts_before"} <= row.keys()
    assert SECRET not in str(tail(taught, 20))
