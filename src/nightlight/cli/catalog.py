"""`nightlight catalog`: put policies into force, and see what stands: on a table, for a privilege, for a principal."""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nightlight.cli.options import ActorOption, HomeOption, JsonOption, acting, open_home
from nightlight.cli.output import print_json, print_rows
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nightlight.catalog.statements import Statement
    from nightlight.settings import Home

catalog = typer.Typer(help="Policies: apply, show, who can, what can.", no_args_is_help=True)

FEW = 3  # names in a note
ABSENT = re.compile(r".+: there is no table (\S+) yet")  # and no other table was meant
KEYWORDS = re.compile(r"[A-Z][A-Z ]*[A-Z]")
SHOWN = ("owners", "grants", "masks", "filters", "tags", "columns")
SecurableArgument = Annotated[
    str, typer.Argument(help="CATALOG, schema, schema.table, schema.table.column, 'model m'.")
]


@catalog.command("apply")
def apply_file(
    file: Annotated[Path, typer.Argument(help="File of policy statements (docs/governance.md).")],
    actor: ActorOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a file's statements into force, all or none; doing it again changes nothing."""
    from nightlight.catalog.statements import read_statements
    from nightlight.sql.policies import apply_policies

    place = open_home(home)
    by = acting(place, actor)
    text = _read(file)
    try:
        statements = read_statements(text, str(file))
    except NightlightError as error:
        raise _with_suggestion(error) from error
    applied = apply_policies(place, statements, by=by, text=text)
    notes = [*applied.notes, *_schemas_to_come(place, statements)]
    if as_json:
        print_json({"changed": applied.changed, "unchanged": applied.unchanged, "notes": notes})
        return
    for note in _shortly(notes):
        typer.echo(f"note: {note}")
    typer.echo(_outcome(applied.changed, len(statements)))


@catalog.command()
def show(
    securable: Annotated[
        str | None, typer.Argument(help="As in `who-can`; default: every schema and table.", show_default=False)
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what stands on a securable, from above too: grants, masks, filters, tags, by whom and since when."""
    place = open_home(home)
    _register(place)
    if securable is None:
        from nightlight.catalog.description import list_tables
        from nightlight.db import transaction

        with transaction(place.database_url) as connection:
            tables = list_tables(connection)
        print_rows(tables, as_json=as_json, empty="no tables yet; run `nightlight ingest run`")
        return
    _show(place, securable, as_json=as_json)


@catalog.command("who-can")
def who_can(
    privilege: Annotated[str, typer.Argument(help="Such as SELECT, MODIFY, 'USE SCHEMA', MANAGE.")],
    securable: SecurableArgument,
    *,
    everybody: Annotated[bool, typer.Option("--all", help="Also those who cannot, with the reason.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who has a privilege on a securable, and by which grant."""
    from nightlight.catalog.access import who_can as decide
    from nightlight.db import transaction

    place = open_home(home)
    _register(place)
    with transaction(place.database_url) as connection:
        _check_exists(connection, securable)
        rows = decide(connection, _privilege(privilege), securable, all=everybody)
    hidden = ("via",) if everybody else ("allowed", "via")  # the reason names it
    shown = rows if as_json else [_without(row, *hidden) for row in rows]
    print_rows(shown, as_json=as_json, empty="nobody")


@catalog.command("what-can")
def what_can(
    principal: Annotated[str, typer.Argument(help="User, group or service principal.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """What a principal can do: every securable with the reason, the mask and the filter."""
    from nightlight.catalog.access import what_can as decide
    from nightlight.catalog.principals import find_principal
    from nightlight.db import transaction

    place = open_home(home)
    _register(place)
    with transaction(place.database_url) as connection:
        find_principal(connection, principal)
        rows = decide(connection, principal)
    print_rows(rows if as_json else _by_table(rows), as_json=as_json, empty=f"{principal} can do nothing")
    masks = [{"column": row["securable"], "mask": row["mask"]} for row in rows if row["mask"]]
    filters = {row["securable"].rpartition(".")[0]: row["filter"] for row in rows if row["filter"]}
    for title, about in (
        ("masks", masks),
        ("filters", [{"table": t, "rows": _one_line(f)} for t, f in filters.items()]),
    ):
        if about and not as_json:
            typer.echo()
            print_rows(about, as_json=False, title=title)


def _outcome(changed: int, statements: int) -> str:
    """
    >>> _outcome(0, 66), _outcome(13, 14), _outcome(1, 1)
    ('66 statements, nothing changed', '14 statements: 13 changed something', '1 statement: 1 changed something')
    """
    noun = "statement" if statements == 1 else "statements"
    return f"{statements} {noun}" + (f": {changed} changed something" if changed else ", nothing changed")


def _shortly(notes: Iterable[str]) -> list[str]:
    """Notes with those on tables to come as one; a name that looks like a slip keeps its own, with its line.

    >>> _shortly([f"a.sql:{n}: there is no table s.{n} yet" for n in "1234"] + ["user 'ana' made"])
    ["user 'ana' made", '4 tables do not exist yet: s.1, s.2, s.3 .. and 1 more']
    """
    absent = {note: found[1] for note in notes if (found := ABSENT.fullmatch(note))}
    others = [note for note in notes if note not in absent]
    return others + _to_come("table", "does not exist yet", "do not exist yet", list(absent.values()))


def _to_come(kind: str, one: str, several: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    more = f" .. and {len(names) - FEW} more" if len(names) > FEW else ""
    what = f"1 {kind} {one}" if len(names) == 1 else f"{len(names)} {kind}s {several}"
    return [f"{what}: {', '.join(names[:FEW])}{more}"]


def _schemas_to_come(place: "Home", statements: Iterable["Statement"]) -> list[str]:
    """Notes on schemas that something is granted on and that hold no table yet."""
    from nightlight.catalog.principals import suggestion
    from nightlight.catalog.statements import ChangeGrant, SetOwner
    from nightlight.lakehouse.tables import Lake

    existing = sorted({table.schema for table in Lake(place.lake).tables()})
    absent: dict[str, str] = {}
    for statement in statements:
        match statement:
            case ChangeGrant(is_added=True, securable=securable) | SetOwner(securable=securable):
                if securable.kind == "schema" and securable.name not in existing:
                    absent.setdefault(securable.name, statement.where)
    slips = {name: remedy for name in absent if (remedy := suggestion(name, existing))}
    notes = [f"{absent[name]}: schema {name} holds no table yet; {remedy}" for name, remedy in slips.items()]
    return notes + _to_come("schema", "holds no table yet", "hold no table yet", [n for n in absent if n not in slips])


def _with_suggestion(error: NightlightError) -> NightlightError:
    """The error for a word that is none of those expected, with the one that is close to it.

    >>> str(_with_suggestion(NightlightError("expected GROUP, PURPOSE or SERVICE, found 'GRUOP'")))
    "expected GROUP, PURPOSE or SERVICE, found 'GRUOP'; did you mean GROUP?"
    """
    expected, found, word = error.what.rpartition(", found ")
    words = [word for words in KEYWORDS.findall(expected) for word in words.split()]
    close = get_close_matches(word.strip("'").upper(), words, 1) if found else []
    if error.remedy or not close:
        return error
    return NightlightError(error.what, where=error.where, remedy=f"did you mean {close[0]}?")


def _check_exists(connection: "Connection", text: str) -> None:
    from nightlight.catalog.description import check_exists
    from nightlight.catalog.securables import Securable

    if note := check_exists(connection, Securable.parse(text)):
        typer.echo(f"nightlight: {note}", err=True)


def _show(place: "Home", text: str, *, as_json: bool) -> None:
    from dataclasses import asdict

    from nightlight.catalog.description import describe
    from nightlight.catalog.securables import Securable
    from nightlight.db import transaction

    securable = Securable.parse(text)
    with transaction(place.database_url) as connection:
        _check_exists(connection, text)
        description = asdict(describe(connection, securable))
    if as_json:
        print_json(description)
        return
    typer.secho(description["securable"], bold=True)
    description["grants"] = _together(description["grants"])
    shown = [name for name in SHOWN if description[name]]
    for name in shown:
        typer.echo()
        print_rows([_readable(row, description["securable"]) for row in description[name]], as_json=False, title=name)
    if not shown:
        typer.echo("nothing stands on it")


def _together(grants: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Grants of several columns to one principal as one row, as they were written."""
    found: dict[tuple[Any, ...], tuple[list[str], Mapping[str, Any]]] = {}
    for row in grants:
        key = (row["principal"], row["effect"], row["privilege"], row["column"] == "", row["on"], row["by"])
        columns, _ = found.setdefault(key, ([], row))
        columns += [row["column"]] if row["column"] else []
    return [
        {
            "principal": row["principal"],
            "grant": f"{row['effect']} {row['privilege']}" + (f" ({', '.join(columns)})" if columns else ""),
            **_without(row, "principal", "effect", "privilege", "column"),
        }
        for columns, row in found.values()
    ]


def _readable(row: Mapping[str, Any], here: str) -> dict[str, Any]:
    """A row for a terminal: days instead of moments, and a dash for what stands on the securable itself."""
    shown = dict(row)
    if "since" in shown:
        shown["since"] = f"{shown['since']:%Y-%m-%d}" if shown["since"] else ""
    if shown.get("on") == here or str(shown.get("on")).startswith("COLUMN "):
        shown["on"] = "-"
    return shown


def _by_table(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Columns of one table that are granted for one reason, in one row."""
    together: dict[tuple[Any, ...], list[str]] = {}
    for row in rows:
        parts = row["securable"].split(".")
        place = ".".join(parts[:2]) if len(parts) == 3 else row["securable"]
        reason = row["reason"].replace(f" ({parts[2]})", "") if len(parts) == 3 else row["reason"]
        together.setdefault((place, row["privilege"], reason), []).extend(parts[2:])
    return [
        {"securable": place, "can": f"{privilege} ({_few(columns)})" if columns else privilege, "because": reason}
        for (place, privilege, reason), columns in together.items()
    ]


def _few(columns: list[str]) -> str:
    return ", ".join(columns) if len(columns) <= 3 else f"{len(columns)} columns"


def _one_line(expression: str) -> str:
    return " ".join(expression.split())


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise NightlightError("not UTF-8 text", where=str(file), remedy="save the file as UTF-8") from error


def _register(place: "Home") -> None:
    """Let the catalog know what the lake holds now."""
    from nightlight.lakehouse.registration import register_tables
    from nightlight.lakehouse.tables import Lake

    register_tables(place.database_url, Lake(place.lake))


def _privilege(text: str) -> str:
    """`use-schema` and `USE_SCHEMA` are easier to type in a shell than a quoted space."""
    return text.upper().replace("-", " ").replace("_", " ")


def _without(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
