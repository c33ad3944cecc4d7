"""Flags about the course of a conversation: help too early, stuck, back and forth, no close, abrupt, distress."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import fmean

from nightlight.conversations.labels import CoarsePhase, CounselorAct, Phase
from nightlight.quality.flags.declared import Evidence, Rule, Severity, When
from nightlight.quality.flags.facts import ACTIVE, PASSIVE, Facts, Line, ids, minutes_between
from nightlight.quality.flags.valence import valence

LOOKED_BACK = 10
"""Messages that show whether a phase stays."""
AT_A_SIDE = 3
"""Messages whose mean stands for the start or the end of a course."""
PHASE_WORDS = {
    CoarsePhase.INITIAL_CONTACT: "the first contact",
    CoarsePhase.ASSESSMENT: "exploring",
    CoarsePhase.INTERVENTION: "helping",
}


def intervention_before_assessment(facts: Facts) -> Evidence | None:
    early = _early_advice(facts)
    if early:
        why = "Advice was given during the first contact, before the texter's story."
        return Evidence(ids([early]), why, early.acts[CounselorAct.ADVICE])
    begun = _intervention(facts)
    if not begun or begun[0].label.phase is Phase.EMERGENCY:
        return None
    before = facts.lines[: begun[0].number]
    told = sum(facts.tells(line) for line in before)
    explored = any(line.label.coarse_phase is CoarsePhase.ASSESSMENT for line in before)
    if explored and told >= facts.thresholds.content_messages:
        return None
    why = f"Help began after {told} messages in which the texter told something" + (
        "." if explored else ", and before anything was explored."
    )
    return Evidence(ids(begun), why, _phase_probability(begun))


def _early_advice(facts: Facts) -> Line | None:
    """Advice while the first contact runs, from a labeller that is sure of it."""
    for line in facts.counselor_read:
        if line.label.coarse_phase is not CoarsePhase.INITIAL_CONTACT:
            return None
        if line.acts.get(CounselorAct.ADVICE, 0.0) >= facts.thresholds.harmful_probability:
            return line
    return None


def _intervention(facts: Facts) -> Sequence[Line]:
    """The counselor's messages with which help first begins and goes on."""
    run: list[Line] = []
    for line in facts.counselor_read:
        run = [*run, line] if line.label.coarse_phase is CoarsePhase.INTERVENTION else []
        if run and len(run) >= facts.thresholds.intervention_messages:
            return run
    return ()


def stuck(facts: Facts) -> Evidence | None:
    if not facts.stretches:
        return None
    limits, stretch = facts.thresholds, facts.stretches[-1]
    bounds = {
        CoarsePhase.INITIAL_CONTACT: (limits.stuck_contact_messages, limits.stuck_contact_minutes),
        CoarsePhase.ASSESSMENT: (limits.stuck_assessment_messages, limits.stuck_assessment_minutes),
        CoarsePhase.INTERVENTION: (limits.stuck_intervention_messages, limits.stuck_intervention_minutes),
    }.get(stretch.phase)
    if bounds is None or (len(stretch.lines) <= bounds[0] and stretch.minutes <= bounds[1]):
        return None
    recent = stretch.lines[-LOOKED_BACK:]
    if fmean(line.label.coarse_phase is stretch.phase for line in recent) < limits.stays_share:
        return None
    shown = [stretch.lines[0], *recent[-2:]]
    why = f"{len(stretch.lines)} messages in a row of {PHASE_WORDS[stretch.phase]}, longer than is usual here."
    return Evidence(ids(list(dict.fromkeys(shown))), why, _phase_probability(recent))


def regressing(facts: Facts) -> Evidence | None:
    back = [
        later.lines[0]
        for earlier, later in pairwise(facts.stretches)
        if (earlier.phase, later.phase) == (CoarsePhase.INTERVENTION, CoarsePhase.ASSESSMENT)
        and later.lines[0].label.phase is not Phase.RISK_ASSESSMENT
        and len(later.lines) >= facts.thresholds.excursion_messages
    ]
    if not back or len(back) < facts.thresholds.returns:
        return None
    why = f"The conversation went back {len(back)} times from helping to exploring."
    return Evidence(ids(back), why, _phase_probability(back))


def no_closing(facts: Facts) -> Evidence | None:
    read = [line for line in facts.lines if line.label.phase is not None]
    sure = facts.thresholds.closing_probability
    if not read or any(facts.is_goodbye(line) and (line.label.phase_probability or 0.0) >= sure for line in read):
        return None
    if read[-1].label.phase is Phase.EMERGENCY:
        return None
    severity = Severity.HIGH if facts.risk >= ACTIVE else None
    why = "The conversation ended without a message that closes it."
    return Evidence(ids(read[-1:]), why, None, severity)


def abrupt_end(facts: Facts) -> Evidence | None:
    if not facts.has_times:
        return None
    return next(_abrupt(facts), None)


def _abrupt(facts: Facts) -> Iterator[Evidence]:
    """Each way an end may be abrupt, the gravest first."""
    severity = Severity.HIGH if facts.risk >= PASSIVE else None
    last = facts.texter[-1] if facts.texter else None
    if last and (last.risk or 0) >= PASSIVE and not facts.escalations:
        why = f"The texter's last message shows risk of level {last.risk}."
        yield Evidence(ids([last]), why, last.risk_of(PASSIVE), Severity.HIGH)
    if last and facts.unanswered and not facts.is_goodbye(last) and last.is_read and _waited(facts):
        yield Evidence(ids(facts.unanswered), "The texter's last message was not answered.", None, severity)
    cut = _cut_off(facts)
    if cut:
        why = "The counselor ended it right after the texter had told something."
        yield Evidence(ids(cut), why, None, severity)


