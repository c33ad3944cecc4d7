"""The label sets of practice and of real conversations; corpus/FORMAT.md defines what each word means.

Values are what stands in files and tables: a label is never renamed, only added."""

from collections.abc import Iterable, Iterator
from enum import StrEnum


class Author(StrEnum):
    TEXTER = "texter"
    COUNSELOR = "counselor"


class Phase(StrEnum):
    """The fine phase that one message serves."""

    ENGAGEMENT = "engagement"
    EXPLORATION = "exploration"
    RISK_ASSESSMENT = "risk_assessment"
    GOAL_SETTING = "goal_setting"
    PLANNING = "planning"
    EMERGENCY = "emergency"
    CLOSING = "closing"
    OTHER = "other"


class CoarsePhase(StrEnum):
    INITIAL_CONTACT = "initial_contact"
    ASSESSMENT = "assessment"
    INTERVENTION = "intervention"
    CLOSING = "closing"


COARSE_PHASE = {
    Phase.ENGAGEMENT: CoarsePhase.INITIAL_CONTACT,
    Phase.EXPLORATION: CoarsePhase.ASSESSMENT,
    Phase.RISK_ASSESSMENT: CoarsePhase.ASSESSMENT,
    Phase.GOAL_SETTING: CoarsePhase.INTERVENTION,
    Phase.PLANNING: CoarsePhase.INTERVENTION,
    Phase.EMERGENCY: CoarsePhase.INTERVENTION,
    Phase.CLOSING: CoarsePhase.CLOSING,
}
"""Every fine phase but `other`, which has no coarse phase of its own."""


def coarse_phases(phases: Iterable[Phase]) -> Iterator[CoarsePhase]:
    """The coarse phase of each message in order; `other` keeps the running one, at first the initial contact.

    >>> [str(phase) for phase in coarse_phases([Phase.OTHER, Phase.PLANNING, Phase.OTHER])]
    ['initial_contact', 'intervention', 'intervention']
    """
    running = CoarsePhase.INITIAL_CONTACT
    for phase in phases:
        running = COARSE_PHASE.get(phase, running)
        yield running


class CounselorAct(StrEnum):
    """What a counselor's message does; one message may do several things."""

    INTRO = "intro"
    TRANSPARENCY = "transparency"
    OPEN_QUESTION = "open_question"
    CLOSED_QUESTION = "closed_question"
    CLARIFY = "clarify"
    REFLECTION = "reflection"
    COMPLEX_REFLECTION = "complex_reflection"
    FEELING = "feeling"
    VALIDATION = "validation"
    SUMMARY = "summary"
    STRENGTH = "strength"
    RISK_THOUGHTS = "risk_thoughts"
    RISK_PLAN = "risk_plan"
    RISK_MEANS = "risk_means"
    RISK_TIMEFRAME = "risk_timeframe"
    RISK_PAST = "risk_past"
    RISK_NOW = "risk_now"
    RISK_OTHERS = "risk_others"
    RISK_SELF_HARM = "risk_self_harm"
    BUFFERS = "buffers"
    GOAL = "goal"
    COPING = "coping"
    COLLABORATE = "collaborate"
    AUTONOMY = "autonomy"
    SAFETY_STEP = "safety_step"
    RESOURCE = "resource"
    CLOSE = "close"
    ESCALATE = "escalate"

    ADVICE = "advice"
    SELF_DISCLOSURE = "self_disclosure"
    WHY_QUESTION = "why_question"
    MINIMISE = "minimise"
    PROMISE = "promise"
    ARGUE = "argue"
    STACKED_QUESTIONS = "stacked_questions"
    INTERROGATE = "interrogate"
    RESOURCE_DUMP = "resource_dump"
    EUPHEMISM = "euphemism"
    MISSED_CUE = "missed_cue"
    GRAPHIC_PROBE = "graphic_probe"
    ROBOTIC = "robotic"
    ABRUPT = "abrupt"

    GREETING = "greeting"
    AGE_NAME = "age_name"
    CHECK_IN = "check_in"
    BACKCHANNEL = "backchannel"
    OFF_TOPIC = "off_topic"
    BOT_QUESTION = "bot_question"


HARMFUL_ACTS = frozenset(
    {
        CounselorAct.ADVICE,
        CounselorAct.SELF_DISCLOSURE,
        CounselorAct.WHY_QUESTION,
        CounselorAct.MINIMISE,
        CounselorAct.PROMISE,
        CounselorAct.ARGUE,
        CounselorAct.STACKED_QUESTIONS,
        CounselorAct.INTERROGATE,
        CounselorAct.RESOURCE_DUMP,
        CounselorAct.EUPHEMISM,
        CounselorAct.MISSED_CUE,
        CounselorAct.GRAPHIC_PROBE,
        CounselorAct.ROBOTIC,
        CounselorAct.ABRUPT,
    }
)
"""What a trained counselor avoids: never a model of good wording."""

NEUTRAL_ACTS = frozenset(
    {
        CounselorAct.GREETING,
        CounselorAct.AGE_NAME,
        CounselorAct.CHECK_IN,
        CounselorAct.BACKCHANNEL,
        CounselorAct.OFF_TOPIC,
        CounselorAct.BOT_QUESTION,
    }
)
"""Acts that single counselor messages carry and role-play scripts do not."""

GOOD_ACTS = frozenset(CounselorAct) - HARMFUL_ACTS - NEUTRAL_ACTS
SCRIPT_ACTS = GOOD_ACTS | HARMFUL_ACTS


