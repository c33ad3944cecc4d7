"""Faults: each breaks something of a small home in one way (test_fail_closed.py builds it), so that it has to deny."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

from nightlight.settings import Home

SECRET, OTHER_SECRET = "vqxzkhiddennote", "vqxzkhiddenword"
Fault = Callable[[Home], None]


def change(home: Home, *statements: str) -> None:
    """Change the catalog's database by hand, as a fault or an intruder would."""
    with closing(sqlite3.connect(home.root / "catalog.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def by_database(*statements: str) -> Fault:
    return lambda home: change(home, *statements)


def table_files(home: Home, pattern: str = "*.parquet", table: str = "letters") -> list[Path]:
    return sorted((home.lake / "s" / table).glob(pattern))


def no_extracts(home: Home) -> None:
    for file in home.extracts.iterdir():
        file.unlink()


def cut_parquet(home: Home) -> None:
    no_extracts(home)
    for file in table_files(home):
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def remove_parquet(table: str) -> Fault:
    def remove(home: Home) -> None:
        no_extracts(home)
        for file in table_files(home, table=table):
            file.unlink()

    return remove


def damage_log(home: Home) -> None:
    (home.lake / "s" / "letters" / "_delta_log" / f"{1:020d}.json").write_text(f"{{broken {SECRET}")


def key(name: str, content: bytes | None) -> Fault:
    def replace(home: Home) -> None:
        file = home.root / "keys" / name
        file.unlink()
        if content is not None:
            file.write_bytes(content)

    return replace


def damage_extracts(make: Callable[[bytes], bytes]) -> Fault:
    def damage(home: Home) -> None:
        for file in home.extracts.glob("*.duckdb"):
            file.write_bytes(make(file.read_bytes()))

    return damage


def flip_header(content: bytes) -> bytes:
    return bytes(byte ^ 0xFF for byte in content[:4096]) + content[4096:]


def swap_extracts(home: Home) -> None:
    """Every extract holds what another person may read."""
    first, second = sorted(home.extracts.glob("*.duckdb"))
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)


def drop_column(name: str) -> Fault:
    def drop(home: Home) -> None:
        import pyarrow as pa

        from nightlight.lakehouse.commit import write
        from nightlight.lakehouse.tables import Lake

        columns = {"id": [9], "word": ["new"], "kind": ["a"], "born": [date(1999, 9, 9)], "note": [SECRET]}
        table = pa.table({column: value for column, value in columns.items() if column != name})
        lake_table = Lake(home.lake).table("s.letters")
        write(lake_table, table.to_batches(), schema=table.schema, transactions={}, overwrite=True)

    return drop


def set_filter(expression: str) -> Fault:
    return by_database(f"UPDATE row_filters SET expression = '{expression.replace(chr(39), chr(39) * 2)}'")


ENDED = "ended_at = CURRENT_TIMESTAMP, ended_by = 'x'"
FAULTS: dict[str, Fault] = {
    "a mask's function is unknown": by_database("UPDATE masks SET function = 'sha0' WHERE column_name = 'born'"),
    "a tag's mask has an unknown function": by_database("UPDATE masks SET function = '' WHERE tag_key = 'kept'"),
    "a mask's scope is unknown": by_database("UPDATE masks SET scope = 'only' WHERE column_name = 'born'"),
    "the group of a mask is gone": by_database("UPDATE masks SET group_name = 'gone' WHERE column_name = 'born'"),
    "the group a mask spares is gone": by_database("DELETE FROM principals WHERE name = 'supervisors'"),
    "a mask does not fit its column": by_database("UPDATE masks SET function = 'redact' WHERE column_name = 'born'"),
    "a constant mask has another type": by_database(
        "UPDATE masks SET function = 'constant', argument = 'no date' WHERE column_name = 'born'"
    ),
    "a grant's effect is unknown": by_database("UPDATE grants SET effect = 'ALLOW' WHERE principal = 'analysts'"),
    "a grant's privilege is unknown": by_database("UPDATE grants SET privilege = 'READ' WHERE privilege = 'SELECT'"),
    "a grant's kind is unknown": by_database("UPDATE grants SET kind = 'lake' WHERE kind = 'schema'"),
    "the schema's grant has ended": by_database(f"UPDATE grants SET {ENDED} WHERE privilege = 'USE SCHEMA'"),
    "a filter's group is gone": by_database("UPDATE row_filters SET group_name = 'gone'"),
    "a filter's scope is unknown": by_database("UPDATE row_filters SET scope = 'some'"),
    "a filter names a column that is gone": drop_column("kind"),
    "a filter does not compile": set_filter("kind = "),
    "a filter is two conditions": set_filter("1=1) OR (1=1"),
    "a filter ends in a comment": set_filter("kind = 'x' --"),
    "a filter calls what is not allowed": set_filter("length(getvariable('x')) > 0"),
    "a filter reads a file": set_filter("kind IN (SELECT content FROM read_text('/etc/hostname'))"),
    "a filter fails on a hidden row": set_filter("CAST(note AS INTEGER) = 1"),
    "a filter reads a table that is gone": set_filter("kind IN (SELECT kind FROM s.nowhere)"),
    "a filter counts": set_filter("count(*) > 0"),
    "the purpose has ended": by_database(f"UPDATE purposes SET {ENDED}"),
    "the purpose has an unknown kind": by_database("UPDATE purposes SET kind = 'commercial'"),
    "the purpose is no longer allowed": by_database(f"UPDATE purpose_grants SET {ENDED}"),
    "the user is disabled": by_database("UPDATE principals SET disabled = 1 WHERE name = 'carl'"),
    "the user is gone": by_database("DELETE FROM principals WHERE name = 'carl'"),
    "the membership has ended": by_database(f"UPDATE memberships SET {ENDED} WHERE member = 'carl'"),
    "the group is disabled": by_database("UPDATE principals SET disabled = 1 WHERE name = 'analysts'"),
    "the mask key is missing": key("mask", None),
    "the mask key is short": key("mask", b"short"),
    "the audit key is missing": key("audit", None),
    "the audit key is short": key("audit", b""),
    "the audit's table is gone": by_database("DROP TABLE audit"),
    "the audit's head is gone": by_database("DELETE FROM audit_head"),
    "the audit refuses": by_database(
        "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END"
    ),
    "the revision is gone": by_database("DELETE FROM catalog_revision"),
    "a policy table is gone": by_database("DROP TABLE row_filters"),
    "the lineage is gone": by_database("DROP TABLE lineage"),
    "a Parquet file is cut": cut_parquet,
    "a Parquet file is missing": remove_parquet("letters"),
    "a file of the filter's table is missing": remove_parquet("rooms"),
    "the Delta log is damaged": damage_log,
    "extracts are cut": damage_extracts(lambda content: content[:5000]),
    "extracts are empty": damage_extracts(lambda content: b""),
    "extracts are damaged in their header": damage_extracts(flip_header),
    "extracts lie in each other's place": swap_extracts,
}
NOT_AUDITED = {"the audit key is missing", "the audit key is short", "the audit's table is gone"}
NOT_AUDITED |= {"the audit's head is gone", "the audit refuses"}
# What an answer was masked with is not asked for again while the masked rows are kept and stand.
NOT_NEEDED_AGAIN = {"the mask key is missing", "the mask key is short"}
