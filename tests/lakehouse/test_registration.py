"""The catalog knows what the lake holds: columns, types and sensitivity follow the tables, also ones made anew."""

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from nightlight.catalog.columns import registered_versions
from nightlight.catalog.history import in_force, revision
from nightlight.catalog.lineage import record_lineage
from nightlight.db import transaction
from nightlight.lakehouse.registration import holds_text, register_tables
from nightlight.lakehouse.tables import COMMENT, SENSITIVITY, Lake

if TYPE_CHECKING:
    import pyarrow as pa
    from tests.conftest import Deliver

    from nightlight.settings import Home


def schema(**columns: "pa.DataType") -> "pa.Schema":
    import pyarrow as pa

    metadata = {"text": {SENSITIVITY: b"text", COMMENT: b"as written"}}
    return pa.schema([pa.field(name, kind, metadata=metadata.get(name)) for name, kind in columns.items()])


def columns(home: "Home", table: str) -> list[tuple[Any, ...]]:
    """Name, type, whether it holds text, sensitivity: what is in force, in the table's order."""
    with transaction(home.database_url) as connection:
        rows = in_force(connection, "registered_columns", table_name=table)
    rows.sort(key=lambda row: int(row["position"]))
    return [(row["spelling"], row["type"], bool(row["holds_text"]), row["sensitivity"]) for row in rows]


def changes(home: "Home") -> int:
    with transaction(home.database_url) as connection:
        return revision(connection)


def test_a_table_is_registered_with_its_columns(home: "Home", deliver: "Deliver") -> None:
    import pyarrow as pa

    deliver(home, "silver.messages", [{"id": 1, "text": "hello"}], schema(id=pa.int64(), text=pa.string()))
    register_tables(home.database_url, Lake(home.lake))
    assert columns(home, "silver.messages") == [("id", "int64", False, ""), ("text", "string", True, "text")]
    assert registered_versions(home.database_url) == {"silver.messages": 0}
    with transaction(home.database_url) as connection:
        assert in_force(connection, "registered_columns", column_name="text")[0]["comment"] == "as written"


def test_a_new_column_and_a_changed_type_are_seen_by_the_next_look(home: "Home", deliver: "Deliver") -> None:
    import pyarrow as pa

    lake = Lake(home.lake)
    deliver(home, "silver.a", [{"id": 1}], schema(id=pa.int64()))
    register_tables(home.database_url, lake, ["silver.a"])
    deliver(home, "silver.a", [{"id": "1", "n": 2}], schema(id=pa.string(), n=pa.int64()), overwrite=True)
    register_tables(home.database_url, lake, ["silver.a"])
    assert columns(home, "silver.a") == [("id", "string", True, ""), ("n", "int64", False, "")]
    assert registered_versions(home.database_url) == {"silver.a": 1}


def test_where_nothing_changed_the_catalog_is_not_touched(home: "Home", deliver: "Deliver") -> None:
    import pyarrow as pa

    deliver(home, "silver.a", [{"id": 1}], schema(id=pa.int64()))
    register_tables(home.database_url, Lake(home.lake))
    before = changes(home)
    register_tables(home.database_url, Lake(home.lake))
    assert changes(home) == before
    deliver(home, "silver.a", [{"id": 2}], schema(id=pa.int64()))
    register_tables(home.database_url, Lake(home.lake))
    assert changes(home) == before  # more rows change no decision
    assert registered_versions(home.database_url) == {"silver.a": 1}


def test_a_table_made_anew_at_the_same_version_is_looked_at_again(home: "Home", deliver: "Deliver") -> None:
    import pyarrow as pa

    lake = Lake(home.lake)
    deliver(home, "silver.a", [{"note": "x"}], schema(note=pa.string()))
    register_tables(home.database_url, lake)
    shutil.rmtree(home.lake / "silver" / "a")
    deliver(home, "silver.a", [{"text": "x"}], schema(text=pa.string()))
    register_tables(home.database_url, lake)
    assert columns(home, "silver.a") == [("text", "string", True, "text")]


def test_a_table_that_is_gone_is_forgotten(home: "Home", deliver: "Deliver") -> None:
    import pyarrow as pa

    deliver(home, "silver.a", [{"id": 1}], schema(id=pa.int64()))
    register_tables(home.database_url, Lake(home.lake))
    shutil.rmtree(home.lake / "silver" / "a")
    register_tables(home.database_url, Lake(home.lake), ["silver.a"])
    assert columns(home, "silver.a") == []
    assert registered_versions(home.database_url) == {}


def test_only_the_tables_asked_for_are_registered_and_what_they_come_from(home: "Home", deliver: "Deliver") -> None:
    import pyarrow as pa

    for name in ("bronze.a", "silver.a", "gold.a", "gold.b"):
        deliver(home, name, [{"id": 1}], schema(id=pa.int64()))
    record_lineage(home.database_url, "silver.a", {}, ["bronze.a"])
    record_lineage(home.database_url, "gold.a", {}, ["silver.a"])
    register_tables(home.database_url, Lake(home.lake), ["gold.a", "gold.nothing", "no table at all"])
    assert sorted(registered_versions(home.database_url)) == ["bronze.a", "gold.a", "silver.a"]


def test_a_damaged_table_stays_as_it_was_known_and_stops_no_other(home: "Home", deliver: "Deliver") -> None:
    import pyarrow as pa

    for name in ("silver.a", "silver.c"):
        deliver(home, name, [{"id": 1}], schema(id=pa.int64()))
    register_tables(home.database_url, Lake(home.lake))
    for name in ("a", "b"):
        (home.lake / "silver" / name / "_delta_log").mkdir(parents=True, exist_ok=True)
        (home.lake / "silver" / name / "_delta_log" / f"{int(name == 'a'):020d}.json").write_text("garbage")
    deliver(home, "silver.c", [{"n": 1}], schema(n=pa.int64()), overwrite=True)
    register_tables(home.database_url, Lake(home.lake))
    assert columns(home, "silver.a") == [("id", "int64", False, "")]
    assert columns(home, "silver.b") == []
    assert columns(home, "silver.c") == [("n", "int64", False, "")]


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("int64", False),
        ("float64", False),
        ("bool_", False),
        ("date32", False),
        ("null", False),
        ("string", True),
        ("large_string", True),
        ("string_view", True),
        ("binary", True),
    ],
)
def test_what_can_hold_text_is_known_by_its_type(kind: str, answer: bool) -> None:
    import pyarrow as pa

    made = getattr(pa, kind)()
    assert holds_text(made) is answer
    assert holds_text(pa.list_(made)) is answer
    assert holds_text(pa.struct([("a", pa.timestamp("us")), ("b", made)])) is answer
    assert holds_text(pa.map_(pa.int64(), made)) is answer


def test_a_type_that_nobody_thought_of_counts_as_text() -> None:
    import pyarrow as pa

    assert holds_text(pa.dictionary(pa.int32(), pa.string()))
