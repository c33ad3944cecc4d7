"""Finds records of the audit by who, what, when and words, newest first, page by page.

Where no index helps, one search looks through a bounded number of records and says how far it came."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nightlight.catalog.audit import read_record
from nightlight.catalog.audit_chain import canonical
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

WINDOW = 200_000  # records that one search by table or words looks through: below a second
WORDS_LIMIT = 10
COMPARED = ("principal", "action", "outcome", "purpose")


@dataclass(frozen=True)
class Search:
    """What is looked for; "" and None leave a question open. `since` counts, `until` does not.

    `words`: each of them stands in the statement or the detail, in upper or lower case.
    """

    principal: str = ""
    action: str = ""
    outcome: str = ""
    purpose: str = ""
    table: str = ""
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""


@dataclass(frozen=True)
class Found:
    """Records, newest first; `older`: look for the next ones before this sequence, None when there are none.

    `looked_to`: where a bounded search stopped before it had a page full, with records before it still unseen.
    """

    records: list[dict[str, Any]]
    older: int | None = None
    looked_to: int | None = None


def search(home: Home, wanted: Search, *, before: int | None = None, limit: int = 50) -> Found:
    """The newest `limit` records that fit, of those before the sequence `before`."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with transaction(home.database_url) as connection:
            return _search(connection, wanted, before, limit)
    except SQLAlchemyError as error:
        raise NightlightError(
            f"the audit cannot be read ({type(getattr(error, 'orig', error)).__name__})",
            remedy="run `nightlight doctor`",
        ) from error


def actions(home: Home) -> list[str]:
    """The actions that there are records of, found by hops over the index."""
    from sqlalchemy import text

    query = text(
        """
        WITH RECURSIVE hop AS (
            SELECT min(action) AS action FROM audit
            UNION ALL
            SELECT (SELECT min(action) FROM audit WHERE action > hop.action) FROM hop WHERE hop.action IS NOT NULL
        )
        SELECT action FROM hop WHERE action IS NOT NULL
        """
    )
    with transaction(home.database_url) as connection:
        return [str(name) for name in connection.execute(query).scalars()]


def _search(connection: "Connection", wanted: Search, before: int | None, limit: int) -> Found:
    conditions, values = _conditions(connection, wanted, before)
    is_bounded = bool(wanted.words.split() or wanted.table)
    first = _newest(connection) if before is None else before - 1
    if is_bounded:
        conditions.append("sequence > :floor")
        values["floor"] = max(0, first - WINDOW)
    records = []
    for record in _rows(connection, conditions, values):
        if _has_words(record, wanted.words) and (not wanted.table or wanted.table in record["tables"]):
            records.append(record)
            if len(records) > limit:
                return Found(records[:limit], older=int(records[limit - 1]["sequence"]))
    if is_bounded and values["floor"] > 0:
        floor = int(values["floor"])
        return Found(records, older=floor + 1, looked_to=floor + 1)
    return Found(records)


def _conditions(connection: "Connection", wanted: Search, before: int | None) -> tuple[list[str], dict[str, Any]]:
    values: dict[str, Any] = {name: getattr(wanted, name) for name in COMPARED if getattr(wanted, name)}
    conditions = [f"{name} = :{name}" for name in values]
    if before is not None:
        conditions.append("sequence < :before")
        values["before"] = before
    for name, moment, sign in (("since", wanted.since, ">="), ("until", wanted.until, "<")):
        if moment is not None:
            conditions.append(f"at {sign} :{name}")
            values[name] = moment.astimezone(UTC).isoformat(timespec="microseconds")
    if wanted.table:
        conditions.append("tables LIKE :table ESCAPE '!'")
        values["table"] = f"%{_literally(wanted.table)}%"
    for number, word in enumerate(wanted.words.split()[:WORDS_LIMIT]):
        conditions.append(f"lower(record) LIKE :word{number} ESCAPE '!'")
        # SQLite makes ASCII alone lower case: any letter stands for another one, `_has_words` looks at the rest.
        pattern = "".join(c if c.isascii() else "_" for c in _literally(canonical(word)[1:-1].lower()))
        values[f"word{number}"] = f"%{pattern}%"
    return conditions, values


def _literally(text: str) -> str:
    """The text as a pattern that means nothing but itself."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _rows(connection: "Connection", conditions: list[str], values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    from sqlalchemy import text

    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    query = text(f"SELECT sequence, record FROM audit {where} ORDER BY sequence DESC")
    result = connection.execution_options(yield_per=200).execute(query, values)
    try:
        for row in result:
            yield read_record(row.sequence, row.record)
    finally:
        result.close()


def _newest(connection: "Connection") -> int:
    from sqlalchemy import text

    return int(connection.execute(text("SELECT coalesce(max(sequence), 0) FROM audit")).scalar_one())


def _has_words(record: dict[str, Any], words: str) -> bool:
    """Whether the words stand where people look for them, and not in another field of the record."""
    text = f"{record['statement']}\n{record['detail']}".lower()
    return all(word.lower() in text for word in words.split()[:WORDS_LIMIT])
