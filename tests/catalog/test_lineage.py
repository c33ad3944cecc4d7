"""Lineage's store: what comes from what, replaced as a whole per table and walked back step by step."""

from typing import TYPE_CHECKING

from nightlight.catalog.history import revision
from nightlight.catalog.lineage import (
    is_traced,
    record_lineage,
    sources_of,
    table_graph,
    trace_downstream,
    trace_lineage,
)
from nightlight.db import transaction

if TYPE_CHECKING:
    from nightlight.settings import Home


def steps(url: str, table: str, column: str | None = None) -> list[str]:
    """`depth target <- source`, nearest first."""

    def end(name: str, column: str) -> str:
        return f"{name}.{column}" if column else name

    return [
        f"{row['depth']} {end(row['target_table'], row['target_column'])} <- "
        f"{end(row['source_table'], row['source_column'])}"
        for row in trace_lineage(url, table, column)
    ]


def test_a_table_is_traced_back_to_its_first_sources(home: "Home") -> None:
    url = home.database_url
    record_lineage(url, "s.m", {}, ["b.m"])
    record_lineage(url, "g.a", {}, ["s.m", "b.p"])
    assert steps(url, "g.a") == ["1 g.a <- b.p", "1 g.a <- s.m", "2 s.m <- b.m"]
    assert steps(url, "b.m") == []


def test_a_column_is_traced_apart_from_its_neighbours(home: "Home") -> None:
    url = home.database_url
    record_lineage(url, "s.m", {"x": [("b.m", "a"), ("b.m", "b")], "y": [("b.m", "c")]}, ["b.m"])
    record_lineage(url, "g.a", {"n": [("s.m", "x")], "k": [("s.m", "y")]}, ["s.m"])
    assert steps(url, "g.a", "n") == ["1 g.a.n <- s.m.x", "2 s.m.x <- b.m.a", "2 s.m.x <- b.m.b"]
    assert steps(url, "g.a", "nothing") == []


def test_all_columns_can_be_traced_at_once(home: "Home") -> None:
    url = home.database_url
    record_lineage(url, "g.a", {"n": [("s.m", "x")], "k": [("s.m", "y")]}, ["s.m"])
    assert steps(url, "g.a", "*") == ["1 g.a.k <- s.m.y", "1 g.a.n <- s.m.x"]


def test_a_new_record_replaces_the_old_one_of_that_table_only(home: "Home") -> None:
    url = home.database_url
    record_lineage(url, "g.a", {"n": [("s.m", "x")]}, ["s.m"])
    record_lineage(url, "g.b", {"n": [("s.m", "x")]}, ["s.m"])
    record_lineage(url, "g.a", {"n": [("s.o", "z")]}, ["s.o"])
    record_lineage(url, "g.b", {}, [])
    assert steps(url, "g.a") == ["1 g.a <- s.o"]
    assert steps(url, "g.a", "n") == ["1 g.a.n <- s.o.z"]
    assert steps(url, "g.b") == steps(url, "g.b", "n") == []


def test_the_shortest_way_counts_where_there_are_several(home: "Home") -> None:
    url = home.database_url
    record_lineage(url, "g.a", {}, ["s.m", "b.m"])
    record_lineage(url, "s.m", {}, ["b.m"])
    assert steps(url, "g.a") == ["1 g.a <- b.m", "1 g.a <- s.m", "2 s.m <- b.m"]


def test_a_ring_ends(home: "Home") -> None:
    url = home.database_url
    record_lineage(url, "g.a", {}, ["g.b"])
    record_lineage(url, "g.b", {}, ["g.a"])
    assert steps(url, "g.a") == ["1 g.a <- g.b", "2 g.b <- g.a"]


def test_a_column_traced_to_nothing_is_known_to_come_from_nothing(home: "Home") -> None:
    url = home.database_url
    record_lineage(url, "g.a", {"one": [], "n": [("s.m", "x")]}, ["s.m"])
    record_lineage(url, "g.b", {"one": []}, [])
    assert steps(url, "g.a", "one") == []
    assert steps(url, "g.a", "*") == ["1 g.a.n <- s.m.x"]
    assert steps(url, "g.a") == ["1 g.a <- s.m"]
    assert steps(url, "g.b") == steps(url, "g.b", "*") == []


def test_recording_the_same_again_changes_nothing(home: "Home") -> None:
    url = home.database_url
    seen = []
    for columns in ({"n": [("s.m", "x")], "one": []}, {"one": [], "N": [("s.m", "X")]}, {"n": [("s.m", "y")]}):
        record_lineage(url, "g.a", columns, ["s.m", "s.m"])
        with transaction(url) as connection:
            seen.append(revision(connection))
    assert seen[0] == seen[1] < seen[2]


def test_the_sources_of_tables_are_found_however_far_back(home: "Home") -> None:
    url = home.database_url
    record_lineage(url, "s.m", {"one": []}, ["b.m"])
    record_lineage(url, "g.a", {}, ["s.m"])
    record_lineage(url, "b.m", {}, ["g.a"])  # a ring
    with transaction(url) as connection:
        assert sources_of(connection, ["g.a", "x.y"]) == {"g.a", "s.m", "b.m", "x.y"}
        assert sources_of(connection, []) == set()


def test_a_table_s_graph_goes_both_ways_and_no_further(home: "Home") -> None:
    url = home.database_url
    record_lineage(url, "s.m", {}, ["b.m"])
    record_lineage(url, "g.a", {}, ["s.m", "b.p"])
    record_lineage(url, "g.b", {}, ["s.m"])
    record_lineage(url, "g.c", {}, ["g.a"])
    with transaction(url) as connection:
        upstream, downstream = table_graph(connection, "g.a")
        assert upstream == {("b.m", "s.m"), ("s.m", "g.a"), ("b.p", "g.a")}
        assert downstream == {("g.a", "g.c")}
        assert table_graph(connection, "b.m")[0] == set()
        assert ("s.m", "g.b") in table_graph(connection, "b.m")[1]


def test_a_column_is_followed_downstream(home: "Home") -> None:
    url = home.database_url
    record_lineage(url, "s.m", {"x": [("b.m", "a")], "y": [("b.m", "c")]}, ["b.m"])
    record_lineage(url, "g.a", {"n": [("s.m", "x")], "k": [("s.m", "y")]}, ["s.m"])
    found = [(row["depth"], row["target_table"], row["target_column"]) for row in trace_downstream(url, "b.m", "A")]
    assert found == [(1, "s.m", "x"), (2, "g.a", "n")]
    assert trace_downstream(url, "g.a", "n") == []


def test_a_column_traced_to_nothing_is_told_from_one_of_unknown_origin(home: "Home") -> None:
    url = home.database_url
    record_lineage(url, "g.a", {"counted": [], "unknown": None, "n": [("s.m", "x")]}, ["s.m"])
    with transaction(url) as connection:
        assert [is_traced(connection, "g.a", column) for column in ("counted", "N", "unknown")] == [True, True, False]
