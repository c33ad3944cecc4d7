"""The phase a counselor's message serves, from its acts and the running phase: for use while a conversation runs."""

from collections.abc import Iterable

from nightlight.conversations.labels import CounselorAct as Act
from nightlight.conversations.labels import Phase

RISK = frozenset(
    {Act.RISK_THOUGHTS, Act.RISK_PLAN, Act.RISK_MEANS, Act.RISK_TIMEFRAME, Act.RISK_PAST, Act.RISK_NOW, Act.RISK_OTHERS}
)
PLANNING = frozenset({Act.COLLABORATE, Act.SAFETY_STEP, Act.COPING, Act.RESOURCE, Act.RESOURCE_DUMP, Act.ADVICE})
WELCOME_TURNS = 2


def next_phase(running: Phase, acts: Iterable[Act], *, texter_turns: int) -> Phase:
    """The phase from this counselor's message on; `texter_turns` counts the texter's turns before it.

    >>> str(next_phase(Phase.EXPLORATION, [Act.VALIDATION, Act.RISK_THOUGHTS], texter_turns=4))
    'risk_assessment'
    """
    found = set(acts)
    if Act.ESCALATE in found:
        return Phase.EMERGENCY
    if found & RISK:
        return Phase.RISK_ASSESSMENT
    if Act.CLOSE in found and texter_turns > WELCOME_TURNS:
        return Phase.CLOSING
    if running in (Phase.EMERGENCY, Phase.CLOSING):
        return running
    if Act.GOAL in found:
        return Phase.GOAL_SETTING
    if found & PLANNING and texter_turns > WELCOME_TURNS:
        return Phase.PLANNING
    if found & {Act.INTRO, Act.GREETING} or texter_turns < WELCOME_TURNS:
        return Phase.ENGAGEMENT
    return Phase.EXPLORATION if running is Phase.ENGAGEMENT else running
