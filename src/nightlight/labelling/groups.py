"""Acts that move a played texter alike: what a labeller has to tell apart before all else."""

from nightlight.conversations.labels import CounselorAct as Act

EFFECT_GROUPS: dict[str, frozenset[Act]] = {
    "opens": frozenset({Act.INTRO, Act.GREETING, Act.TRANSPARENCY}),
    "asks openly": frozenset({Act.OPEN_QUESTION}),
    "asks closed": frozenset({Act.CLOSED_QUESTION, Act.CLARIFY, Act.AGE_NAME}),
    "reflects": frozenset({Act.REFLECTION, Act.COMPLEX_REFLECTION, Act.FEELING, Act.SUMMARY}),
    "validates": frozenset({Act.VALIDATION}),
    "strengthens": frozenset({Act.STRENGTH, Act.BUFFERS}),
    "asks thoughts": frozenset({Act.RISK_THOUGHTS}),
    "asks plan": frozenset({Act.RISK_PLAN}),
    "asks means": frozenset({Act.RISK_MEANS}),
    "asks timeframe": frozenset({Act.RISK_TIMEFRAME}),
    "asks past": frozenset({Act.RISK_PAST, Act.RISK_SELF_HARM}),
    "asks now": frozenset({Act.RISK_NOW}),
    "asks others": frozenset({Act.RISK_OTHERS}),
    "plans": frozenset({Act.GOAL, Act.COPING, Act.COLLABORATE, Act.AUTONOMY, Act.SAFETY_STEP, Act.RESOURCE}),
    "closes": frozenset({Act.CLOSE}),
    "escalates": frozenset({Act.ESCALATE}),
    "fixes": frozenset({Act.ADVICE, Act.RESOURCE_DUMP}),
    "shares": frozenset({Act.SELF_DISCLOSURE}),
    "judges": frozenset({Act.WHY_QUESTION, Act.ARGUE, Act.MINIMISE}),
    "promises": frozenset({Act.PROMISE}),
    "presses": frozenset({Act.STACKED_QUESTIONS, Act.INTERROGATE, Act.GRAPHIC_PROBE}),
    "hints": frozenset({Act.EUPHEMISM}),
    "passes over": frozenset({Act.MISSED_CUE, Act.OFF_TOPIC, Act.ROBOTIC, Act.ABRUPT}),
    "stays": frozenset({Act.CHECK_IN, Act.BACKCHANNEL, Act.BOT_QUESTION}),
}
"""Every act stands in exactly one group."""

GROUP_OF = {act: group for group, acts in EFFECT_GROUPS.items() for act in acts}
