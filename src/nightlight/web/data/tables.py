"""The pages about data: what tables there are, what stands in them, how they came to be; as one person is shown it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from nightlight.catalog.securables import quote
from nightlight.dashboards.definition import Dashboard
from nightlight.dashboards.trust import tables_of
from nightlight.errors import NightlightError
from nightlight.ingestion.declaration import read_source, source_files
from nightlight.ingestion.runs import last_runs
from nightlight.lakehouse.versions import list_versions
from nightlight.languages import N_
from nightlight.web.access import SIGNED_IN, NotThere, Person, PersonOf
from nightlight.web.answer_tables import type_words
from nightlight.web.dashboards import viewable_dashboards
from nightlight.web.data.shown_tables import ShownTable, shown_table, shown_tables, told_filters
from nightlight.web.data.states import TableState, TableStates
from nightlight.web.pages import render
from nightlight.web.site import Site, SiteOf

if TYPE_CHECKING:
    from nightlight.sql.broker import Result

router = APIRouter()

SCHEMAS = {  # what the usual schemas hold, in the order in which people want them
    "gold": N_("measures, ready to be read"),
    "silver": N_("one row for each thing, cleaned"),
    "bronze": N_("as it was delivered"),
    "ops": N_("how the platform itself runs"),
    "quarantine": N_("rows that were refused, with the reason"),
}
SAMPLE_ROWS = 10
SHOWN_VERSIONS = 50
_FILLED: dict[Path, tuple[int, str]] = {}  # by source file: when it was written, and its table


@dataclass(frozen=True)
class Listed:
    """A table in a list; `columns` are those that were looked for."""

    shown: ShownTable
    state: TableState
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """Some rows as the policy shows them, or why there are none; `left_out` are columns of text."""

    columns: tuple[str, ...]
    rows: Sequence[dict[str, Any]]
    left_out: tuple[str, ...]
    notes: tuple[str, ...] = ()
    refusal: NightlightError | None = None


@router.get("/data", dependencies=[SIGNED_IN])
def tables_page(request: Request, site: SiteOf, person: PersonOf, q: str = "") -> HTMLResponse:
    shown = shown_tables(site, person)
    return render(request, "data/tables.html", schemas=_by_schema(_find(site, shown, q)), q=q, words=SCHEMAS, schema="")


@router.get("/data/{schema}", dependencies=[SIGNED_IN])
def schema_page(request: Request, site: SiteOf, person: PersonOf, schema: str, q: str = "") -> HTMLResponse:
    shown = {name: each for name, each in shown_tables(site, person).items() if each.name.schema == schema}
    if not shown:
        raise NotThere
    found = _by_schema(_find(site, shown, q))
    return render(request, "data/tables.html", schemas=found, q=q, words=SCHEMAS, schema=schema)


@router.get("/data/{schema}/{table}", dependencies=[SIGNED_IN])
def table_page(
    request: Request, site: SiteOf, person: PersonOf, schema: str, table: str, purpose: str = "", text: str = ""
) -> HTMLResponse:
    shown = shown_table(site, person, schema, table)
    states = TableStates(site, str(shown.name))
    return render(
        request,
        "data/table.html",
        shown=shown,
        state=states.of(shown),
        comments=states.comments,
        filters=told_filters(site, person, shown),
        versions=list_versions(shown.table, 3),
        source=_source(site, shown),
        dashboards=dashboards_using(site, person, shown),
        sample=_sample(site, person, shown, purpose, with_text=bool(text)) if purpose else None,
        purpose=purpose,
        text=bool(text),
        question=_question(shown),
        type_words=type_words,
    )


@router.get("/data/{schema}/{table}/history", dependencies=[SIGNED_IN])
def history_page(request: Request, site: SiteOf, person: PersonOf, schema: str, table: str) -> HTMLResponse:
    shown = shown_table(site, person, schema, table)
    state = TableStates(site, str(shown.name)).of(shown)
    versions = list_versions(shown.table, SHOWN_VERSIONS)
    return render(request, "data/history.html", shown=shown, state=state, versions=versions)


def dashboards_using(site: Site, person: Person, shown: ShownTable) -> list[tuple[str, str]]:
    """Name and title of each dashboard that this person may open and whose SQL names the table."""
    mine = [each for each in viewable_dashboards(site, person).values() if isinstance(each, Dashboard)]
    found = [(each.name, each.title) for each in mine if str(shown.name) in tables_of(each)]
    return sorted(found, key=lambda each: each[1])


def _find(site: Site, shown: dict[str, ShownTable], q: str) -> list[Listed]:
    """The tables whose name, comment or columns hold all words looked for."""
    states = TableStates(site)
    wanted = q.casefold().split()
    found = []
    for name, each in shown.items():
        state = states.of(each)
        about = f"{name} {state.comment} {state.owner}".casefold()
        told = {
            column.name: f"{column.name} {states.comments.get((name, column.name.lower()), '')}".casefold()
            for column in each.columns
        }
        everything = " ".join([about, *told.values()])
        if all(word in everything for word in wanted):
            columns = [column for column, words in told.items() if any(w in words for w in wanted if w not in about)]
            found.append(Listed(each, state, tuple(columns)))
    return found


def _by_schema(found: Sequence[Listed]) -> dict[str, list[Listed]]:
    order = {name: index for index, name in enumerate(SCHEMAS)}
    schemas = sorted({each.shown.name.schema for each in found}, key=lambda name: (order.get(name, 2.5), name))
    return {schema: [each for each in found if each.shown.name.schema == schema] for schema in schemas}


def _source(site: Site, shown: ShownTable) -> tuple[str, dict[str, Any]] | None:
    """The source that fills the table, with its last run."""
    for name, file in source_files(site.home).items():
        if _filled_by(site, file) == str(shown.name):
            return name, last_runs(site.broker.lake).get(name, {})
    return None


def _filled_by(site: Site, file: Path) -> str:
    """The table that a source's file names; "" for a file that cannot be read."""
    try:
        stamp = file.stat().st_mtime_ns
    except OSError:  # removed meanwhile
        return ""
    read = _FILLED.get(file)
    if read is None or read[0] != stamp:
        try:
            read = (stamp, str(read_source(file, site.home).table))
        except NightlightError:
            read = (stamp, "")
        _FILLED[file] = read
    return read[1]


def _question(shown: ShownTable) -> str:
    """A first question for the console: the columns without text."""
    columns = ", ".join(quote(column.name) for column in shown.access.allowed if not _is_text(column.tags))
    return f"SELECT {columns}\nFROM {shown.name}\nLIMIT 100" if columns else ""


def _sample(site: Site, person: Person, shown: ShownTable, purpose: str, *, with_text: bool) -> Sample:
    chosen = [column for column in shown.access.allowed if with_text or not _is_text(column.tags)]
    left_out = tuple(column.name for column in shown.access.allowed if column not in chosen)
    names = tuple(column.name for column in chosen)
    if not names:
        return Sample((), (), left_out)
    sql = f"SELECT {', '.join(map(quote, names))} FROM {shown.name} LIMIT {SAMPLE_ROWS}"
    try:
        result: Result = site.broker.sql(sql, principal=person.name, purpose=purpose, action="sample")
    except NightlightError as refusal:
        return Sample(names, (), left_out, refusal=refusal)
    return Sample(names, result.table.to_pylist(), left_out, result.notes)


def _is_text(tags: Any) -> bool:
    return "text" in tags.get("sensitivity", ())
