"""Flags about silence, of either side. They need the times of messages and say nothing without them."""

import re
from collections.abc import Iterator, Sequence

from nightlight.quality.flags.declared import Evidence, Rule, Severity, When
from nightlight.quality.flags.facts import ACTIVE, Facts, Line, ids, minutes_between

ANYBODY_THERE = re.compile(
    r"\b(are|r) (you|u|yall|y'all)( guys)? (still )?(there|here|awake|listening)\b|\b(any ?(body|one)|some ?(body|one))"
    r" (still )?(there|here)\b|^\W*(still there|u there|you there|you still there|hello)\W*\?+\W*$",
    re.IGNORECASE,
)


def counselor_silence(facts: Facts) -> Evidence | None:
    if not facts.has_times:
        return None
    found = next(_waiting(facts), None)
    if found is None:
        return None
    lines, why = found
    return Evidence(ids(lines), why, None, Severity.HIGH if facts.risk >= ACTIVE else None)


def _waiting(facts: Facts) -> Iterator[tuple[Sequence[Line], str]]:
    """Each way a texter may wait: now, and, once the conversation has ended, at any time in it."""
    limits, waiting = facts.thresholds, _unanswered(facts)
    if waiting:
        minutes = facts.minutes_since(waiting[0]) or 0.0
        spread = minutes_between(waiting[0].sent_at, waiting[-1].sent_at) or 0.0
        if minutes > limits.wait_minutes:
            yield waiting, f"The texter waits, or was left waiting, for {minutes:.0f} minutes."
        if len(waiting) >= limits.unanswered_messages and spread >= limits.unanswered_minutes:
            yield waiting, f"{len(waiting)} messages of the texter in a row were not answered."
        if minutes >= limits.asked_there_minutes and any(ANYBODY_THERE.search(line.text) for line in waiting):
            yield waiting, "The texter asked whether anybody is there, and was not answered."
    longest = max(facts.waits, default=None, key=lambda wait: wait[0])
    if facts.ended and longest and longest[0] > limits.wait_minutes:
        yield [longest[1]], f"The texter waited {longest[0]:.0f} minutes for an answer."
    if len(facts.waits) >= limits.median_waits and (facts.median_wait or 0.0) > limits.median_wait_minutes:
        slow = [line for minutes, line in facts.waits if minutes > limits.median_wait_minutes]
        yield slow, f"Half of the answers took longer than {limits.median_wait_minutes:g} minutes."


def _unanswered(facts: Facts) -> Sequence[Line]:
    """The texter's words that an answer is due to: a goodbye at the end is not."""
    return () if facts.unanswered and facts.is_goodbye(facts.unanswered[-1]) else facts.unanswered


def texter_silence_after_risk(facts: Facts) -> Evidence | None:
    if not facts.has_times or facts.risk < ACTIVE or facts.unanswered:
        return None
    last = facts.texter[-1]
    asked = facts.lines[last.number + 1]
    minutes = facts.minutes_since(asked)
    if minutes is None or minutes <= facts.thresholds.texter_silence_minutes or facts.is_goodbye(facts.lines[-1]):
        return None
    told = facts.told(ACTIVE)
    why = f"Risk of level {facts.risk} was told, and the texter has not written for {minutes:.0f} minutes."
    return Evidence(ids(list(dict.fromkeys([*told[-3:], last]))), why, max(line.risk_of(ACTIVE) for line in told))


SILENCE_RULES = (
    Rule(
        "counselor_silence",
        "F11",
        1,
        "Texter is waiting",
        "The texter has waited longer than 95 % of this line's texters ever do, wrote three messages in a row over "
        "minutes, or asked whether anybody is there, without an answer; or half of the answers are slow. It goes away "
        "with the answer. Pausing to think is no fault: look before you ask. It needs the times of messages and says "
        "nothing without them.",
        When.LIVE,
        Severity.MEDIUM,
        True,
        counselor_silence,
        unread_too=True,
    ),
    Rule(
        "texter_silence_after_risk",
        "F12",
        1,
        "Texter silent after risk",
        "The texter told of active thoughts or more and has not answered the counselor for ten minutes, with no "
        "goodbye. It goes away when they write. It needs the times of messages and says nothing without them.",
        When.LIVE,
        Severity.HIGH,
        True,
        texter_silence_after_risk,
        unread_too=True,
    ),
)
