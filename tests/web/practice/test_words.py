"""Every label that a page may show has a word for people."""

import pytest

from nightlight.conversations.labels import CounselorAct, Outcome, Phase, Rung, Topic
from nightlight.practice.efficacy import TASKS
from nightlight.practice.wishes import FEELINGS
from nightlight.simulator.feedback import Mode
from nightlight.web.practice import debrief, progress, words


@pytest.mark.parametrize(
    ("labels", "known"),
    [
        (CounselorAct, words.ACTS),
        (Outcome, words.OUTCOMES),
        (Phase, words.PHASES),
        (Rung, words.RUNGS),
        (Topic, words.TOPICS),
        (Mode, words.MODES),
        (FEELINGS, debrief.FEELINGS),
        (TASKS, progress.TASK_WORDS),
    ],
)
def test_every_label_has_a_word(labels: object, known: dict[str, object]) -> None:
    assert set(labels) == set(known)  # type: ignore[call-overload]


def test_the_tasks_of_the_form_are_those_that_are_stored() -> None:
    assert progress.TASK_WORDS == TASKS
