"""Labels go into a row and come out of it."""

from datetime import UTC, datetime

import pytest

from nightlight.conversations.labels import Author, CoarsePhase, CounselorAct, Phase, RiskAttribute
from nightlight.labelling.acts import LabelledAct
from nightlight.labelling.conversation import LabelledMessage
from nightlight.labelling.risk import LabelledRisk
from nightlight.quality.label_rows import labels_from_json, labels_to_json

AT = datetime(2026, 3, 1, tzinfo=UTC)
TEXTER, COUNSELOR = Author.TEXTER, Author.COUNSELOR


@pytest.mark.parametrize(
    "labels",
    [
        LabelledMessage("1", TEXTER, AT, None, None, None, None, None, "no words to read"),
        LabelledMessage(
            "2",
            COUNSELOR,
            AT,
            Phase.PLANNING,
            CoarsePhase.INTERVENTION,
            0.9,
            (LabelledAct(CounselorAct.GOAL, 0.8), LabelledAct(CounselorAct.COPING, 0.5)),
            None,
        ),
        LabelledMessage(
            "3",
            TEXTER,
            AT,
            Phase.OTHER,
            CoarsePhase.ASSESSMENT,
            0.5,
            None,
            LabelledRisk(2, (0.1, 0.1, 0.7, 0.05, 0.05), (RiskAttribute.PAST, RiskAttribute.PROTECTIVE)),
        ),
    ],
)
def test_labels_come_back_as_they_were(labels: LabelledMessage) -> None:
    assert labels_from_json(labels_to_json(labels), labels.id, labels.author, AT) == labels
