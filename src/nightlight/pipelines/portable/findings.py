"""What the linter says: rules of the portable subset and the findings they make.

A rule bans or doubts only what was seen to fail or to answer differently on Apache Spark 4.2 and Sail 0.7.2."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from nightlight.pipelines.portable.statements import Statement

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One place in a definition file that would not mean the same on both engines; line and column count from 1."""

    file: str
    line: int
    column: int
    rule: str
    message: str
    instead: str
    severity: Severity


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One line of the subset: write `instead` where `unportable` stands, because the engines disagree.

    `find` yields character offsets in the statement's file. `functions` are the names a Python file may not call."""

    name: str
    unportable: str
    instead: str
    because: str
    severity: Severity = "error"
    find: Callable[[Statement], Iterator[int]] = lambda statement: iter(())
    functions: tuple[str, ...] = ()

    def finding(self, *, file: str, line: int, column: int) -> Finding:
        message = f"{self.unportable}: {self.because}"
        return Finding(file, line, column, self.name, message, self.instead, self.severity)


def calls(*names: str) -> Callable[[Statement], Iterator[int]]:
    """Every call of these functions, whatever the arguments."""
    return lambda statement: (call.offset for call in statement.calls(*names))


def phrase(*words: str) -> Callable[[Statement], Iterator[int]]:
    """These words in a row, anywhere in the statement outside names and strings."""
    return lambda statement: statement.phrases(*words)