def _waited(facts: Facts) -> bool:
    """Whether there was time for an answer; where the time of the end is unknown, the last message is all there is."""
    minutes = facts.minutes_since(facts.unanswered[0])
    return facts.seen.now is None or (minutes or 0.0) * 60 >= facts.thresholds.abrupt_seconds


def _cut_off(facts: Facts) -> Sequence[Line]:
    """What the texter told and the goodbye that came at once, unless they said goodbye too."""
    limits = facts.thresholds
    ends = [
        line for line in facts.counselor[-limits.abrupt_messages :] if _breaks_off(line, limits.harmful_probability)
    ]
    if ends:
        return ends
    last = facts.lines[-1]
    told = next((line for line in reversed(facts.texter) if not facts.is_goodbye(line)), None)
    if told is None or not facts.tells(told) or CounselorAct.CLOSE not in last.acts:
        return ()
    between = [line for line in facts.lines[told.number + 1 :] if line.by_counselor]
    minutes = minutes_between(told.sent_at, last.sent_at) or 0.0
    near = len(between) <= limits.abrupt_messages and minutes * 60 <= limits.abrupt_seconds * len(between)
    alone = all(line.by_counselor for line in facts.lines[told.number + 1 :])
    return (told, last) if near and alone else ()


def _breaks_off(line: Line, sure: float) -> bool:
    return line.acts.get(CounselorAct.ABRUPT, 0.0) >= sure


def escalating_distress(facts: Facts) -> Evidence | None:
    limits = facts.thresholds
    read = [line for line in facts.texter if line.risk is not None]
    if len(read) < max(limits.distress_messages, 2):
        return None
    recent = [(line, _felt(facts, line)) for line in read[-max(limits.distress_messages, 2) :]]
    if _slope([value for _, value in recent]) > -limits.distress_slope:
        return None
    start, end = (fmean(_felt(facts, line) for line in side) for side in (read[:AT_A_SIDE], read[-AT_A_SIDE:]))
    if end >= start:
        return None
    low = [line for line, value in recent if value < 0]
    why = f"Over the texter's last {len(recent)} messages the distress grew, and it is higher than at the start."
    return Evidence(ids(low or [recent[-1][0]]), why)


def _felt(facts: Facts, line: Line) -> float:
    """Its valence. Risk told in answer to a question is no sign that things get worse: it was there before."""
    return valence(line.text, None if facts.answers_risk_question(line) else line.risk)


def _slope(values: Sequence[float]) -> float:
    """How much each value is above the one before it, by least squares."""
    middle, mean = (len(values) - 1) / 2, fmean(values)
    spread = sum((place - middle) ** 2 for place in range(len(values)))
    return sum((place - middle) * (value - mean) for place, value in enumerate(values)) / spread


def _phase_probability(lines: Sequence[Line]) -> float | None:
    known = [line.label.phase_probability for line in lines if line.label.phase_probability is not None]
    return float(fmean(known)) if known else None


COURSE_RULES = (
    Rule(
        "intervention_before_assessment",
        "F6",
        1,
        "Help before the story",
        "Goals, plans or resources begin before the texter told something in three messages, or before anything was "
        "explored; or advice comes during the first contact. Help in an emergency is not meant.",
        When.LIVE,
        Severity.MEDIUM,
        False,
        intervention_before_assessment,
    ),
    Rule(
        "stuck",
        "F7",
        1,
        "Stuck in one phase",
        "One phase has run for more messages or minutes than 95 % of this line's conversations take for it, and the "
        "last messages are in it too. It goes away when the conversation moves on.",
        When.LIVE,
        Severity.MEDIUM,
        True,
        stuck,
    ),
    Rule(
        "regressing",
        "F8",
        1,
        "Back and forth",
        "The conversation went back from helping to exploring three times or more. Short visits, and asking about "
        "risk again, are not counted.",
        When.LIVE,
        Severity.LOW,
        False,
        regressing,
    ),
    Rule(
        "no_closing",
        "F9",
        1,
        "No close",
        "The conversation ended without any message that closes it; more serious where active thoughts were told. "
        "Ends in a hand-over to emergency help are not meant.",
        When.END,
        Severity.LOW,
        False,
        no_closing,
    ),
    Rule(
        "abrupt_end",
        "F10",
        1,
        "Abrupt end",
        "The last thing the texter wrote shows risk, or was left unanswered, or the counselor said goodbye right after "
        "something was told. It needs the times of messages and says nothing without them.",
        When.END,
        Severity.MEDIUM,
        False,
        abrupt_end,
    ),
    Rule(
        "escalating_distress",
        "F17",
        1,
        "Distress is growing",
        "Over the texter's last eight messages the words got worse, and they are worse than at the start. What is told "
        "in answer to a question about risk is not counted. It goes away when the words get better.",
        When.LIVE,
        Severity.MEDIUM,
        True,
        escalating_distress,
    ),
)
