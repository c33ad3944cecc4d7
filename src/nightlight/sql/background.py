"""Background queries: long questions with progress, their answers kept for those who asked.

An answer is opened by its owner alone, for a purpose, and only while what they may read has not changed since."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.sql.broker import Broker, Question, Result
from nightlight.sql.workers import Limits

if TYPE_CHECKING:
    import pyarrow as pa

BACKGROUND_LIMITS = Limits(seconds=3600, memory_mb=2048, rows=20_000_000, bytes=2_000_000_000, spill_mb=50_000)
PROGRESS_STEP = 0.01
KEPT = timedelta(days=30)
SEPARATOR = "; "


def run_in_background(
    broker: Broker,
    question: Question,
    *,
    query: str = "",
    on_progress: Callable[[float], None] = lambda share: None,
    cancelled: Callable[[], bool] | None = None,
) -> str:
    """Answer a question that may take an hour and keep the answer; the id to open it by (`query`, or a new one).

    Runs in the caller's thread. Raises what `Broker.sql` raises; the query is listed as failed then.
    """
    broker.admit(question)
    url, query = broker.home.database_url, query or secrets.token_hex(8)
    _insert(url, query, question)
    shown = 0.0

    def progressed(share: float) -> None:
        nonlocal shown
        on_progress(share)
        if share >= shown + PROGRESS_STEP:
            shown = share
            _update(url, query, progress=share)

    try:
        result = broker.sql(
            question.text,
            principal=question.principal,
            purpose=question.purpose,
            schema=question.schema,
            limits=BACKGROUND_LIMITS,
            on_progress=progressed,
            cancelled=cancelled,
        )
        _keep(broker.home, query, result.table)
    except BaseException as error:
        detail = str(error) if isinstance(error, NightlightError) else "stopped"
        _update(url, query, state="failed", ended_at=datetime.now(UTC), detail=detail)
        raise
    _update(
        url,
        query,
        state="done",
        ended_at=datetime.now(UTC),
        progress=1.0,
        rows=result.table.num_rows,
        standing=result.standing,
        detail=SEPARATOR.join(result.notes),
    )
    return query


def open_result(broker: Broker, query: str, *, principal: str, purpose: str | None) -> Result:
    """The kept answer of a background query; the same refusal for one that is not there and for somebody else's."""
    found = next((row for row in list_queries(broker.home, principal) if row["id"] == query), None)
    statement = found["statement"] if found else query
    question = Question(statement, principal, purpose, found["schema_name"] or None if found else None)
    return broker.open(question, lambda: _stored(broker.home, query, found), found["standing"] if found else "")


def list_results(broker: Broker, *, principal: str, purpose: str | None) -> list[dict[str, Any]]:
    """A person's background queries, the newest first; for people, with a record in the audit."""
    import pyarrow as pa

    question = Question("", principal, purpose)
    broker.admit(question)
    rows = list_queries(broker.home, principal)
    listed = pa.table({"id": pa.array([row["id"] for row in rows], pa.string())})
    broker.audited("list results", question, lambda account: Result(listed, False, (), "", {}))
    return rows


def list_queries(home: Home, principal: str) -> list[dict[str, Any]]:
    """A person's background queries, the newest first."""
    from sqlalchemy import text

    with transaction(home.database_url) as connection:
        rows = connection.execute(
            text("SELECT * FROM background_queries WHERE principal = :principal ORDER BY started_at DESC"),
            {"principal": principal},
        )
        return [dict(row) for row in rows.mappings()]


def forget_results(home: Home, now: datetime) -> None:
    """Delete answers that have been kept long enough; the list of queries still says that they were asked."""
    for file in home.results.glob("*.arrow"):
        if datetime.fromtimestamp(file.stat().st_mtime, UTC) < now - KEPT:
            file.unlink(missing_ok=True)


def forget_all_results(home: Home) -> None:
    """Delete every kept answer: rows that it may hold were erased."""
    for file in home.results.glob("*.arrow"):
        file.unlink(missing_ok=True)


def _insert(url: str, query: str, question: Question) -> None:
    from sqlalchemy import text

    with transaction(url) as connection:
        connection.execute(
            text(
                "INSERT INTO background_queries (id, principal, purpose, schema_name, statement, state, started_at, "
                "progress, standing, detail) VALUES (:id, :principal, :purpose, :schema, :statement, 'running', "
                ":now, 0, '', '')"
            ),
            {
                "id": query,
                "principal": question.principal,
                "purpose": question.purpose or "",
                "schema": question.schema or "",
                "statement": question.text,
                "now": datetime.now(UTC),
            },
        )


def _update(url: str, query: str, **values: Any) -> None:
    from sqlalchemy import text

    with transaction(url) as connection:
        connection.execute(
            text(f"UPDATE background_queries SET {', '.join(f'{name} = :{name}' for name in values)} WHERE id = :id"),
            {"id": query, **values},
        )


def _keep(home: Home, query: str, table: "pa.Table") -> None:
    import pyarrow as pa

    file = home.results / f"{query}.arrow"
    file.touch(mode=0o600)
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def _stored(home: Home, query: str, found: dict[str, Any] | None) -> "tuple[pa.Table, tuple[str, ...]]":
    import pyarrow as pa

    if found is None:
        raise NightlightError(f"there is no result '{query}' of yours")
    if found["state"] != "done":
        reason = found["detail"] or f"{found['progress']:.0%} done"
        raise NightlightError(f"background query '{query}' has no result: {found['state']} ({reason})")
    file = home.results / f"{query}.arrow"
    if not file.exists():
        raise NightlightError(f"the result of background query '{query}' is not kept any more", remedy="ask it again")
    with pa.memory_map(str(file)) as source:
        notes = tuple(filter(None, found["detail"].split(SEPARATOR)))
        return pa.ipc.open_file(source).read_all(), notes
