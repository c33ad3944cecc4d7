"""The phase that a counselor's message serves, from what it does and the phase that runs: a few rules, in order."""

from collections.abc import Iterable

from nightlight.conversations.labels import CounselorAct, Phase

RUNGS = frozenset(act for act in CounselorAct if act.startswith("risk_")) - {CounselorAct.RISK_OTHERS}
"""Questions about suicide and self-harm. A question about harm to others may belong to any phase."""
STEPS = frozenset({CounselorAct.SAFETY_STEP, CounselorAct.RESOURCE, CounselorAct.COPING})
LATE = frozenset({Phase.GOAL_SETTING, Phase.PLANNING, Phase.CLOSING})
FIRST_MESSAGES = 2
"""How many of the texter's turns the first contact usually takes."""


def next_phase(running: Phase, acts: Iterable[CounselorAct], *, texter_turns: int) -> Phase:
    """The phase of a counselor's message with these acts, the most salient first, after `texter_turns` turns of the
    texter; `running` is the phase of the counselor's message before it."""
    done = tuple(acts)
    does = frozenset(done)
    if CounselorAct.ESCALATE in done[:2]:
        return Phase.EMERGENCY
    if does & RUNGS:
        return Phase.RISK_ASSESSMENT
    if CounselorAct.CLOSE in does:
        return Phase.CLOSING
    if CounselorAct.GOAL in does:
        return Phase.GOAL_SETTING if running is not Phase.PLANNING else running
    if does & STEPS or CounselorAct.COLLABORATE in does:
        return running if running in {Phase.EMERGENCY, Phase.CLOSING} else Phase.PLANNING
    if running is Phase.ENGAGEMENT and texter_turns > FIRST_MESSAGES:
        return Phase.EXPLORATION
    if running is Phase.RISK_ASSESSMENT and done[:1] == (CounselorAct.OPEN_QUESTION,):
        return Phase.EXPLORATION
    return running
