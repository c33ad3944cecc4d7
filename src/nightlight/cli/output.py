"""How commands speak: tables for people, JSON for scripts, one clear line for errors, progress on stderr."""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.progress import Progress


GAP, NO_TERMINAL = 2, 160
TEXT_MINIMUM = 8  # the narrowest a column of text is folded to
UNBREAKABLE = re.compile(r"[-+]?[\d,]+(\.\d+)?( ?%)?|\d{4}-\d\d-\d\d([ T][\d:.]+([-+]\d\d:\d\d)?)?|")


def print_rows(rows: Sequence[Mapping[str, Any]], *, as_json: bool, title: str = "", empty: str = "nothing") -> None:
    """Print rows as a JSON list, or as a table whose columns are the keys of the first row.

    Text is folded to the terminal's width, numbers and times never; where that is not enough, a line per value.
    """
    if as_json:
        print_json(list(rows))
        return
    if not rows:
        typer.echo(empty)
        return
    columns = [
        _Column(
            key.replace("_", " "),
            [format_value(row.get(key)) for row in rows],
            is_right=any(_is_number(row.get(key)) for row in rows),
            is_first=number == 0,
        )
        for number, key in enumerate(rows[0])
    ]
    if sum(column.narrowest for column in columns) + GAP * (len(columns) - 1) <= screen_width():
        _print_table(columns, screen_width(), title)
        return
    if title:
        typer.echo(title)
    _print_vertically(columns, len(rows))


def print_answer(rows: Sequence[Mapping[str, Any]], *, limit: int, empty: str = "no rows") -> int | None:
    """Print an answer's rows with names and values exactly as they are.

    As a table if that fits the terminal, or else the first `limit` rows with a line per value: then their number.
    """
    if not rows:
        typer.echo(empty)
        return None
    columns = [
        _Column(key, [exact_value(row[key]) for row in rows], is_right=any(_is_number(row[key]) for row in rows))
        for key in rows[0]
    ]
    width = sum(column.widest for column in columns) + GAP * (len(columns) - 1)
    if width <= screen_width():
        _print_table(columns, width, "")
        return None
    shown = min(len(rows), limit)
    _print_vertically(columns, shown)
    return shown


@dataclass
class _Column:
    """A column as text; `is_first`: it names the row and is never broken."""

    name: str
    cells: list[str]
    is_right: bool = False
    is_first: bool = False

    def __post_init__(self) -> None:
        self.name, self.cells = _printable(self.name), [_printable(cell) for cell in self.cells]

    @property
    def is_fixed(self) -> bool:
        return self.is_right or self.is_first or all(UNBREAKABLE.fullmatch(cell) for cell in self.cells)

    @property
    def widest(self) -> int:
        return max(map(_width, (self.name, *self.cells)))

    @property
    def narrowest(self) -> int:
        return self.widest if self.is_fixed else min(self.widest, TEXT_MINIMUM)


def _print_table(columns: Sequence[_Column], width: int, title: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        table.add_column(
            Text(column.name),
            justify="right" if column.is_right else "left",
            overflow="fold",
            no_wrap=column.is_fixed,
        )
    for cells in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*map(Text, cells))
    Console(width=width).print(table)


def _print_vertically(columns: Sequence[_Column], count: int) -> None:
    """A line per value; what is longer than the terminal is wide is for the terminal to break."""
    margin = max(_width(column.name) for column in columns) + 2
    for number in range(count):
        typer.secho(f"row {number + 1}", bold=True)
        for column in columns:
            value = column.cells[number].replace("\n", "\n" + " " * margin)
            typer.echo(f"{column.name}:{' ' * (margin - _width(column.name) - 1)}{value}".rstrip())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _width(text: str) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, text.split("\n")))


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, default=_plain, ensure_ascii=False, indent=2))


def format_value(value: Any) -> str:
    """A value as people read it.

    >>> format_value(1234567), format_value(2.5), format_value(None), format_value(["a", "b"])
    ('1,234,567', '2.50', '', 'a, b')
    """
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.2f}"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case list() | tuple():
            return ", ".join(map(format_value, value))
    return str(value)


def exact_value(value: Any) -> str:
    """A value as it is, for somebody who may copy it.

    >>> exact_value(788309334396027047), exact_value(0.1234567), exact_value(True), exact_value(Decimal("1E+2"))
    ('788309334396027047', '0.1234567', 'true', '100')
    >>> exact_value(None), exact_value(["é", 1])
    ('', '["é", 1]')
    """
    match value:
        case None:
            return ""
        case bool() | list() | dict():
            return json.dumps(value, ensure_ascii=False)
        case Decimal():
            return f"{value:f}"
    return str(value)


def _printable(text: str) -> str:
    """Without what a terminal would obey rather than show.

    >>> _printable("a\\x1b]0;b")
    'a\ufffd]0;b'
    """
    return "".join(mark if mark.isprintable() or mark == "\n" else "\ufffd" for mark in text)


@contextmanager
def progress() -> "Iterator[Progress]":
    """A progress display on stderr; silent when stderr is not a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as display:
        yield display


@contextmanager
def saying(what: str = "") -> Iterator[Callable[[str], None]]:
    """A progress display of one line: `what` is done first, then whatever is said to it."""
    with progress() as display:
        task = display.add_task(what, total=None)
        yield lambda step: display.update(task, description=step)


def screen_width() -> int:
    """Of the terminal, or of COLUMNS; where there is neither, a table gets the width it needs to be read by others."""
    from rich.console import Console

    console = Console()
    return console.width if console.is_terminal or "COLUMNS" in os.environ else max(console.width, NO_TERMINAL)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
