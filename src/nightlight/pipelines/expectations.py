"""Expectations: conditions that a dataset's rows should meet, and what happens to rows that do not.

WARN counts them, DROP sends them to the quarantine table, FAIL stops the dataset before anything is written.
A row meets a condition only when it is true; NULL counts as not met. One pass writes the good rows and the bad: each
row gets a *verdict*, the names of what it broke, and the engine writes one file per verdict."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nightlight.errors import NightlightError

# What no expectation can be called:
GOOD = "0"
MOVED = "1"  # rows that go from one file to another, as they are: judged before, counted before
VERDICT = "_verdict"
_SEPARATOR = "+"


class Action(StrEnum):
    WARN = "WARN"
    DROP = "DROP"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Expectation:
    """A named SQL condition over a dataset's columns."""

    name: str
    action: Action
    condition: str


def parse_expectation(name: str, text: str, *, where: str) -> Expectation:
    """Read a property value such as `DROP author IN ('texter', 'counselor')`.

    >>> parse_expectation("has_text", "drop text IS NOT NULL", where="a.sql:1").action
    <Action.DROP: 'DROP'>
    """
    match = re.fullmatch(r"\s*(warn|drop|fail)\s+(\S.*)", text, re.IGNORECASE | re.DOTALL)
    if not match or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise NightlightError(
            f"expectation '{name}' cannot be understood",
            where=where,
            remedy="write 'expect.lower_case_name' = 'WARN|DROP|FAIL <condition>'",
        )
    return Expectation(name, Action(match[1].upper()), match[2].strip())


def verdict_expression(expectations: Sequence[Expectation]) -> str:
    """SQL that gives each row its verdict: GOOD, or the names of the expectations it does not meet.

    >>> verdict_expression([])
    "'0'"
    """
    if not expectations:
        return f"'{GOOD}'"
    everything = " AND ".join(f"({e.condition})" for e in expectations)
    broken = ", ".join(f"CASE WHEN ({e.condition}) THEN NULL ELSE '{e.name}' END" for e in expectations)
    return f"CASE WHEN {everything} THEN '{GOOD}' ELSE concat_ws('{_SEPARATOR}', {broken}) END"


@dataclass(frozen=True)
class Verdicts:
    """How many rows met which fate, from the number of rows per verdict."""

    rows_by_verdict: Mapping[str, int]
    expectations: Sequence[Expectation]

    def broken(self, action: Action) -> dict[str, int]:
        """Rows that broke each expectation with this action (only those that were broken)."""
        counts = {
            e.name: sum(rows for verdict, rows in self.rows_by_verdict.items() if e.name in names_in(verdict))
            for e in self.expectations
            if e.action is action
        }
        return {name: rows for name, rows in counts.items() if rows}

    def is_kept(self, verdict: str) -> bool:
        """Whether rows of this verdict go to the table: they broke nothing, or only what warns."""
        names = names_in(verdict)
        return not any(e.name in names and e.action is not Action.WARN for e in self.expectations)

    @property
    def kept_rows(self) -> int:
        return sum(rows for v, rows in self.rows_by_verdict.items() if self.is_kept(v) and v != MOVED)

    @property
    def dropped_rows(self) -> int:
        return sum(rows for verdict, rows in self.rows_by_verdict.items() if not self.is_kept(verdict))


def names_in(verdict: str) -> list[str]:
    return [] if verdict in (GOOD, MOVED) else verdict.split(_SEPARATOR)


def drop_condition(expectations: Iterable[Expectation]) -> str:
    """SQL that is true for the rows a table keeps, as far as DROP decides."""
    conditions = [f"({e.condition})" for e in expectations if e.action is Action.DROP]
    return " AND ".join(conditions) or "true"
