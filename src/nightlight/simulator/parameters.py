"""How far each act of a counselor moves a played texter: starting values of research, for clinicians to tune.

A version names a set of values for good: a session keeps the version it began with."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from nightlight.conversations.labels import CounselorAct


@dataclass(frozen=True)
class Shift:
    """What one message with this act alone adds to each quantity of the state, before damping and bounds."""

    trust: float = 0.0
    openness: float = 0.0
    distress: float = 0.0
    hope: float = 0.0
    patience: float = 0.0


SHIFTS: Mapping[CounselorAct, Shift] = MappingProxyType(
    {
        CounselorAct.OPEN_QUESTION: Shift(0.05, 0.07),
        CounselorAct.REFLECTION: Shift(0.04, 0.03, -0.01),
        CounselorAct.COMPLEX_REFLECTION: Shift(0.07, 0.05, -0.03, 0.0, 0.02),
        CounselorAct.VALIDATION: Shift(0.06, 0.03, -0.04, 0.01, 0.02),
        CounselorAct.RISK_THOUGHTS: Shift(0.03, 0.04),
        CounselorAct.ADVICE: Shift(-0.08, -0.06, 0.02, -0.02, -0.05),
        CounselorAct.WHY_QUESTION: Shift(-0.08, -0.07, 0.03, 0.0, -0.05),
    }
)


@dataclass(frozen=True)
class Parameters:
    """`most_change` of any quantity and `most_distress_change` of distress bound one message; an act repeated n times
    counts `damping` ** n."""

    version: str
    shifts: Mapping[CounselorAct, Shift]
    most_change: float = 0.15
    most_distress_change: float = 0.08
    damping: float = 0.7


DEFAULT = Parameters("1", SHIFTS)
