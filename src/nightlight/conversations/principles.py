"""Principles: what a clinician's critique of one reply asks of a played texter from then on."""

from dataclasses import dataclass

from nightlight.conversations.gates import Gate


@dataclass(frozen=True)
class Principle:
    """A line the texter does not say (`never`) while `applies_if` is open (None: always), and what they say there
    instead ("" = any other line). `why` is the clinician's reason, `test` a counselor's message after which the line
    must not come."""

    why: str
    applies_if: Gate | None
    never: str
    instead: str
    test: str
