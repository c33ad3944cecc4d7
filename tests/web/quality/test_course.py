"""The course of a conversation, from labels to the geometry of its picture."""

from nightlight.conversations.labels import Author, CoarsePhase, CounselorAct, Phase
from nightlight.labelling.acts import LabelledAct
from nightlight.labelling.conversation import LabelledMessage
from nightlight.labelling.risk import LabelledRisk
from nightlight.web.quality.course import Strength, lanes, risk_line, risk_steps, strengths, stretches


def counselor(phase: Phase | None, *acts: CounselorAct) -> LabelledMessage:
    done = tuple(LabelledAct(act, 0.9) for act in acts)
    return LabelledMessage("", Author.COUNSELOR, None, phase, CoarsePhase.ASSESSMENT, 0.9, done, None)


def texter(level: int | None, phase: Phase = Phase.EXPLORATION) -> LabelledMessage:
    risk = None if level is None else LabelledRisk(level, (1.0, 0.0, 0.0, 0.0, 0.0))
    return LabelledMessage("", Author.TEXTER, None, phase, CoarsePhase.ASSESSMENT, 0.9, None, risk)


def test_messages_of_one_phase_are_one_stretch() -> None:
    found = stretches([texter(0, Phase.ENGAGEMENT), texter(0), counselor(Phase.EXPLORATION), counselor(None)])
    assert [(each.phase, each.first, each.last) for each in found] == [
        (Phase.ENGAGEMENT, 1, 1),
        (Phase.EXPLORATION, 2, 3),
        (None, 4, 4),
    ]


def test_phases_that_a_conversation_never_had_keep_an_empty_lane() -> None:
    found = {lane.phase: lane.stretches for lane in lanes(stretches([texter(0), counselor(None)]))}
    assert found[Phase.RISK_ASSESSMENT] == ()
    assert Phase.EMERGENCY not in found
    assert len(found[None]) == 1


def test_a_level_holds_until_the_texter_writes_again() -> None:
    said = [counselor(Phase.ENGAGEMENT), texter(1), counselor(Phase.EXPLORATION), texter(3), texter(0), texter(None)]
    steps = risk_steps(said)
    assert [(each.level, each.highest, each.first, each.last) for each in steps] == [
        (1, 1, 2, 3),
        (3, 3, 4, 4),
        (0, 3, 5, 5),
        (None, 3, 6, 6),
    ]
    assert risk_line(steps, lambda step: step.level) == "M1 3.5H3V1.5H4V4.5H5"
    assert risk_line(steps, lambda step: step.highest) == "M1 3.5H3V1.5H4V1.5H5V1.5H6"


def test_a_conversation_without_a_texter_has_no_line() -> None:
    assert risk_steps([counselor(Phase.ENGAGEMENT)]) == ()
    assert risk_line((), lambda step: step.level) == ""


def test_what_helps_is_counted_once_a_message() -> None:
    said = [
        counselor(Phase.EXPLORATION, CounselorAct.VALIDATION, CounselorAct.STRENGTH, CounselorAct.ADVICE),
        texter(0),
    ]
    assert strengths(said) == (Strength("values the texter", (1,)),)
