"""Single texter messages with the risk they show, as tab-separated rows: level, attributes, before, text."""

from dataclasses import dataclass
from pathlib import Path

from nightlight.conversations.labels import HIGHEST_RISK, RiskAttribute
from nightlight.conversations.problems import Problem, choose_from, refuse, shown
from nightlight.conversations.tab_files import Report, examine_rows, split_row

COLUMNS = ("level", "attributes", "before", "text")
LEVELS = tuple(str(level) for level in range(HIGHEST_RISK + 1))


@dataclass(frozen=True)
class TexterMessage:
    """A texter's `text` that answers the counselor's `before` ("" = none); `level`: 0 to 4; all its attributes."""

    level: int
    attributes: tuple[RiskAttribute, ...]
    before: str
    text: str


def read_texter_messages(path: Path) -> tuple[TexterMessage, ...]:
    """The rows of the file in order; raises `NightlightError` naming the first problem and how many follow."""
    rows, problems = examine_texter_messages(path)
    if problems:
        raise refuse(problems)
    return rows


def examine_texter_messages(path: Path) -> tuple[tuple[TexterMessage, ...], list[Problem]]:
    """The well-formed rows, and the problems of the others."""
    return examine_rows(path, COLUMNS, "texter messages", _row)


def _row(line: str, report: Report) -> TexterMessage | None:
    if (cells := split_row(line, COLUMNS, report)) is None:
        return None
    level, names, before, text = cells
    attributes = names.split(",") if names else []
    unknown = [name for name in attributes if name not in set(RiskAttribute)]
    for name in unknown:
        report(f"unknown attribute {shown(name)}", choose_from(name, RiskAttribute, listed="docs/labels.md"))
    if level not in LEVELS:
        report("the level is not a number from 0 to 4", "docs/labels.md says what each level shows")
    if not text.strip():
        report("no text", "write the texter's message or delete the row")
    if unknown or level not in LEVELS:
        return None
    return TexterMessage(int(level), tuple(RiskAttribute(name) for name in attributes), before, text)
