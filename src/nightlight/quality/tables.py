"""Quality work as governed tables of the lake (schema `quality`), for dashboards, SQL and row filters.

They are small and may change, so each is written anew as a whole when it is not as it was. No text and no notes."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from nightlight.db import moment, rows_of, transaction
from nightlight.lakehouse.lock import run_lock
from nightlight.lakehouse.maintenance import vacuum
from nightlight.lakehouse.published import rewrite, schema_of
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake
from nightlight.quality import samples
from nightlight.quality.access import Clock
from nightlight.quality.columns import COLUMNS, COMMENTS
from nightlight.quality.store import Case, Happened, select_cases, select_flag_events, select_flags
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

DIGEST = "quality_digest"
LOCK = "quality tables"
REVIEWS = (Happened.CONFIRMED, Happened.DISMISSED, Happened.REOPENED)
Row = dict[str, Any]


def make_tables(home: Home) -> None:
    """Make the tables that are not there yet, empty, so that pipelines, grants and filters can name them."""
    lake = Lake(home.lake)
    missing = [name for name in COLUMNS if not lake.table(f"quality.{name}").exists]
    if missing:
        _write(home, {name: [] for name in missing})


def is_used(home: Home) -> bool:
    """Whether conversations are flagged in this home, or its tables are there already."""
    if (home.lake / "quality").is_dir():
        return True
    with transaction(home.database_url) as connection:
        return bool(rows_of(connection, "quality_cases", "conversation LIMIT 1"))


def publish(home: Home, *, clock: Clock) -> tuple[str, ...]:
    """Bring the tables to what is known now; the names of those that changed."""
    with run_lock(home.root, LOCK):
        with transaction(home.database_url) as connection:
            rows = rows_now(connection, clock())
        return _write(home, rows)


def publish_erased(home: Home, *, clock: Clock) -> None:
    """After a conversation was erased: it is in no table, and in no older version of one."""
    publish(home, clock=clock)
    for name in COLUMNS:
        vacuum(Lake(home.lake).table(f"quality.{name}"), keep=timedelta(0))


def rows_now(connection: "Connection", now: datetime) -> dict[str, list[Row]]:
    """The rows of each table."""
    cases = {case.conversation: case for case in select_cases(connection, "1 = 1")}
    flags = select_flags(connection, "1 = 1")
    return {
        "flags": [_flag(vars(flag), cases[flag.conversation]) for flag in flags],
        "reviews": _reviews(connection, {flag.id: vars(flag) for flag in flags}, cases),
        "corrections": [
            _correction(row, cases.get(row["conversation"])) for row in rows_of(connection, "quality_corrections", "id")
        ],
        "samples": samples.published_rows(connection, now),
    }


def _write(home: Home, rows: dict[str, list[Row]]) -> tuple[str, ...]:
    lake, changed = Lake(home.lake), []
    for name, current in rows.items():
        table, schema = lake.table(f"quality.{name}").newest(), schema_of(COLUMNS[name])
        if rewrite(table, current, schema, digest=DIGEST, description=COMMENTS[name]):
            changed.append(name)
    if changed:
        register_tables(home.database_url, Lake(home.lake), [f"quality.{name}" for name in changed])
    return tuple(changed)


def _flag(flag: Row, case: Case) -> Row:
    kept = ("conversation", "rule", "rule_version", "probability", "labeller", "raised_at", "cleared_at")
    return {
        "flag": flag["id"],
        **{name: flag[name] for name in (*kept, "decided_by", "decided_at", "reason")},
        "severity": str(flag["severity"]),
        "state": str(flag["state"]),
        "source": case.source,
        "counselor": case.counselor,
        "partner": case.partner,
        "risk": case.risk,
        "messages": case.messages,
        "conversation_ended_at": case.ended_at,
    }


def _reviews(connection: "Connection", flags: dict[int, Row], cases: dict[str, Case]) -> list[Row]:
    """One row for each time that a person decided."""
    return [
        {
            "review": event.id,
            "flag": event.flag,
            "conversation": flags[event.flag]["conversation"],
            "counselor": cases[flags[event.flag]["conversation"]].counselor,
            "rule": flags[event.flag]["rule"],
            "severity": str(event.severity),
            "event": str(event.event),
            "reviewer": event.person,
            "reviewed_at": event.at,
            "reason": event.reason,
            "seconds": event.seconds,
        }
        for event in select_flag_events(connection)
        if event.event in REVIEWS
    ]


def _correction(row: Row, case: Case | None) -> Row:
    kept = ("conversation", "message_id", "axis", "labeller", "corrected_by", "state", "reviewed_by")
    return {
        "correction": row["id"],
        **{name: row[name] for name in kept},
        "counselor": case.counselor if case else None,
        "before": row["old"],
        "after": row["new"],
        "corrected_at": moment(row["corrected_at"]),
        "reviewed_at": moment(row["reviewed_at"]) if row["reviewed_at"] else None,
    }
