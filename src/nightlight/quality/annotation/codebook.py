"""The codebook as annotators read it beside their work: the tables of docs/labels.md, which are its only source."""

import re
from dataclasses import dataclass
from functools import cache

from nightlight.settings import shipped


@dataclass(frozen=True)
class Part:
    """One axis of the codebook: what is said before its table, the names of its columns, a row for each word."""

    title: str
    lead: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@cache
def codebook() -> tuple[Part, ...]:
    """Phases, counselor acts, risk levels with their attributes."""
    text = shipped("docs/labels.md").read_text(encoding="utf-8")
    return tuple(part for section in text.split("\n## ")[1:] for part in _parts(section))


def words_in(cell: str) -> list[tuple[str, bool]]:
    """A cell in pieces, each with whether it is a word of the label set.

    >>> words_in("a greeting without a name (`greeting`)")
    [('a greeting without a name (', False), ('greeting', True), (')', False)]
    """
    pieces = re.split(r"`(\w+)`", cell)
    return [(piece, bool(number % 2)) for number, piece in enumerate(pieces) if piece]


def _parts(section: str) -> list[Part]:
    title, _, body = section.partition("\n")
    found = []
    lead: list[str] = []
    for block in filter(None, map(str.strip, body.split("\n\n"))):
        if not block.startswith("|"):
            lead.append(" ".join(block.split()))
            continue
        header, _, *rows = (_cells(line) for line in block.splitlines())
        found.append(Part(title, " ".join(lead), header, tuple(rows)))
        lead = []
    return found


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
