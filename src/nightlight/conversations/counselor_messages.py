"""Single counselor messages with their acts, as tab-separated rows: tags, risk_cue, before, text.

Lines that begin with "# " may stand before the header. The first act is reliable; further acts are sparse, so an act
that is missing is unknown, not absent."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nightlight.conversations.labels import CounselorAct
from nightlight.conversations.problems import Problem, choose_from, refuse, shown
from nightlight.conversations.tab_files import examine_rows, split_row

ACTS = frozenset(CounselorAct)
COLUMNS = ("tags", "risk_cue", "before", "text")


@dataclass(frozen=True)
class CounselorMessage:
    """A counselor's `text` that follows the texter's `before` ("" = it opens the conversation); `risk_cue`: whether
    `before` alone holds a cue to ask about. Near-miss rows share a `before`: never split them between sets."""

    acts: tuple[CounselorAct, ...]
    risk_cue: bool
    before: str
    text: str


def check_counselor_messages(path: Path) -> list[Problem]:
    """Everything that is wrong with the file, in the order of its lines."""
    return examine_counselor_messages(path)[1]


def read_counselor_messages(path: Path) -> tuple[CounselorMessage, ...]:
    """The rows of the file in order; raises `NightlightError` naming the first problem and how many follow."""
    rows, problems = examine_counselor_messages(path)
    if problems:
        raise refuse(problems)
    return rows


def examine_counselor_messages(path: Path) -> tuple[tuple[CounselorMessage, ...], list[Problem]]:
    """The well-formed rows, and the problems of the others."""
    return examine_rows(path, COLUMNS, "counselor messages", _row)


def _row(line: str, report: Callable[[str, str], None]) -> CounselorMessage | None:
    if (cells := split_row(line, COLUMNS, report)) is None:
        return None
    tags, risk_cue, before, text = cells
    acts = tags.split(",")
    unknown = [act for act in acts if act not in ACTS]
    for act in unknown:
        report(f"unknown counselor tag {shown(act)}", choose_from(act, CounselorAct))
    if len(set(acts)) < len(acts):
        report("a tag stands twice", "keep one of them")
    if risk_cue not in {"0", "1"}:
        report("risk_cue is neither 0 nor 1", "write 1 when 'before' holds a cue to ask about, else 0")
    if not text.strip():
        report("no text", "write the counselor's message or delete the row")
    if unknown:
        return None
    return CounselorMessage(tuple(CounselorAct(act) for act in acts), risk_cue == "1", before, text)
