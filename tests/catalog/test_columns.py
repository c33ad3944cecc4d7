"""What the lake holds, as the catalog knows it: replaced as a whole, with its history."""

from nightlight.catalog.columns import Column, forget_table, register_table, registered_stamps, registered_versions
from nightlight.catalog.history import in_force, revision
from nightlight.db import transaction

ID, NAME = Column("id", "int64", False, None, "the number"), Column("Name", "string", True, "identity", "")


def columns(url: str) -> list[tuple[str, str, int]]:
    with transaction(url) as connection:
        rows = in_force(connection, "registered_columns", table_name="s.t")
    return sorted((row["spelling"], row["type"], row["position"]) for row in rows)


def test_columns_are_replaced_as_a_whole(url: str) -> None:
    register_table(url, "s.t", 0, [ID, NAME])
    register_table(url, "s.u", 0, [ID])
    assert columns(url) == [("Name", "string", 1), ("id", "int64", 0)]
    register_table(url, "s.t", 1, [NAME, Column("id", "string", True, None, "")])
    assert columns(url) == [("Name", "string", 0), ("id", "string", 1)]
    register_table(url, "s.t", 2, [NAME])
    assert columns(url) == [("Name", "string", 0)]
    assert registered_versions(url) == {"s.t": 2, "s.u": 0}


def test_only_a_change_of_columns_is_a_change_of_the_catalog(url: str) -> None:
    register_table(url, "s.t", 0, [ID])
    with transaction(url) as connection:
        before = revision(connection)
    register_table(url, "s.t", 5, [ID], stamp="x")
    assert registered_stamps(url) == {"s.t": (5, "x")}
    with transaction(url) as connection:
        assert revision(connection) == before
    register_table(url, "s.t", 6, [Column("id", "int64", False, "identity", "the number")])
    with transaction(url) as connection:
        assert revision(connection) > before


def test_columns_that_are_gone_keep_their_history(url: str) -> None:
    from sqlalchemy import text

    register_table(url, "s.t", 0, [ID, NAME])
    register_table(url, "s.t", 1, [ID])
    forget_table(url, "s.t")
    forget_table(url, "s.t")
    assert columns(url) == []
    assert registered_versions(url) == {}
    with transaction(url) as connection:
        rows = connection.execute(text("SELECT column_name, ended_by FROM registered_columns ORDER BY id")).all()
    assert [tuple(row) for row in rows] == [("id", "lake"), ("name", "lake")]
