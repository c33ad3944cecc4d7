"""Flags about suicide risk: told and not asked about, asked about halfway, left without a plan, never asked about."""

from collections.abc import Iterator

from nightlight.conversations.labels import CoarsePhase, CounselorAct, RiskAttribute, Rung
from nightlight.quality.flags.declared import Evidence, Rule, Severity, When
from nightlight.quality.flags.facts import ACTIVE, IMMINENT, LADDER, NOT_THEIRS, PASSIVE, PLANNED, Facts, Line, ids

HELPING = frozenset({CoarsePhase.INTERVENTION, CoarsePhase.CLOSING})
PLANS = frozenset({CounselorAct.SAFETY_STEP, CounselorAct.ESCALATE})
RUNG_WORDS = {Rung.THOUGHTS: "thoughts", Rung.PLAN: "a plan", Rung.MEANS: "means", Rung.TIMEFRAME: "when"}


def imminent_risk(facts: Facts) -> Evidence | None:
    high, sure = facts.thresholds.imminent_probability, facts.thresholds.despite_denial_probability
    shown = [
        line
        for line in facts.texter
        if line.risk is not None
        and (line.risk >= IMMINENT or line.risk_of(IMMINENT) >= (sure if _is_not_theirs(line) else high))
    ]
    if not shown:
        return None
    probability = max(line.risk_of(IMMINENT) for line in shown)
    return Evidence(ids(shown), "What the texter wrote points to danger within hours, or already begun.", probability)


def risk_not_assessed(facts: Facts) -> Evidence | None:
    told = next(_unasked(facts), None)
    if told is None:
        return None
    answers = [line for line in facts.counselor_read if line.number > told.number]
    minutes = facts.minutes_since(told)
    late = minutes is not None and minutes >= facts.thresholds.unassessed_minutes
    if len(answers) < facts.thresholds.unassessed_messages and not late and not facts.ended:
        return None
    what = f"Risk of level {told.risk}" if told.risk else "Risk in the past"
    since = f"{len(answers)} {'message' if len(answers) == 1 else 'messages'} of the counselor later"
    return Evidence(
        ids([told, *answers[: facts.thresholds.unassessed_messages]]),
        f"{what} was told; {since} nobody had asked about it.",
        told.risk_of(PASSIVE) if told.risk else None,
        None if told.risk else Severity.MEDIUM,
    )


def _unasked(facts: Facts) -> Iterator[Line]:
    """What raised the risk with no question about it since, nor a supervisor or help called in."""
    handled = [line.number for line in (*facts.risk_questions, *facts.escalations)]
    last = max(handled, default=-1)
    for line in facts.texter:
        if line.number > last and _raises_risk(facts, line) and not _is_followed_up(facts, line):
            yield line


def _raises_risk(facts: Facts, line: Line) -> bool:
    before = facts.risk_before(line)
    past = line.has(RiskAttribute.PAST) and line.is_read and not _is_not_theirs(line)
    return (line.risk or 0) > before or (past and before == 0)


def _is_followed_up(facts: Facts, line: Line) -> bool:
    """Whether it answers a question about risk, so that it was asked about; a first yes to thoughts of suicide still
    wants the next question, and further up an incomplete ladder has its own flag."""
    if not facts.answers_risk_question(line):
        return False
    return line.risk != ACTIVE or not _missing_rungs(facts)


def _is_not_theirs(line: Line) -> bool:
    return line.label.risk is not None and not NOT_THEIRS.isdisjoint(line.label.risk.attributes)


def ladder_incomplete(facts: Facts) -> Evidence | None:
    if facts.risk < ACTIVE or facts.escalations or not (facts.ended or facts.last_phase in HELPING):
        return None
    missing = _missing_rungs(facts)
    if not missing:
        return None
    told = facts.told(ACTIVE)
    words = " and ".join(RUNG_WORDS[rung] for rung in missing)
    why = f"Risk of level {facts.risk} was told; nobody asked about {words}, and the texter did not say."
    return Evidence(ids(told), why, max(line.risk_of(ACTIVE) for line in told))


def _missing_rungs(facts: Facts) -> list[Rung]:
    """The rungs neither asked nor told. Self-harm alone asks for thoughts of suicide; where there is no plan, by the
    answer to the question, its means and its time are no questions."""
    needed = [Rung.THOUGHTS] if facts.only_self_harm else list(LADDER)
    if Rung.PLAN in facts.rungs_asked and facts.risk < PLANNED:
        needed = [rung for rung in needed if rung in {Rung.THOUGHTS, Rung.PLAN}]
    told = frozenset() if facts.only_self_harm else facts.rungs_told
    return [rung for rung in needed if rung not in facts.rungs_asked | told]


def no_safety_plan(facts: Facts) -> Evidence | None:
    if facts.risk < ACTIVE or any(line.does(PLANS) for line in facts.counselor):
        return None
    told = facts.told(ACTIVE)
    why = f"Risk of level {facts.risk} was told; the conversation ended without a step toward safety or a hand-over."
    return Evidence(ids(told), why, max(line.risk_of(ACTIVE) for line in told))


def never_screened(facts: Facts) -> Evidence | None:
    limits = facts.thresholds
    if not limits.ask_everyone or len(facts.lines) < limits.screened_messages or not facts.counselor_read:
        return None
    if facts.risk_questions:
        return None
    why = f"{len(facts.counselor_read)} messages of the counselor, none of which asks about suicide or self-harm."
    return Evidence(ids(facts.counselor_read[-1:]), why)


RISK_RULES = (
    Rule(
        "imminent_risk",
        "F1",
        1,
        "Imminent risk",
        "A texter's message shows intent with a time close by, means in hand, or something already done: level 4, or "
        "a probability of it that is high enough to look. It stays until a person has looked.",
        When.LIVE,
        Severity.PAGE,
        False,
        imminent_risk,
        unread_too=True,  # the one sentence that was read is enough to look
    ),
    Rule(
        "risk_not_assessed",
        "F2",
        1,
        "Risk told, not asked about",
        "A texter told of hopelessness, thoughts, a plan or an earlier attempt, and the counselor's next messages, or "
        "minutes where times are known, hold no question about it. It goes away when the question comes, or when the "
        "supervisor or help is called in. The answer to such a question starts it only where it is a yes that nobody "
        "follows up.",
        When.LIVE,
        Severity.HIGH,
        True,
        risk_not_assessed,
    ),
    Rule(
        "ladder_incomplete",
        "F3",
        1,
        "Risk ladder incomplete",
        "The texter has active thoughts; the conversation has gone on to help or has ended, and thoughts, plan, means "
        "or time were neither asked about nor told. Means and time need no question where there is no plan; nothing "
        "does once help is called. It goes away when the question comes.",
        When.BOTH,
        Severity.HIGH,
        True,
        ladder_incomplete,
    ),
    Rule(
        "no_safety_plan",
        "F4",
        1,
        "No safety plan after risk",
        "The texter told of active thoughts or more, and the conversation ended without any step of a safety plan and "
        "without a hand-over to the supervisor or emergency help.",
        When.END,
        Severity.HIGH,
        False,
        no_safety_plan,
    ),
    Rule(
        "never_screened",
        "F5",
        1,
        "Suicide never asked about",
        "The conversation was long enough and ended without one question about suicide or self-harm. Only for lines "
        "that ask every texter (ask_everyone).",
        When.END,
        Severity.MEDIUM,
        False,
        never_screened,
    ),
)
