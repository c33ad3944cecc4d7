"""No function of a person's query ever sees a row that the row filter keeps from them, neither by an answer nor by an
error: generated probes in two homes that differ in hidden rows only, and a control that such probes do find leaks."""

import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.attacks.door import limits
from tests.attacks.probes import FORMS, SHAPES, Probe, all_probes, calls, make_rows, schema

from nightlight.errors import NightlightError
from nightlight.settings import Home

if TYPE_CHECKING:
    from nightlight.sql.broker import Broker

SEED = os.environ.get("ATTACK_SEED", "20261127")
POLICIES = """
CREATE GROUP analysts; ADD USER ana TO GROUP analysts;
CREATE PURPOSE look OF research 'to look'; ALLOW PURPOSE look TO analysts;
GRANT USE SCHEMA ON SCHEMA probe TO analysts;
"""


def build(home: Home, hidden: int) -> None:
    import pyarrow as pa

    from nightlight.catalog.policies import apply_statements
    from nightlight.catalog.statements import read_statements
    from nightlight.lakehouse.commit import write
    from nightlight.lakehouse.registration import register_tables
    from nightlight.lakehouse.tables import Lake

    lake = Lake(home.lake)
    teams = pa.table({"team": ["harbour", "meadow"], "is_open": [True, False]})
    batch = pa.RecordBatch.from_pylist(make_rows(hidden), schema=schema())
    write(lake.table("probe.teams"), teams.to_batches(), schema=teams.schema, transactions={})
    policies = POLICIES
    for shape, condition in SHAPES.items():
        write(lake.table(f"probe.{shape}"), [batch], schema=schema(), transactions={})
        policies += f"GRANT SELECT ON TABLE probe.{shape} TO analysts;\n"
        policies += f"SET ROW FILTER ON TABLE probe.{shape} ({condition.format(table=shape)}) TO analysts;\n"
    register_tables(home.database_url, lake)
    apply_statements(home.database_url, read_statements(policies, "probes.sql"), by="root")


@pytest.fixture(scope="module")
def brokers(tmp_path_factory: pytest.TempPathFactory, empty_catalog: Path) -> "Iterator[list[Broker]]":
    import shutil

    from nightlight.sql.broker import Broker

    homes = []
    for hidden in (1, 2):
        home = Home.create(tmp_path_factory.mktemp("probed") / "home")
        shutil.copy(empty_catalog, home.root / "catalog.db")
        build(home, hidden)
        homes.append(home)
    with Broker(homes[0]) as first, Broker(homes[1]) as second:
        yield [first, second]


def outcome(broker: "Broker", probe: Probe) -> str:
    try:
        result = broker.sql(probe.text(), principal="ana", purpose="look", limits=limits(10))
    except NightlightError as error:
        return f"error: {error}"
    return repr(result.table.to_pylist())


def leaking(brokers: "Sequence[Broker]", probes: Sequence[Probe]) -> list[str]:
    """Probes whose outcome depends on the home; asked again, as ties are broken by chance (mode)."""
    first, second = brokers

    def is_told_apart(probe: Probe, times: int) -> bool:
        here, there = ({outcome(broker, probe) for _ in range(times)} for broker in (first, second))
        return not here & there

    return [probe.text() for probe in probes if is_told_apart(probe, 1) and is_told_apart(probe, 5)]


def sample(number: int) -> list[Probe]:
    return random.Random(SEED).sample(all_probes(), number)  # noqa: S311 - repeatable


def test_nearly_every_allowed_function_is_probed() -> None:
    from nightlight.sql.functions import ALLOWED

    probed = {call.function.lower() for call in calls()}
    missing = sorted(name for name in ALLOWED if name.lower() not in probed)
    assert len(missing) < len(ALLOWED) * 0.15, missing
    assert len(all_probes()) >= 5_000
    assert {probe.shape for probe in sample(300)} == set(SHAPES)


def test_no_function_sees_a_row_behind_a_row_filter(brokers: "list[Broker]") -> None:
    probes = sample(300)
    answered = sum(not outcome(brokers[0], probe).startswith("error") for probe in probes[:30])
    assert answered > 15  # a door that refuses everything would leak nothing either
    assert leaking(brokers, probes) == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shape", SHAPES)
def test_no_function_at_all_sees_a_row_behind_a_row_filter(shape: str, form: str, brokers: "list[Broker]") -> None:
    assert leaking(brokers, [probe for probe in all_probes() if (probe.shape, probe.form) == (shape, form)]) == []


def test_the_probes_do_find_leaks_where_a_filter_is_only_a_rewritten_query() -> None:
    """The control: the same probes on an engine whose tables are replaced by `(SELECT .. WHERE filter)`."""
    probes = [probe for probe in sample(500) if probe.shape in ("in_query", "exists") and probe.form == "fails"]
    first, second = (RewritingEngine(hidden) for hidden in (1, 2))
    found = [probe for probe in probes if first.outcome(probe) != second.outcome(probe)]
    assert len(found) > len(probes) / 10, len(probes)


class RewritingEngine:
    """The raw rows are there, and the filter stands in the person's query.

    Without the optimizer's join filters: on small tables they happen to drop the hidden rows first, on large ones not.
    """

    def __init__(self, hidden: int) -> None:
        import duckdb
        import pyarrow as pa

        rows = pa.Table.from_pylist(make_rows(hidden), schema=schema())
        self.connection = duckdb.connect(":memory:", config={"threads": "1"})
        self.connection.execute("SET disabled_optimizers = 'join_filter_pushdown'")
        self.connection.register("rows", rows)
        self.connection.execute("CREATE SCHEMA probe")
        self.connection.execute("CREATE TABLE probe.teams AS SELECT 'harbour' AS team, true AS is_open")
        self.connection.execute("INSERT INTO probe.teams VALUES ('meadow', false)")
        for shape in SHAPES:
            self.connection.execute(f"CREATE TABLE probe.{shape} AS SELECT * FROM rows")

    def outcome(self, probe: Probe) -> str:
        import duckdb

        condition = SHAPES[probe.shape].format(table=probe.shape)
        filtered = f"(SELECT * FROM {probe.table} WHERE {condition})"
        try:
            return repr(
                self.connection.execute(probe.text().replace(f"FROM {probe.table}", f"FROM {filtered}")).fetchall()
            )
        except duckdb.Error as error:
            return type(error).__name__
