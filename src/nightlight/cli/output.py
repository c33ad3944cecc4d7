"""How commands speak: tables for people, JSON for scripts, one clear line for errors, progress on stderr."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


def print_rows(rows: Sequence[Mapping[str, Any]], *, as_json: bool, title: str = "", empty: str = "nothing") -> None:
    """Print rows as a JSON list, or as a table whose columns are the keys of the first row."""
    if as_json:
        print_json(list(rows))
        return
    if not rows:
        typer.echo(empty)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for number, (key, value) in enumerate(rows[0].items()):
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        # The first column names the row: it is never broken, however narrow the terminal.
        table.add_column(
            Text(_printable(key.replace("_", " "))),
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=numeric or number == 0,
        )
    for row in rows:
        table.add_row(*(Text(_printable(format_value(value))) for value in row.values()))
    _console().print(table)


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


def _console() -> "Console":
    """Standard output; where that is no terminal, a table gets the width it needs to be read by others."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=max(console.width, 160))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
