"""What helps a texter, as groups of counselor acts: how pages and coaching tell what somebody did well."""

from nightlight.conversations.labels import CounselorAct as Act
from nightlight.labelling.phases import RUNGS

SKILLS: dict[str, frozenset[Act]] = {
    "reflect": frozenset({Act.REFLECTION, Act.COMPLEX_REFLECTION, Act.FEELING, Act.SUMMARY}),
    "value": frozenset({Act.VALIDATION, Act.STRENGTH}),
    "ask_openly": frozenset({Act.OPEN_QUESTION}),
    "ask_risk": RUNGS,
    "what_holds": frozenset({Act.BUFFERS}),
    "plan_together": frozenset({Act.COLLABORATE, Act.AUTONOMY, Act.COPING, Act.GOAL}),
    "stay_safe": frozenset({Act.SAFETY_STEP, Act.RESOURCE}),
    "bring_help": frozenset({Act.ESCALATE}),
    "close_well": frozenset({Act.CLOSE}),
}
