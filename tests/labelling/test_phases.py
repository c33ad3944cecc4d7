"""The phase that a counselor's message serves, from its acts and the running phase."""

import pytest

from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.labels import Author, CounselorAct, Phase, Quality
from nightlight.labelling.examples import script_examples
from nightlight.labelling.phases import next_phase


@pytest.mark.parametrize(
    ("running", "act", "turns", "phase"),
    [
        (Phase.ENGAGEMENT, CounselorAct.INTRO, 1, Phase.ENGAGEMENT),
        (Phase.ENGAGEMENT, CounselorAct.REFLECTION, 5, Phase.EXPLORATION),
        (Phase.EXPLORATION, CounselorAct.RISK_THOUGHTS, 6, Phase.RISK_ASSESSMENT),
        (Phase.EXPLORATION, CounselorAct.RISK_SELF_HARM, 6, Phase.RISK_ASSESSMENT),
        (Phase.RISK_ASSESSMENT, CounselorAct.VALIDATION, 7, Phase.RISK_ASSESSMENT),
        (Phase.RISK_ASSESSMENT, CounselorAct.ESCALATE, 7, Phase.EMERGENCY),
        (Phase.EXPLORATION, CounselorAct.GOAL, 9, Phase.GOAL_SETTING),
        (Phase.GOAL_SETTING, CounselorAct.COPING, 10, Phase.PLANNING),
        (Phase.PLANNING, CounselorAct.CLOSE, 14, Phase.CLOSING),
        (Phase.CLOSING, CounselorAct.RISK_NOW, 15, Phase.RISK_ASSESSMENT),
    ],
)
def test_acts_move_the_phase(running: Phase, act: CounselorAct, turns: int, phase: Phase) -> None:
    assert next_phase(running, [act], texter_turns=turns) is phase


def test_a_message_without_acts_keeps_the_phase() -> None:
    assert next_phase(Phase.PLANNING, [], texter_turns=3) is Phase.PLANNING


def test_on_skilled_scripts_the_written_acts_give_the_phase_far_better_than_the_most_frequent_one() -> None:
    right = total = 0
    for script in starter_corpus().scripts:
        if script.quality is not Quality.SKILLED:
            continue
        phase, phases = Phase.ENGAGEMENT, [m.phase for m in script.messages if m.author is Author.COUNSELOR]
        for number, (example, wanted) in enumerate(zip(script_examples(script), phases, strict=True), 1):
            phase = next_phase(phase, example.acts, texter_turns=number)
            right, total = right + (phase is wanted), total + 1
    assert right / total > 0.8
