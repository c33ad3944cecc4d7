"""Promises of adoption: counted from the audit and the catalog's history, people by group, nothing by name."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from tests.conftest import Deliver

from nightlight.catalog.audit import Entry, append
from nightlight.catalog.lineage import record_lineage
from nightlight.catalog.principals import disable
from nightlight.catalog.statements import read_statements
from nightlight.db import transaction
from nightlight.ingestion import runs as ingest_runs
from nightlight.ingestion.runs import SourceRun
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake
from nightlight.operations.adoption import Adoption, Use, measure_adoption
from nightlight.pipelines.events import Event, Outcome, record_events
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)  # a Wednesday
MONDAY = date(2026, 3, 2)
SCHEMA = pa.schema([("day", pa.int64())])
POLICIES = """
CREATE GROUP analysts; CREATE GROUP seniors; ADD GROUP seniors TO GROUP analysts; CREATE GROUP empty;
ADD USER ana TO GROUP analysts; ADD USER dario TO GROUP seniors; ADD USER sam TO GROUP analysts;
CREATE SERVICE PRINCIPAL workspace;
"""


@pytest.fixture
def line(home: Home, deliver: Deliver) -> Home:
    for table in ("bronze.raw", "silver.clean", "gold.daily"):
        deliver(home, table, [{"day": 1}], SCHEMA)
    register_tables(home.database_url, Lake(home.lake))
    record_lineage(home.database_url, "silver.clean", {}, ["bronze.raw"])
    record_lineage(home.database_url, "gold.daily", {}, ["silver.clean"])
    apply_policies(home, list(read_statements(POLICIES, "p.sql")), by="ada", text=POLICIES)
    return home


Did = Callable[..., None]


@pytest.fixture
def did(line: Home) -> Did:
    """Have something in the audit, some days ago."""

    def note(principal: str, action: str, days: int, statement: str = "", **values: Any) -> None:
        entry = Entry(action, principal, None, values.pop("outcome", "done"), statement, **values)
        append(line, entry, clock=lambda: NOW - timedelta(days=days))

    return note


def measure(home: Home, *dashboards: str) -> Adoption:
    return measure_adoption(home, dashboards, now=NOW)


def weeks_of(found: Adoption, group: str) -> tuple[int, ...]:
    return next(row.weeks for row in found.groups if row.group == group)


def test_people_are_counted_once_a_week_in_each_of_their_groups(line: Home, did: Did) -> None:
    for _ in range(3):
        did("ana", "sql", 0)
    did("dario", "sql", 1)
    did("sam", "sql", 7)
    did("sam", "sql", 8, outcome="refused")
    found = measure(line)
    assert found.weeks[-2:] == (MONDAY - timedelta(weeks=1), MONDAY)
    assert found.people[-2:] == (1, 2)
    assert weeks_of(found, "analysts")[-2:] == (1, 2)
    assert weeks_of(found, "seniors")[-2:] == (0, 1)
    assert [row.members for row in found.groups] == [3, 1]  # an empty group is no row


def test_who_was_only_refused_was_not_active(line: Home, did: Did) -> None:
    did("ana", "sql", 0, outcome="refused")
    assert measure(line).people[-1] == 0


def test_people_behind_a_shared_principal_count_and_the_principal_does_not(line: Home, did: Did) -> None:
    did("workspace", "sql", 0, person="ana")
    did("workspace", "sql", 0, person="nobody")
    did("pipelines", "sql", 0)
    assert measure(line).people[-1] == 1


def test_somebody_disabled_is_no_member_any_more(line: Home) -> None:
    disable(line.database_url, "dario", by="ada")
    assert [row.group for row in measure(line).groups] == ["analysts"]


def test_dashboards_are_told_by_openings_and_those_unused_last(line: Home, did: Did) -> None:
    did("ana", "open dashboard", 1, "waits")
    did("ana", "open dashboard", 2, "waits")
    did("sam", "open dashboard", 3, "waits")
    did("sam", "open dashboard", 100, "old")
    did("sam", "open dashboard", 1, "gone")
    did("sam", "sql", 1, "old")
    found = measure(line, "old", "waits")
    assert found.dashboards == (Use("waits", 3, 2, NOW - timedelta(days=1)), Use("old", 0, 0, None))


def test_tables_are_told_by_questions_of_any_kind(line: Home, did: Did) -> None:
    did("ana", "sql", 1, tables=("gold.daily", "silver.clean"))
    did("sam", "dashboard", 2, tables=("gold.daily",))
    did("sam", "sql", 2, tables=("gold.daily",), outcome="failed")
    found = {use.name: (use.times, use.people) for use in measure(line).tables}
    assert found == {"gold.daily": (2, 2), "silver.clean": (1, 1), "bronze.raw": (0, 0)}


def test_hours_run_from_the_last_source_to_whatever_came_last_of_built_and_granted(
    line: Home, deliver: Deliver
) -> None:
    raw, built = (Lake(line.lake).table(name).made_at for name in ("bronze.raw", "gold.daily"))
    assert raw is not None
    assert built is not None

    def hours(dataset: str) -> float | None:
        return next(row.hours for row in measure(line).readiness if row.dataset == dataset)

    assert hours("gold.daily") is None  # granted to nobody
    grants = "GRANT SELECT ON SCHEMA gold TO analysts; GRANT SELECT ON TABLE silver.clean TO workspace;"
    apply_policies(line, list(read_statements(grants, "p.sql")), by="ada", text=grants)
    _move_grants(line, raw + timedelta(hours=5))
    assert hours("gold.daily") == pytest.approx(5)
    assert hours("silver.clean") is None  # a program's grant gives it to nobody
    _move_grants(line, raw - timedelta(days=9))
    assert hours("gold.daily") == pytest.approx((built - raw).total_seconds() / 3600, abs=1e-3)
    assert [row.dataset for row in measure(line).readiness] == ["gold.daily", "silver.clean"]  # raw tables are none


def _move_grants(home: Home, moment: datetime) -> None:
    from sqlalchemy import text

    with transaction(home.database_url) as connection:
        connection.execute(text("UPDATE grants SET added_at = :at"), {"at": moment})


def test_a_grant_that_was_revoked_was_given_all_the_same(line: Home) -> None:
    for policy in ("GRANT SELECT ON SCHEMA gold TO analysts;", "REVOKE SELECT ON SCHEMA gold FROM analysts;"):
        apply_policies(line, list(read_statements(policy, "p.sql")), by="ada", text=policy)
    assert next(row for row in measure(line).readiness if row.dataset == "gold.daily").granted_at is not None


def test_runs_that_failed_are_told_by_week(line: Home) -> None:
    lake = Lake(line.lake)
    for days, error in ((0, None), (1, "no such folder"), (8, "no such folder"), (400, "long ago")):
        at = NOW - timedelta(days=days)
        ingest_runs.record(lake, [SourceRun("messages", "bronze.raw", at, at, rows=1, error=error)])
    at = NOW - timedelta(days=8)
    record_events(
        Lake(line.lake),
        [Event("u", "p", f"gold.{outcome}", "a", "r", outcome, at, error=error) for outcome, error in _outcomes()],
    )
    newest, before = list(reversed(measure(line).runs))[:2]
    assert (newest.week, newest.runs, newest.runs_failed, newest.updates) == (MONDAY, 2, 1, 0)
    assert (before.runs, before.runs_failed, before.updates, before.updates_failed) == (1, 1, 2, 1)


def _outcomes() -> list[tuple[Outcome, str | None]]:
    return [(Outcome.DONE, None), (Outcome.FAILED, "it broke")]


def test_requests_are_told_by_the_time_to_a_decision(line: Home) -> None:
    from sqlalchemy import text

    rows = [("granted", 2, 1), ("refused", 4, 1), ("withdrawn", 90, 1), ("open", 9, None), ("granted", 3000, 2400)]
    with transaction(line.database_url) as connection:
        for state, made, decided in rows:
            connection.execute(
                text(
                    "INSERT INTO access_requests (principal, table_name, columns, reason, state, approvals_needed, "
                    "made_at, decided_at) VALUES ('ana', 't', '[]', 'r', :state, 1, :made, :decided)"
                ),
                {
                    "state": state,
                    "made": NOW - timedelta(hours=made),
                    "decided": None if decided is None else NOW - timedelta(hours=decided),
                },
            )
    found = measure(line).decisions
    assert (found.decided, found.median_hours, found.waiting) == (2, 2.0, 1)


def test_nothing_that_is_told_names_a_person(line: Home, did: Did) -> None:
    did("ana", "sql", 0, tables=("gold.daily",))
    did("ana", "open dashboard", 0, "waits")
    told = str(asdict(measure(line, "waits")))
    assert "gold.daily" in told
    assert not [name for name in ("'ana'", "'dario'", "'sam'") if name in told]


def test_a_new_home_has_nothing_to_tell(home: Home) -> None:
    found = measure(home)
    assert (found.groups, found.dashboards, found.tables, found.readiness) == ((), (), (), ())
    assert set(found.people) == {0}