class TexterAct(StrEnum):
    GREET = "greet"
    PRESENT = "present"
    ELABORATE = "elaborate"
    DISCLOSE = "disclose"
    FEEL = "feel"
    ANSWER = "answer"
    DEFLECT = "deflect"
    RESIST = "resist"
    TEST = "test"
    ASK = "ask"
    ACCEPT = "accept"
    DECLINE = "decline"
    AMBIVALENT = "ambivalent"
    THANK = "thank"
    JOKE = "joke"
    CORRECT = "correct"
    END = "end"


class Rung(StrEnum):
    """A rung of the risk ladder that a texter's message answers."""

    THOUGHTS = "thoughts"
    PLAN = "plan"
    MEANS = "means"
    TIMEFRAME = "timeframe"
    PAST = "past"
    SELF_HARM = "self_harm"
    NOW = "now"


class RiskAttribute(StrEnum):
    """What a texter's message says about risk beside its level; docs/labels.md defines each."""

    NEGATED = "negated"
    PAST = "past"
    THIRD_PARTY = "third_party"
    SELF_HARM = "self_harm"
    HARM_TO_OTHERS = "harm_to_others"
    ABUSE = "abuse"
    SUBSTANCE = "substance"
    PROTECTIVE = "protective"


HIGHEST_RISK = 4
"""Risk levels go from 0 (none) to 4 (imminent)."""


class Reaction(StrEnum):
    """What the counselor did that the texter reacts to when no fact answers it."""

    GREETING = "greeting"
    REFLECTION = "reflection"
    VALIDATION = "validation"
    STRENGTH = "strength"
    OPEN_QUESTION = "open_question"
    CLOSED_QUESTION = "closed_question"
    SUMMARY = "summary"
    ADVICE = "advice"
    MINIMISE = "minimise"
    WHY_QUESTION = "why_question"
    SELF_DISCLOSURE = "self_disclosure"
    ARGUE = "argue"
    PROMISE = "promise"
    STACKED_QUESTIONS = "stacked_questions"
    EUPHEMISM = "euphemism"
    RESOURCE = "resource"
    GOAL = "goal"
    COPING = "coping"
    COLLABORATE = "collaborate"
    SAFETY_STEP = "safety_step"
    ESCALATE = "escalate"
    MISSED_CUE = "missed_cue"
    SILENCE = "silence"
    UNCLEAR = "unclear"
    BOT_QUESTION = "bot_question"


class ExpectedOutcome(StrEnum):
    """Where good counseling leads with one card."""

    END = "end"
    SAFETY_PLAN = "safety_plan"
    SUPERVISOR = "supervisor"
    EMERGENCY = "emergency"


class Outcome(StrEnum):
    """How a conversation ended; `left` = the texter went without a close."""

    END = "end"
    SAFETY_PLAN = "safety_plan"
    SUPERVISOR = "supervisor"
    EMERGENCY = "emergency"
    LEFT = "left"


class Quality(StrEnum):
    SKILLED = "skilled"
    MIXED = "mixed"
    POOR = "poor"


class Topic(StrEnum):
    SCHOOL = "school"
    ANXIETY = "anxiety"
    DEPRESSION = "depression"
    GRIEF = "grief"
    RELATIONSHIP = "relationship"
    FAMILY = "family"
    FRIENDS = "friends"
    BULLYING = "bullying"
    LGBTQ = "lgbtq"
    SELF_HARM = "self_harm"
    SUICIDE = "suicide"
    ABUSE = "abuse"
    ASSAULT = "assault"
    SUBSTANCE = "substance"
    EATING = "eating"
    WORK = "work"
    MONEY = "money"
    LONELINESS = "loneliness"
    HEALTH = "health"
    PARENTING = "parenting"
    CAREGIVING = "caregiving"
    HOUSING = "housing"
    IDENTITY = "identity"
    THIRD_PARTY = "third_party"
    TRAUMA = "trauma"
    TESTING = "testing"


class AgeBand(StrEnum):
    UNDER_13 = "under13"
    FROM_13 = "13-17"
    FROM_18 = "18-24"
    FROM_25 = "25-34"
    FROM_35 = "35-54"
    FROM_55 = "55+"


class Resistance(StrEnum):
    NONE = "none"
    GUARDED = "guarded"
    SCEPTICAL = "sceptical"
    HOSTILE = "hostile"
    OVER_PLEASING = "over_pleasing"
    TANGENTIAL = "tangential"
    MINIMISING = "minimising"


class FactKind(StrEnum):
    PRESENTING = "presenting"
    BACKGROUND = "background"
    FEELING = "feeling"
    STRENGTH = "strength"
    COPING = "coping"
    PROTECTIVE = "protective"
    GOAL = "goal"


class Thoughts(StrEnum):
    NONE = "none"
    PASSIVE = "passive"
    ACTIVE = "active"


class Plan(StrEnum):
    NONE = "none"
    VAGUE = "vague"
    SPECIFIC = "specific"


class Means(StrEnum):
    """A category and nothing finer, everywhere in the product."""

    NONE = "none"
    MEDICATION = "medication"
    FIREARM = "firearm"
    SHARP = "sharp"
    VEHICLE = "vehicle"
    OTHER = "other"


class Timeframe(StrEnum):
    NONE = "none"
    UNCLEAR = "unclear"
    DAYS = "days"
    WITHIN_48H = "within_48h"
    NOW = "now"


class SelfHarm(StrEnum):
    NONE = "none"
    PAST = "past"
    RECENT = "recent"
