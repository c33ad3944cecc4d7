"""`nightlight audit`: read the audit, find out whether it is as it was written, anchor its head elsewhere."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from nightlight.cli.options import HomeOption, JsonOption, open_home
from nightlight.cli.output import format_value, print_json, print_rows, screen_width
from nightlight.errors import NightlightError

LONGEST, LONGEST_NAME = 300, 40  # characters of a statement or reason, and of a name; `--json` has all
NARROW = 110  # characters of a terminal in which the act stands before what it was about, not in columns of its own
OUTCOMES = ("done", "refused", "failed")
ACTIONS = (
    "sql",
    "open result",
    "list results",
    "admit",
    "catalog apply",
    "user add",
    "user disable",
    "user enable",
    "user group add",
    "metric",
    "backup",
    "restore",
    "practice begin",
    "practice record",
    "practice stop",
    "practice open",
    "open progress",
    "correct practice",
    "erase practice",
    "erase texter",
)

audit = typer.Typer(help="The audit: who did what, for which purpose.", no_args_is_help=True)


@audit.command("tail")
def show_tail(
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many records.")] = 20,
    principal: Annotated[str | None, typer.Option("--principal", help="Only what this principal did.")] = None,
    outcome: Annotated[str | None, typer.Option("--outcome", help="Only done, refused or failed.")] = None,
    action: Annotated[str | None, typer.Option("--action", help="Only this action, such as sql.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the newest records, newest last, folded to the terminal's width."""
    from nightlight.catalog.audit import tail

    place = open_home(home)
    if outcome is not None and outcome not in OUTCOMES:
        raise NightlightError(f"'{outcome}' is no outcome", remedy=f"outcomes are {', '.join(OUTCOMES)}")
    if action is not None and action not in ACTIONS and not tail(place, 1, action=action):
        raise NightlightError(f"'{action}' is no action", remedy=f"actions are {', '.join(ACTIONS)}")
    records = tail(place, limit, principal=principal, outcome=outcome, action=action)
    rows = records if as_json else [_row(record, is_narrow=screen_width() < NARROW) for record in records]
    print_rows(rows, as_json=as_json, empty="the audit has none")


@audit.command("verify")
def verify_audit(
    anchor: Annotated[
        Path | None,
        typer.Option("--anchor", help="Anchor file (default: the setting audit_anchor).", show_default=False),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Follow the audit from its first record to its head and say whether anything was changed."""
    from nightlight.catalog.audit import anchor_file, verify

    opened = open_home(home)
    found = verify(opened, anchor or anchor_file(opened))
    if as_json:
        print_json(asdict(found))
    else:
        up_to = "no record is anchored" if found.anchored is None else f"anchored up to record {found.anchored:,}"
        typer.echo(f"{found.records:,} records, {up_to}")
        for line in (*found.problems, *(f"note: {note}" for note in found.notes)):
            typer.echo(f"  {one_line(line)}")
    if not found.ok:
        first = "" if found.first_bad is None else f", from record {found.first_bad} on"
        typer.echo(f"nightlight: the audit is not as it was written{first}", err=True)
        raise typer.Exit(1)


@audit.command("anchor")
def anchor_audit(
    file: Annotated[
        Path | None,
        typer.Argument(help="File to add the head to (default: the setting audit_anchor).", show_default=False),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the audit's head into a file, best on another machine, that later shows whether the audit was cut."""
    from nightlight.catalog.audit import anchor_file, anchor_head

    opened = open_home(home)
    target = file or anchor_file(opened)
    if target is None:
        raise NightlightError(
            "no anchor file is named", remedy="give one, or set audit_anchor in nightlight.toml to a file elsewhere"
        )
    anchor = anchor_head(opened, target)
    if as_json:
        print_json({**asdict(anchor), "file": str(target)})
    else:
        typer.echo(f"anchored record {anchor.sequence:,} in {target}")


def _row(record: dict[str, Any], *, is_narrow: bool) -> dict[str, str]:
    who = {
        "record": format_value(record["sequence"]),
        "at": format_value(record["at"]),
        "principal": _cut(record["principal"], LONGEST_NAME),
    }
    action, outcome = (_cut(record[name], LONGEST_NAME) for name in ("action", "outcome"))
    if is_narrow:
        return who | {"what": ": ".join(filter(None, (f"{action}, {outcome}", _what(record))))}
    return who | {"action": action, "outcome": outcome, "what": _what(record)}


def _what(record: dict[str, Any]) -> str:
    """What was asked or done, for which purpose and with how many rows; what there is to say of it, such as why not."""
    asked = _cut(record["statement"] or ", ".join(record["tables"]), LONGEST)
    purpose, rows = _cut(record["purpose"] or "", LONGEST_NAME), record["rows"]
    beside = [f"for {purpose}"] if purpose else []
    beside += [] if rows is None else [f"{format_value(rows)} row{'' if rows == 1 else 's'}"]
    told = " ".join(filter(None, (asked, f"({', '.join(beside)})" if beside else "")))
    return ": ".join(filter(None, (told, _cut(record["detail"], LONGEST))))


def _cut(text: str, width: int) -> str:
    line = one_line(text)
    return line if len(line) <= width else line[: width - 1] + "…"


def one_line(text: str) -> str:
    """The text on one line, without what a terminal would obey.

    >>> one_line("SELECT 1,\\n\\t2 \\x1b[2J")
    'SELECT 1, 2 [2J'
    """
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
