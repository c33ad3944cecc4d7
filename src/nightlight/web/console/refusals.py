"""Why a question got no answer, in kinds that pages explain and programs can tell apart (docs/governance.md)."""

from dataclasses import dataclass
from typing import Final

from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import TableName
from nightlight.languages import N_
from nightlight.sql.broker import NotPreparedError
from nightlight.sql.commands import read_command
from nightlight.sql.failures import QueryFailed
from nightlight.sql.syntax import Refused
from nightlight.web.console.questions import Busy


class PurposeRefused(NightlightError):  # noqa: N818  # the word of governance
    """A token was used for another purpose than its own."""


@dataclass(frozen=True)
class Refusal:
    """`kind` is for programs; `means` and `then` tell a person what that is and what to do about it.

    `table` is the one to ask access to, as the person wrote it; `in_background` where more time or memory would do.
    """

    kind: str
    what: str
    remedy: str
    means: str
    then: str
    table: str = ""
    in_background: bool = False


EXPLANATIONS: Final = {
    "purpose": (
        N_("Every question says what it is for, and this purpose is not yours to state."),
        N_("Choose one from the list. If none fits your task, show this line to an administrator."),
    ),
    "table": (
        N_("It is misspelt, does not exist, or has not been granted to you: the line is the same on purpose."),
        N_("Look at your tables beside the editor. If you need this one for your task, ask for access."),
    ),
    "column": (
        N_("It is misspelt, does not exist, or has not been granted to you: the line is the same on purpose."),
        N_("Open the table in the list of your tables to see which columns are yours."),
    ),
    "statement": (
        N_("Questions read tables and nothing else. This form or function reaches further, or is not reviewed yet."),
        N_("The line says what to write instead. If you need it for your task, show it to an administrator."),
    ),
    "time": (
        N_("A question that somebody waits for may take only some seconds, so that all get their turn."),
        N_("Ask for fewer days or columns, or run it in the background."),
    ),
    "memory": (
        N_("It needs more memory than one question may use."),
        N_("Ask for fewer days or columns, group earlier, or run it in the background."),
    ),
    "size": (N_("The answer is larger than an answer may be."), N_("Ask for fewer columns or rows.")),
    "query": (
        N_("The question is allowed, but it cannot be computed as it is written."),
        N_("The line says what is wrong; correct it and run it again."),
    ),
    "worker": (
        N_("The process that computes answers broke down. Nothing was changed or shown."),
        N_("Run it again. If it happens twice, show this line to an administrator."),
    ),
    "cancelled": (N_("You stopped it."), ""),
    "changed": (
        N_("A kept answer is shown only while you may read all that it was made of, as it was then."),
        N_("Run the question again: the answer will be what you may read now."),
    ),
    "preparation": (
        N_("A policy or file of this table has to be repaired. Until then it is closed, for everybody's safety."),
        N_("Show this line to an administrator."),
    ),
    "busy": (N_("Each person may run a few questions at once, so that all get their turn."), ""),
    "other": ("", ""),
}


def explain_refusal(error: NightlightError, *, statement: str = "", cancelled: bool = False) -> Refusal:
    """What a person, or a program, is told about it; `statement` is what was asked."""
    kind = "cancelled" if cancelled and isinstance(error, QueryFailed) else kind_of(error)
    means, then = EXPLANATIONS[kind]
    return Refusal(
        kind,
        what=error.what if error.where is None else f"{error.where}: {error.what}",
        remedy=error.remedy or "",
        means=means,
        then=then,
        table=_table(error.what) if kind == "table" else _only_table(statement) if kind == "column" else "",
        in_background=kind in ("time", "memory"),
    )


def kind_of(error: NightlightError) -> str:
    """The kind of a refusal or failure: a key of EXPLANATIONS."""
    match error:
        case Busy():
            return "busy"
        case PurposeRefused():
            return "purpose"
        case QueryFailed():
            return "column" if error.kind == "refused" else error.kind
        case NotPreparedError():
            return "preparation"
        case Refused():
            return "table" if error.what.startswith("there is no table ") else "statement"
    if error.what.startswith(("purpose '", "a purpose is needed", "there is no purpose ")):
        return "purpose"
    return "changed" if error.what.startswith("what you may read has changed") else "other"


def _table(what: str) -> str:
    """The name in a refusal, where it is one that a table could have."""
    name = what.split("'")[1] if what.count("'") > 1 else ""
    return name if TableName.is_valid(name) else ""


def _only_table(statement: str) -> str:
    """The table that a question with a missing column names, where it is one: no other can have been meant."""
    try:
        query = read_command(statement).query
    except NightlightError:
        return ""
    named = sorted(str(table) for table in query.tables) if query else []
    return named[0] if len(named) == 1 and TableName.is_valid(named[0]) else ""
