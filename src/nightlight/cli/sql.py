"""`nightlight sql`: ask the lake a question, as somebody and for a purpose."""

import json
import sys
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nightlight.cli.options import HomeOption, JsonOption, open_home
from nightlight.cli.output import format_value, print_answer, print_rows, progress, screen_width
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.progress import Progress

    from nightlight.sql.broker import Broker, Question, Result

SHOWN_ROWS = 200  # in a table on the screen; the other formats give all
SHOWN_VERTICALLY = 20  # of a table that is wider than the screen


class Format(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    ARROW = "arrow"


def sql(
    text: Annotated[
        str, typer.Argument(help="SELECT, DESCRIBE, SUMMARIZE, EXPLAIN or SHOW TABLES; - reads standard input.")
    ] = "",
    *,
    user: Annotated[str, typer.Option("--as", help="Whose grants decide what is seen.")],
    purpose: Annotated[str, typer.Option(help="What it is for: a purpose that is allowed to the user.")] = "",
    schema: Annotated[str, typer.Option(help="Where unqualified tables are looked up.", show_default=False)] = "",
    form: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = Format.TABLE,
    background: Annotated[
        bool,
        typer.Option(
            "--background",
            help="Allow an hour instead of seconds: waits, shows progress, prints the answer and keeps it under an id.",
        ),
    ] = False,
    result: Annotated[str, typer.Option(help="Open the answer of a background query.", show_default=False)] = "",
    results: Annotated[bool, typer.Option("--results", help="List the user's background queries.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a question of the tables that the user may read; refused without a purpose, and always audited."""
    from nightlight.sql.background import list_results, open_result
    from nightlight.sql.broker import Broker, Question

    form = Format.JSON if as_json else form
    if form is Format.ARROW and is_terminal():
        raise NightlightError(
            "--format arrow is for programs and not for a terminal", remedy="redirect it: add > answer.arrows"
        )
    place = open_home(home)
    if results:
        shown = ("id", "state", "started_at", "progress", "rows", "statement")
        with Broker(place) as broker:
            listed = list_results(broker, principal=user, purpose=purpose or None)
        rows = [{name: row[name] for name in shown} for row in listed]
        rows = rows if form is Format.JSON else [_readable(row) for row in rows]
        print_rows(rows, as_json=form is Format.JSON, empty=f"{user} has asked nothing in the background")
        return
    if not text and not result:
        raise NightlightError("there is no question", remedy='write it in quotes: nightlight sql --as .. "SELECT .."')
    text = sys.stdin.read() if text == "-" else text
    with progress() as display:
        task = display.add_task("asking", total=1.0)

        def building(table: str) -> None:
            display.update(task, description=f"preparing what {user} may read of {table} (kept for the next time)")

        def running(share: float) -> None:
            display.update(task, description="computing", completed=share)

        with Broker(place, on_build=building) as broker:
            question = Question(text, user, purpose or None, schema or None)
            if result:
                answer = open_result(broker, result, principal=user, purpose=purpose or None)
            else:
                answer = _ask(broker, question, display, running, background=background)
    _print(answer, form)


def is_terminal() -> bool:
    """Whether somebody reads standard output, and no program."""
    return sys.stdout.isatty()


def _ask(
    broker: "Broker", question: "Question", display: "Progress", running: Callable[[float], None], *, background: bool
) -> "Result":
    from nightlight.sql.background import open_result, run_in_background

    if background:
        query = run_in_background(broker, question, on_progress=running)
        display.stop()  # or it would draw over the line
        typer.echo(f"nightlight: kept; open it again with --result {query}", err=True)
        return open_result(broker, query, principal=question.principal, purpose=question.purpose)
    return broker.sql(
        question.text,
        principal=question.principal,
        purpose=question.purpose,
        schema=question.schema,
        on_progress=running,
    )


def _print(answer: "Result", form: Format) -> None:
    from nightlight.sql.results import json_rows

    table = answer.table
    match form:
        case Format.JSON:
            typer.echo(json.dumps(list(json_rows(table)), ensure_ascii=False, indent=2))
        case Format.CSV:
            _write_csv(table)
        case Format.ARROW:
            import pyarrow as pa

            with pa.ipc.new_stream(sys.stdout.buffer, table.schema) as writer:
                writer.write_table(table)
        case Format.TABLE:
            shown = print_answer(_exact_rows(table.slice(0, SHOWN_ROWS)), limit=SHOWN_VERTICALLY)
            if told := _shown(shown, table.num_rows):
                typer.echo(f"nightlight: {told}", err=True)
    for note in answer.notes:
        typer.echo(f"nightlight: {note}", err=True)


def _shown(vertically: int | None, rows: int) -> str:
    """What a person should know about what they see; `vertically`: so many rows, a line per value.

    >>> _shown(None, 200), _shown(None, 100_000)
    ('', 'shown: 200 of 100,000 rows; --format csv prints all of these')
    """
    if vertically is None:
        return f"shown: {SHOWN_ROWS} of {rows:,} rows; --format csv prints all of these" if rows > SHOWN_ROWS else ""
    share = f"shown: {vertically} of {rows:,} rows, " if vertically < rows else "shown with "
    return f"{share}a line per value: a table is wider than {screen_width()} columns; --format csv gives a table"


def _exact_rows(table: "pa.Table") -> list[dict[str, Any]]:
    """Rows for the screen, on which nothing is rounded: JSON has no numbers for decimals, infinity and NaN."""
    import pyarrow.types as types

    from nightlight.sql.results import json_rows

    rows = list(json_rows(table))
    for name, column in zip(rows[0] if rows else (), table.columns, strict=False):
        if types.is_decimal(column.type) or types.is_floating(column.type):
            for row, value in zip(rows, column.to_pylist(), strict=True):
                row[name] = value
        elif types.is_timestamp(column.type):
            for row in rows:
                row[name] = row[name] and row[name].replace("T", " ")
    return rows


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    """A background query in a list for people."""
    at = row["started_at"]
    return {
        **row,
        "started_at": format_value(datetime.fromisoformat(at) if isinstance(at, str) else at),
        "progress": f"{row['progress']:.0%}",
        "statement": " ".join(row["statement"].split()),
    }


def _write_csv(table: "pa.Table") -> None:
    """CSV as spreadsheets read it; lists and structs as JSON in their cell."""
    import csv

    from nightlight.sql.results import json_rows

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(table.column_names)
    for row in json_rows(table):
        writer.writerow(
            json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value for value in row.values()
        )
