"""How far each act of a counselor moves a played texter: starting values of research, for clinicians to tune.

A version names a set of values for good: a session keeps the version it began with."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from nightlight.conversations.labels import CounselorAct as Act
from nightlight.conversations.labels import Resistance


@dataclass(frozen=True)
class Shift:
    """What one message with this act alone adds to each quantity of the state, before damping and bounds."""

    trust: float = 0.0
    openness: float = 0.0
    distress: float = 0.0
    hope: float = 0.0
    patience: float = 0.0


NOTHING = Shift()

SHIFTS: Mapping[Act, Shift] = MappingProxyType(
    {
        Act.INTRO: Shift(0.02, 0.02, 0.0, 0.0, 0.02),
        Act.TRANSPARENCY: Shift(0.02, 0.01, 0.0, 0.0, 0.01),
        Act.OPEN_QUESTION: Shift(0.05, 0.07),
        Act.CLOSED_QUESTION: Shift(),
        Act.CLARIFY: Shift(0.01, 0.02),
        Act.REFLECTION: Shift(0.04, 0.03, -0.01),
        Act.COMPLEX_REFLECTION: Shift(0.07, 0.05, -0.03, 0.0, 0.02),
        Act.FEELING: Shift(0.07, 0.05, -0.03, 0.0, 0.02),
        Act.VALIDATION: Shift(0.06, 0.03, -0.04, 0.01, 0.02),
        Act.SUMMARY: Shift(0.03, 0.03, -0.02, 0.01, 0.01),
        Act.STRENGTH: Shift(0.04, 0.01, -0.01, 0.06, 0.02),
        Act.RISK_THOUGHTS: Shift(0.03, 0.04),
        Act.RISK_PLAN: Shift(0.03, 0.04),
        Act.RISK_MEANS: Shift(0.02, 0.02),
        Act.RISK_TIMEFRAME: Shift(0.02, 0.02),
        Act.RISK_PAST: Shift(0.02, 0.02),
        Act.RISK_NOW: Shift(0.02, 0.02),
        Act.RISK_SELF_HARM: Shift(0.02, 0.02),
        Act.RISK_OTHERS: Shift(0.01, 0.01),
        Act.BUFFERS: Shift(0.03, 0.02, -0.01, 0.05),
        Act.GOAL: Shift(0.02, 0.0, -0.03, 0.06),
        Act.COPING: Shift(0.02, 0.01, -0.01, 0.04),
        Act.COLLABORATE: Shift(0.02, 0.0, -0.03, 0.06),
        Act.AUTONOMY: Shift(0.03, 0.02, -0.01, 0.02, 0.01),
        Act.SAFETY_STEP: Shift(0.02, 0.0, -0.03, 0.05),
        Act.RESOURCE: Shift(0.01, 0.0, 0.0, 0.02),
        Act.CLOSE: Shift(0.0, 0.0, -0.01, 0.02),
        Act.ESCALATE: Shift(0.0, 0.0, 0.01, 0.0),
        Act.ADVICE: Shift(-0.08, -0.06, 0.02, -0.02, -0.05),
        Act.SELF_DISCLOSURE: Shift(-0.03, -0.02, 0.0, 0.0, -0.02),
        Act.WHY_QUESTION: Shift(-0.08, -0.07, 0.03, 0.0, -0.05),
        Act.MINIMISE: Shift(-0.10, -0.08, 0.05, -0.04, -0.08),
        Act.PROMISE: Shift(-0.05, -0.03, 0.01, -0.01, -0.03),
        Act.ARGUE: Shift(-0.10, -0.08, 0.04, -0.03, -0.10),
        Act.STACKED_QUESTIONS: Shift(-0.03, -0.02, 0.01, 0.0, -0.07),
        Act.INTERROGATE: Shift(-0.04, -0.05, 0.01, 0.0, -0.08),
        Act.RESOURCE_DUMP: Shift(-0.07, -0.05, 0.02, -0.02, -0.06),
        Act.EUPHEMISM: Shift(-0.04, -0.05, 0.01, 0.0, -0.03),
        Act.MISSED_CUE: Shift(-0.08, -0.10, 0.05, -0.04, -0.05),
        Act.GRAPHIC_PROBE: Shift(-0.10, -0.10, 0.05, 0.0, -0.10),
        Act.ROBOTIC: Shift(-0.03, -0.03, 0.0, 0.0, -0.05),
        Act.ABRUPT: Shift(-0.15, -0.15, 0.06, -0.05, -1.0),
        Act.GREETING: Shift(),
        Act.AGE_NAME: Shift(),
        Act.CHECK_IN: Shift(),
        Act.BACKCHANNEL: Shift(),
        Act.OFF_TOPIC: Shift(),
        Act.BOT_QUESTION: Shift(),
    }
)
"""Every act. Exploration (open questions, reflections that add meaning, feelings named) carries most of the gain."""


@dataclass(frozen=True)
class Temper:
    """How a kind of resistance bends what the acts do, until trust is earned: factors on gains of trust and openness,
    and on losses of patience."""

    trust: float = 1.0
    openness: float = 1.0
    impatience: float = 1.0


TEMPERS: Mapping[Resistance, Temper] = MappingProxyType(
    {
        Resistance.NONE: Temper(),
        Resistance.GUARDED: Temper(0.9, 0.9),
        Resistance.SCEPTICAL: Temper(0.9, 0.85, 1.2),
        Resistance.HOSTILE: Temper(0.9, 0.85, 1.6),
        Resistance.OVER_PLEASING: Temper(0.8, 0.7, 0.6),
        Resistance.TANGENTIAL: Temper(0.85, 0.85, 0.9),
        Resistance.MINIMISING: Temper(0.85, 0.75),
    }
)


@dataclass(frozen=True)
class Parameters:
    """`most_change` of any quantity and `most_distress_change` of distress bound one message. Of an act that came n
    times lately (each occurrence fading by `fading` a message) a gain counts `damping` ** n; harm is never damped, and
    beside harm a message's gains count at most `redeemed` of it.

    `earned`: the trust from which a resistance rests. `late`: seconds of the counselor's silence that cost nothing.
    """

    version: str
    shifts: Mapping[Act, Shift]
    tempers: Mapping[Resistance, Temper]
    most_change: float = 0.15
    most_distress_change: float = 0.08
    damping: float = 0.7
    fading: float = 0.75
    redeemed: float = 0.4
    repaired: float = 0.5
    earned: float = 0.5
    late: float = 180.0
    late_patience: float = 0.06
    wait_patience: float = 0.12


DEFAULT = Parameters("1", SHIFTS, TEMPERS)
