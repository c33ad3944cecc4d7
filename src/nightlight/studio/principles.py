"""Principles of a card as JSON beside its text: what a clinician marked as wrong, and what holds from then on."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from nightlight.conversations.gates import GateError, parse_gate, print_gate
from nightlight.conversations.principles import Principle
from nightlight.errors import NightlightError

SHORTEST_WHY, LONGEST = 10, 1000


def principle(*, why: str, applies_if: str, never: str, instead: str, test: str) -> Principle:
    """A principle from what somebody wrote; raises NightlightError for what lacks a reason, a line or a test."""
    why, never, instead, test = (" ".join(each.split()) for each in (why, never, instead, test))
    if len(why) < SHORTEST_WHY:
        raise NightlightError("say why the reply is wrong", remedy="write one sentence that a colleague understands")
    if not never or not test:
        raise NightlightError("which reply is wrong is not clear", remedy="mark a reply in the preview")
    if max(map(len, (why, never, instead, test))) > LONGEST:
        raise NightlightError("a text is too long", remedy=f"write at most {LONGEST} characters")
    if instead == never:
        raise NightlightError("the line to say instead is the same line", remedy="write another, or leave it empty")
    try:
        gate = parse_gate(applies_if) if applies_if.strip() else None
    except GateError as error:
        raise NightlightError(f"the condition cannot be read: {error.what}", remedy=error.remedy) from error
    return Principle(why, gate, never, instead, test)


def principles_text(principles: Sequence[Principle]) -> str:
    """As they are stored."""
    rows = [
        {**asdict(each), "applies_if": print_gate(each.applies_if) if each.applies_if else ""} for each in principles
    ]
    return json.dumps(rows, ensure_ascii=False)


def principles_from(text: str) -> tuple[Principle, ...]:
    rows = json.loads(text or "[]")
    return tuple(
        Principle(**{**row, "applies_if": parse_gate(row["applies_if"]) if row["applies_if"] else None}) for row in rows
    )
