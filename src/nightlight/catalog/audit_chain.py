"""The audit's chain: what a record is, how one is bound to the one before it, and what breaks between them.

hash(n) = HMAC-SHA256(the home's key "audit", hash(n - 1) + canonical JSON of record n), as lower-case hexadecimal."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

COLUMNS: Final = ("sequence", "at", "action", "principal", "purpose", "outcome", "fingerprint", "tables")
STATEMENT_LIMIT, LINES_KEPT = 100_000, 20
CLOCK_TOLERANCE = timedelta(hours=1)
ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True)
class Link:
    """A place in the chain: a record's sequence and hash."""

    sequence: int
    hash: str


GENESIS = Link(0, "0" * 64)


@dataclass(frozen=True)
class Entry:
    """What is written down about one act. Never a row, a key or a password; the statement is the person's own."""

    action: str
    principal: str
    purpose: str | None
    outcome: str  # done | refused | failed
    statement: str = ""
    fingerprint: str = ""
    tables: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    versions: Mapping[str, int] = field(default_factory=dict)
    rows: int | None = None
    detail: str = ""
    seconds: float | None = None
    person: str = ""  # who asked through a shared principal (a notebook's workspace), as its server says


def record_of(entry: Entry, *, sequence: int, at: datetime, os_user: str, host: str, process: int) -> dict[str, Any]:
    """The record of an entry, of strings, integers and lists of them: values that JSON writes in one way only."""
    return {
        "sequence": sequence,
        "at": at.isoformat(timespec="microseconds"),
        "action": _storable(entry.action),
        "principal": _storable(entry.principal),
        "purpose": None if entry.purpose is None else _storable(entry.purpose),
        "outcome": _storable(entry.outcome),
        "statement": _shortened(_storable(entry.statement)),
        "fingerprint": _storable(entry.fingerprint),
        "tables": [_storable(name) for name in entry.tables],
        "columns": [_storable(name) for name in entry.columns],
        "versions": {_storable(name): int(version) for name, version in entry.versions.items()},
        "rows": None if entry.rows is None else int(entry.rows),
        "detail": _shortened(_storable(entry.detail)),
        "microseconds": None if entry.seconds is None else round(entry.seconds * 1e6),
        "person": _storable(entry.person),
        "os_user": _storable(os_user),
        "host": _storable(host),
        "process": process,
    }


def _storable(text: str) -> str:
    """Text that every database holds: half characters of a command line and NUL are written as escapes.

    >>> _storable("caf\\u00e9 \\udce9 \\x00")
    'café \\\\udce9 \\\\x00'
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


def _shortened(text: str) -> str:
    """The text, or its beginning and what proves the rest: nobody fills the disk by being refused."""
    if len(text) <= STATEMENT_LIMIT:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{text[:STATEMENT_LIMIT]} ... [{len(text)} characters, SHA-256 {digest}]"


def canonical(value: object) -> str:
    """JSON with one spelling: sorted keys, no spaces, no escapes but the necessary.

    >>> canonical({"b": None, "a": ["é", 1]})
    '{"a":["é",1],"b":null}'
    """
    return ENCODER.encode(value)


def link(key: bytes, previous: str, record: str) -> str:
    """The hash that binds a record, as canonical JSON, to the hash before it."""
    return hmac.digest(key, f"{previous}{record}".encode("utf-8", "backslashreplace"), "sha256").hex()


def searchable(record: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a record that also stands in columns of its own."""
    return {name: record[name] for name in COLUMNS[:-1]} | {"tables": ",".join(record["tables"])}


@dataclass
class Findings:
    """What a walk found: problems break the promise, notes are worth a look."""

    first_bad: int | None = None
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: int = 0

    def problem(self, line: str, sequence: int | None) -> None:
        if sequence is not None:
            self.first_bad = sequence if self.first_bad is None else min(self.first_bad, sequence)
        if len(self.problems) < LINES_KEPT:
            self.problems.append(line)
        else:
            self.left_out += 1

    def note(self, line: str) -> None:
        if len(self.notes) < LINES_KEPT:
            self.notes.append(line)


class Walk:
    """Follows the chain record by record, from `start` on; `findings` says where it breaks.

    After a break it goes on from what is stored, so that one break is not reported as thousands.
    """

    def __init__(self, key: bytes, start: Link, anchors: Iterable[Link] = ()) -> None:
        self.key, self.findings = key, Findings()
        self.records = 0
        self.at = start
        self._knows_previous = True  # false after a gap: the record behind it cannot be judged by its hash
        self._clock: datetime | None = None
        self._anchors: dict[int, set[str]] = {}
        for anchor in anchors:
            self._anchors.setdefault(anchor.sequence, set()).add(anchor.hash)

    def step(self, row: Sequence[Any]) -> None:
        """Take the next row: COLUMNS, then `record` and `hash`."""
        self.records += 1
        sequence, record, stored = row[0], row[-2], row[-1]
        expected = self.at.sequence + 1
        if not isinstance(sequence, int) or sequence < expected:
            self.findings.problem(f"record {sequence} stands where {expected} was expected", expected)
            return
        if sequence > expected:
            missing = (
                f"record {expected} is" if sequence == expected + 1 else f"records {expected} to {sequence - 1} are"
            )
            self.findings.problem(f"{missing} missing", expected)
            self._knows_previous = False
        if self._knows_previous and stored != link(self.key, self.at.hash, record):
            self.findings.problem(f"record {sequence} does not fit the chain: it was changed, or put in", sequence)
        self._compare(sequence, row)
        if sequence in self._anchors and self._anchors[sequence] != {stored}:
            self.findings.problem(f"record {sequence} is not the one that was anchored", sequence)
        self.at, self._knows_previous = Link(sequence, stored), True

    def skip(self, last: int, line: str) -> None:
        """Go past records that cannot even be read."""
        self.findings.problem(line, self.at.sequence + 1)
        self.at, self._knows_previous = Link(last, ""), False

    def _compare(self, sequence: int, row: Sequence[Any]) -> None:
        """The columns people search against the record that is hashed, and its time against the one before."""
        try:
            record = json.loads(row[-2])
            expected = searchable(record)
            at = datetime.fromisoformat(record["at"])
            backwards = (self._clock or at) - at
        except (ValueError, TypeError, KeyError, RecursionError):
            self.findings.problem(f"record {sequence} cannot be read", sequence)
            return
        for name, value in zip(COLUMNS, row, strict=False):
            if value != expected[name]:
                self.findings.problem(f"record {sequence}: column '{name}' is not as it was recorded", sequence)
        if backwards > CLOCK_TOLERANCE:
            self.findings.note(f"the clock went back by {backwards} before record {sequence}")
        self._clock = at
