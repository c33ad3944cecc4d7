"""What a person is told when a query fails: what the engine says of the query's words, never what it says of a row.

Parser, binder and catalog speak before any row is read, and their first line passes. All other messages of the engine
may print values (casts do, even in constants), so each class has its fixed words."""

import re
from typing import Literal

from nightlight.errors import NightlightError

Kind = Literal["time", "memory", "size", "query", "worker", "refused"]


class QueryFailed(NightlightError):  # noqa: N818 - the contract's word for it
    """A query was stopped or failed; its line holds no value of a row and no path."""

    def __init__(self, what: str, *, kind: Kind = "query", remedy: str | None = None) -> None:
        super().__init__(what, remedy=remedy)
        self.kind = kind


NARROWER = "ask for fewer rows or columns, for a shorter time, or in the background"
SPEAKING = ("Parser", "Binder", "Catalog")
MISSING_COLUMN = re.compile(r'(?:Referenced column|.* does not have a column named) "([^"\n]*)"')
FIXED = {
    "Conversion": ("a value could not be converted", "use try_cast"),
    "Mismatch Type": ("values of different types cannot be used together", "add a cast"),
    "Out of Range": ("a number or a date is out of its type's range", "use try() or a larger type"),
    "Invalid Input": ("a function got an input it cannot use", "check its arguments, or use try()"),
    "Invalid type": ("a value has a type that cannot be used here", "add a cast"),
    "Constraint": ("a value breaks a rule of its column", None),
    "Not implemented": ("the engine cannot do this", None),
    "Permission": ("a query reads tables and nothing else", None),
    "Invalid Configuration": ("a query cannot change settings", None),
    "Invalid": ("a query cannot change settings", None),
    "IO": ("a query reads tables and nothing else", None),
    "TransactionContext": ("a query cannot use transactions", None),
    "INTERRUPT": ("the query was interrupted", None),
}


def explain(error: str, message: str) -> QueryFailed:
    """The failure to show for an exception's class and message, as a worker reported them."""
    name, _, rest = message.partition(" Error: ")
    if error == "RowTooLargeError":
        return QueryFailed("one row is larger than an answer may be", kind="size", remedy="choose fewer columns")
    if error == "TooWideError":
        return QueryFailed(
            "a column of the answer has the type UHUGEINT, which cannot leave", remedy="cast it to VARCHAR"
        )
    if error == "MemoryError" or name == "Out of Memory" or "bad_alloc" in message:
        return QueryFailed("the query needs more memory than it may use", kind="memory", remedy=NARROWER)
    if name == "Binder" and (missing := MISSING_COLUMN.match(rest)):
        what = f"there is no column '{_printable(missing[1])}' that you may read"
        return QueryFailed(what, kind="refused", remedy="DESCRIBE a table to see yours")
    if name in SPEAKING and rest:
        return QueryFailed(_printable(re.sub(r'\s*Use "?SET .*', "", rest.splitlines()[0])))  # nobody can
    if name in FIXED:
        what, remedy = FIXED[name]
        return QueryFailed(what, remedy=remedy)
    return QueryFailed(f"the query failed ({_printable(error)[:60]})")


def explain_start(error: str, message: str) -> QueryFailed:
    """The failure to show for an exception that came before the query began: the house's fault, not the query's."""
    if error == "NoSandboxError":
        return QueryFailed(
            "this system cannot confine a query's process, which production demands",
            kind="worker",
            remedy="use Linux 5.13 or newer with Landlock and seccomp, on x86-64 or aarch64",
        )
    return QueryFailed(f"the query's process could not be prepared ({_printable(error)[:60]})", kind="worker")


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())[:300]
