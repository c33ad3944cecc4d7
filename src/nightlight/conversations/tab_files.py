"""Tab-separated files of labelled messages: lines that begin with "# " say what the file is; then a header, rows."""

from collections.abc import Callable
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import TypeVar

from nightlight.conversations.problems import Findings, Problem, read_text

Row = TypeVar("Row")
Report = Callable[[str, str], None]


def examine_rows(
    path: Path, columns: tuple[str, ...], what: str, read_row: Callable[[str, Report], Row | None]
) -> tuple[tuple[Row, ...], list[Problem]]:
    """The rows that `read_row` makes of the lines after the header, and the problems of the others."""
    findings = Findings(str(path))
    lines = (read_text(path, findings) or "").removesuffix("\n").split("\n")
    first = sum(1 for _ in takewhile(lambda line: line.startswith("# "), lines)) + 1
    header = lines[first - 1 : first]
    if not findings.problems and header != ["\t".join(columns)]:
        findings.add(first, f"the header is not that of {what}", f"write {', '.join(columns)} with tabs between")
    found = [read_row(line, partial(findings.add, number)) for number, line in enumerate(lines[first:], first + 1)]
    return tuple(row for row in found if row), findings.ordered()


def split_row(line: str, columns: tuple[str, ...], report: Report) -> list[str] | None:
    """The cells of a line; None, and a problem, where there are more or fewer than columns."""
    cells = line.split("\t")
    if len(cells) == len(columns):
        return cells
    report(f"{len(cells)} of {len(columns)} columns", f"write {', '.join(columns)} with tabs between")
    return None
