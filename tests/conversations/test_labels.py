"""The label sets are those of corpus/FORMAT.md, and the coarse phases follow from the fine ones."""

from nightlight.conversations.labels import (
    GOOD_ACTS,
    HARMFUL_ACTS,
    NEUTRAL_ACTS,
    SCRIPT_ACTS,
    CoarsePhase,
    CounselorAct,
    Phase,
    Rung,
    TexterAct,
    Topic,
    coarse_phases,
)
from nightlight.settings import shipped


def test_every_counselor_act_is_either_good_or_harmful_or_neutral() -> None:
    assert frozenset(CounselorAct) == GOOD_ACTS | HARMFUL_ACTS | NEUTRAL_ACTS
    assert (len(GOOD_ACTS), len(HARMFUL_ACTS), len(NEUTRAL_ACTS)) == (28, 14, 6)
    assert not GOOD_ACTS & HARMFUL_ACTS
    assert frozenset(CounselorAct) - NEUTRAL_ACTS == SCRIPT_ACTS


def test_each_fine_phase_has_its_coarse_phase() -> None:
    assert list(coarse_phases(Phase)) == [
        CoarsePhase.INITIAL_CONTACT,
        CoarsePhase.ASSESSMENT,
        CoarsePhase.ASSESSMENT,
        CoarsePhase.INTERVENTION,
        CoarsePhase.INTERVENTION,
        CoarsePhase.INTERVENTION,
        CoarsePhase.CLOSING,
        CoarsePhase.CLOSING,
    ]


def test_other_keeps_the_phase_that_runs_and_begins_as_initial_contact() -> None:
    phases = [Phase.OTHER, Phase.EXPLORATION, Phase.OTHER, Phase.CLOSING, Phase.OTHER]
    assert [str(phase) for phase in coarse_phases(phases)] == [
        "initial_contact",
        "assessment",
        "assessment",
        "closing",
        "closing",
    ]


def test_every_label_stands_in_the_format_definition() -> None:
    definition = (shipped("corpus") / "FORMAT.md").read_text()
    for label in [*Phase, *CounselorAct, *TexterAct, *Rung, *Topic]:
        assert label in definition
