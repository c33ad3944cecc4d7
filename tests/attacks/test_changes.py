"""A change of policy, of people or of rows is obeyed by the very next answer of a broker that has answered before."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from nightlight.errors import NightlightError
from nightlight.settings import Home

if TYPE_CHECKING:
    from nightlight.sql.broker import Broker

POLICIES = """
CREATE GROUP analysts; CREATE GROUP inner_circle; CREATE GROUP team_a; CREATE GROUP team_b;
CREATE PURPOSE look OF research 'to look'; ALLOW PURPOSE look TO analysts; ALLOW PURPOSE look TO team_b;
ADD USER carl TO GROUP inner_circle; ADD GROUP inner_circle TO GROUP analysts; ADD USER carl TO GROUP team_a;
ADD USER cora TO GROUP team_b;
GRANT USE SCHEMA ON SCHEMA s TO analysts; GRANT SELECT ON TABLE s.letters TO analysts;
GRANT USE SCHEMA ON SCHEMA s TO team_b; GRANT SELECT ON TABLE s.letters TO team_b;
SET ROW FILTER ON TABLE s.letters (is_member('team_' || team));
"""
ALL_COLUMNS = ("id", "team", "word", "born")
# What is changed; what carl sees then: the ids of his rows and his columns, or None where he is refused.
CHANGES: dict[str, tuple[str, tuple[set[int], tuple[str, ...]] | None]] = {
    "nothing": ("CREATE GROUP other;", ({1, 2}, ALL_COLUMNS)),
    "a column is denied": ("DENY SELECT (word) ON TABLE s.letters TO analysts;", ({1, 2}, ("id", "team", "born"))),
    "a column is denied to him": ("DENY SELECT (born) ON TABLE s.letters TO carl;", ({1, 2}, ("id", "team", "word"))),
    "a denial further out": ("DENY SELECT ON SCHEMA s TO inner_circle;", None),
    "a denial of everything": ("DENY SELECT ON CATALOG TO analysts;", None),
    "the grant is revoked": ("REVOKE SELECT ON TABLE s.letters FROM analysts;", None),
    "the schema is closed": ("REVOKE USE SCHEMA ON SCHEMA s FROM analysts;", None),
    "a column becomes text": (
        "SET TAG ON COLUMN s.letters.word sensitivity = 'text';",
        ({1, 2}, ("id", "team", "born")),
    ),
    "the table becomes identity": ("SET TAG ON TABLE s.letters sensitivity = 'identity';", None),
    "a filter is added": ("SET ROW FILTER ON TABLE s.letters (id > 1) TO inner_circle;", ({2}, ALL_COLUMNS)),
    "a filter for others is added": ("SET ROW FILTER ON TABLE s.letters (id > 1) TO team_b;", ({1, 2}, ALL_COLUMNS)),
    "a filter but for him": ("SET ROW FILTER ON TABLE s.letters (false) EXCEPT inner_circle;", ({1, 2}, ALL_COLUMNS)),
    "filters are dropped": ("DROP ROW FILTER ON TABLE s.letters;", ({1, 2, 3, 4}, ALL_COLUMNS)),
    "he joins a team": ("ADD USER carl TO GROUP team_b;", ({1, 2, 3, 4}, ALL_COLUMNS)),
    "his group joins a team": ("ADD GROUP inner_circle TO GROUP team_b;", ({1, 2, 3, 4}, ALL_COLUMNS)),
    "he leaves his team": ("REMOVE USER carl FROM GROUP team_a;", (set(), ALL_COLUMNS)),
    "he leaves his group": ("REMOVE USER carl FROM GROUP inner_circle;", None),
    "his group leaves": ("REMOVE GROUP inner_circle FROM GROUP analysts;", None),
    "the purpose is revoked": ("REVOKE PURPOSE look FROM analysts;", None),
}


@pytest.fixture
def home(home: Home) -> Home:
    from nightlight.lakehouse.registration import register_tables
    from nightlight.lakehouse.tables import Lake

    deliver(home, range(1, 5))
    register_tables(home.database_url, Lake(home.lake))
    apply(home, POLICIES)
    return home


@pytest.fixture
def broker(home: Home) -> "Iterator[Broker]":
    from nightlight.sql.broker import Broker

    with Broker(home) as broker:
        assert ask(broker) == ({1, 2}, ALL_COLUMNS)
        yield broker


def deliver(home: Home, numbers: range, *, overwrite: bool = False) -> None:
    """Letters of these numbers: 1, 2, 5, 6 .. of team a, 3, 4, 7, 8 .. of team b."""
    import pyarrow as pa

    from nightlight.lakehouse.commit import write
    from nightlight.lakehouse.tables import Lake

    columns: dict[str, list[Any]] = {
        "id": list(numbers),
        "team": ["a" if (n - 1) % 4 < 2 else "b" for n in numbers],
        "word": [f"word {n}" for n in numbers],
        "born": [date(1980, 5, n) for n in numbers],
    }
    rows = pa.table(columns)
    table = Lake(home.lake).table("s.letters")
    write(table, rows.to_batches(), schema=rows.schema, transactions={}, overwrite=overwrite)


def apply(home: Home, text: str) -> None:
    from nightlight.catalog.policies import apply_statements
    from nightlight.catalog.statements import read_statements

    apply_statements(home.database_url, read_statements(text, "changes.sql"), by="root")


def ask(broker: "Broker", person: str = "carl") -> tuple[set[int], tuple[str, ...]] | None:
    try:
        table = broker.sql("SELECT * FROM s.letters", principal=person, purpose="look").table
    except NightlightError:
        return None
    return set(table.column("id").to_pylist()), tuple(table.column_names)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_policy_is_obeyed_at_once(change: str, home: Home, broker: "Broker") -> None:
    statement, expected = CHANGES[change]
    apply(home, statement)
    assert ask(broker) == expected


MASKS = {"hash": None, "null": None, "redact": "[redacted]", "constant 'x'": "x"}


@pytest.mark.parametrize("mask", MASKS)
def test_a_mask_is_obeyed_at_once_and_so_is_its_end(mask: str, home: Home, broker: "Broker") -> None:
    def words() -> list[str]:
        rows = broker.sql("SELECT word FROM s.letters ORDER BY id", principal="carl", purpose="look").table
        return list(rows.column("word").to_pylist())

    plain = words()
    apply(home, f"SET MASK ON COLUMN s.letters.word {mask} TO analysts;")
    assert set(words()).isdisjoint(plain)
    apply(home, "SET MASK ON COLUMN s.letters.word null EXCEPT analysts;")  # it does not concern him
    assert set(words()).isdisjoint(plain)
    apply(home, "UNSET MASK ON COLUMN s.letters.word;")
    assert words() == plain


def test_two_people_of_one_policy_see_their_own_rows(home: Home, broker: "Broker") -> None:
    assert ask(broker, "cora") == ({3, 4}, ALL_COLUMNS)
    assert ask(broker, "carl") == ({1, 2}, ALL_COLUMNS)
    apply(home, "ADD USER carl TO GROUP team_b; REMOVE USER carl FROM GROUP team_a;")
    assert ask(broker, "carl") == ({3, 4}, ALL_COLUMNS)
    assert ask(broker, "cora") == ({3, 4}, ALL_COLUMNS)


CHANGES_OF_ROWS: dict[str, tuple[Callable[[Home], None], set[int]]] = {
    "rows are added": (lambda home: deliver(home, range(5, 9)), {1, 2, 5, 6}),
    "rows are replaced": (lambda home: deliver(home, range(6, 9), overwrite=True), {6}),
    "all rows are gone": (lambda home: deliver(home, range(0), overwrite=True), set()),
}


@pytest.mark.parametrize("change", CHANGES_OF_ROWS)
def test_a_change_of_rows_is_seen_at_once(change: str, home: Home, broker: "Broker") -> None:
    make, expected = CHANGES_OF_ROWS[change]
    for _ in range(2):
        make(home)
        found = ask(broker)
        assert found is not None
        assert found[0] == expected


def test_a_column_that_is_added_is_seen_by_those_who_may(home: Home, broker: "Broker") -> None:
    import pyarrow as pa

    from nightlight.lakehouse.commit import write
    from nightlight.lakehouse.tables import SENSITIVITY, TEXT, Lake

    fields = [pa.field("note", pa.string(), metadata={SENSITIVITY: TEXT.encode()}), pa.field("room", pa.string())]
    schema = pa.schema([("id", pa.int64()), ("team", pa.string()), *fields])
    rows = pa.Table.from_pylist([{"id": 9, "team": "a", "note": "a text", "room": "r"}], schema=schema)
    write(Lake(home.lake).table("s.letters"), rows.to_batches(), schema=schema, transactions={})
    assert ask(broker) == ({1, 2, 9}, (*ALL_COLUMNS, "room"))


def test_what_a_table_comes_from_is_obeyed_at_once(home: Home, broker: "Broker") -> None:
    from nightlight.catalog.lineage import record_lineage

    record_lineage(home.database_url, "s.letters", {"word": [("s.origin", "word")]}, ["s.origin"])
    apply(home, "SET TAG ON COLUMN s.origin.word sensitivity = 'text';")
    found = ask(broker)
    assert found is None or "word" not in found[1]
