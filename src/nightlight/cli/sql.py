"""`nightlight sql`: ask the lake a question, as somebody and for a purpose."""

import json
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nightlight.cli.options import HomeOption, JsonOption, open_home
from nightlight.cli.output import print_rows, progress
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    import pyarrow as pa

    from nightlight.sql.broker import Broker, Question, Result

SHOWN_ROWS = 200  # in a table on the screen; the other formats give all


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
        bool, typer.Option("--background", help="May take an hour; the answer is kept for the user.")
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
    place = open_home(home)
    if results:
        shown = ("id", "state", "started_at", "progress", "rows", "statement")
        with Broker(place) as broker:
            listed = list_results(broker, principal=user, purpose=purpose or None)
        rows = [{name: row[name] for name in shown} for row in listed]
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
                answer = _ask(broker, question, running, background=background)
    _print(answer, form)


def _ask(broker: "Broker", question: "Question", running: Any, *, background: bool) -> "Result":
    from nightlight.sql.background import open_result, run_in_background

    if background:
        query = run_in_background(broker, question, on_progress=running)
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
            rows = list(json_rows(table.slice(0, SHOWN_ROWS)))
            print_rows(rows, as_json=False, empty="no rows")
            if table.num_rows > SHOWN_ROWS:
                typer.echo(f"nightlight: {SHOWN_ROWS} of {table.num_rows:,} rows; --format csv gives all", err=True)
    for note in answer.notes:
        typer.echo(f"nightlight: {note}", err=True)


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
