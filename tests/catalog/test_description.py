"""Promises of `describe`: what stands on a securable is told with where it stands, by whom and since when."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from nightlight.catalog.columns import Column, register_table
from nightlight.catalog.description import Description, check_exists, describe, list_tables
from nightlight.catalog.lineage import record_lineage
from nightlight.catalog.policies import apply_statements
from nightlight.catalog.securables import Securable
from nightlight.catalog.statements import read_statements
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.settings import Home

POLICIES = """
CREATE GROUP g; CREATE GROUP h;
GRANT SELECT ON CATALOG TO h;
GRANT USE SCHEMA ON SCHEMA silver TO g;
GRANT SELECT (key, id) ON TABLE silver.people TO g;
DENY SELECT (team) ON TABLE silver.people TO g;
SET OWNER ON SCHEMA silver TO h;
SET TAG ON COLUMN silver.people.key sensitivity = 'identity';
SET TAG ON TABLE silver.people area = 'roster';
SET TAG ON COLUMN gold.counts.people sensitivity = 'none';
SET MASK ON COLUMN silver.people.team constant 'x' TO g;
SET MASK ON TAG sensitivity = 'identity' hash EXCEPT h;
SET ROW FILTER ON TABLE silver.people (team
  = 'Tide') TO g;
"""


@pytest.fixture
def place(home: Home) -> Home:
    register_table(home.database_url, "silver.people", 0, columns("id", "key", "team"))
    register_table(home.database_url, "gold.counts", 0, columns("people", "who"))
    origins = {"people": [("silver.people", "key")], "who": [("silver.people", "key")]}
    record_lineage(home.database_url, "gold.counts", origins, ["silver.people"])
    apply_statements(home.database_url, read_statements(POLICIES, "p.sql"), by="ada")
    return home


def columns(*names: str) -> Sequence[Column]:
    return [Column(name, "string", True, None, "") for name in names]


def described(home: Home, securable: str) -> Description:
    with transaction(home.database_url) as connection:
        return describe(connection, Securable.parse(securable))


def test_a_table_tells_its_own_grants_and_those_above(place: Home) -> None:
    told = {
        (r["effect"], r["privilege"], r["column"], r["principal"], r["on"])
        for r in described(place, "silver.people").grants
    }
    assert told == {
        ("GRANT", "SELECT", "key", "g", "TABLE silver.people"),
        ("GRANT", "SELECT", "id", "g", "TABLE silver.people"),
        ("DENY", "SELECT", "team", "g", "TABLE silver.people"),
        ("GRANT", "USE SCHEMA", "", "g", "SCHEMA silver"),
        ("GRANT", "SELECT", "", "h", "CATALOG"),
    }


def test_a_column_tells_only_what_bears_on_it(place: Home) -> None:
    found = described(place, "silver.people.key")
    assert {row["column"] for row in found.grants} == {"", "key"}
    assert {row["column"] for row in found.masks} == {"key"}
    assert [row["column"] for row in found.columns] == ["key"]


def test_masks_come_with_their_scope_and_what_they_stand_on(place: Home) -> None:
    found = {(row["column"], row["mask"], row["applies"], row["on"]) for row in described(place, "silver.people").masks}
    assert found == {
        ("team", "constant x", "to g", "COLUMN silver.people.team"),
        ("key", "hash", "except h", "TAG sensitivity = 'identity'"),
    }


def test_tags_come_with_where_they_were_set(place: Home) -> None:
    found = {(row["column"], row["tag"], row["from"]) for row in described(place, "gold.counts").tags}
    assert ("who", "sensitivity = 'identity'", "silver.people.key") in found
    assert ("people", "sensitivity = 'none'", "gold.counts.people") in found
    assert ("people", "sensitivity = 'identity'", "silver.people.key") not in found


def test_the_owner_of_a_schema_is_told_on_its_tables(place: Home) -> None:
    assert [(row["owner"], row["on"]) for row in described(place, "silver.people").owners] == [("h", "SCHEMA silver")]
    assert described(place, "gold.counts").owners == []


def test_a_filter_is_told_in_one_line(place: Home) -> None:
    assert [row["filter"] for row in described(place, "silver.people").filters] == ["team = 'Tide'"]


def test_everything_says_who_set_it_and_when(place: Home) -> None:
    found = described(place, "silver.people")
    for row in found.grants + found.masks + found.filters + found.owners + found.tags:
        assert row["by"] == "ada"
        assert datetime.now(UTC) - row["since"] < timedelta(minutes=5)


def test_what_was_ended_is_not_told(place: Home) -> None:
    ended = "UNSET MASK ON COLUMN silver.people.team; DROP ROW FILTER ON TABLE silver.people;"
    apply_statements(place.database_url, read_statements(ended, "p.sql"), by="ada")
    found = described(place, "silver.people")
    assert [row["column"] for row in found.masks] == ["key"]
    assert found.filters == []


def test_the_list_counts_what_stands_on_each_itself(place: Home) -> None:
    with transaction(place.database_url) as connection:
        found = {row["securable"]: row for row in list_tables(connection)}
    assert list(found) == ["CATALOG", "gold", "gold.counts", "silver", "silver.people"]
    assert found["silver.people"] == {
        "securable": "silver.people",
        "columns": 3,
        "grants": 3,
        "tags": 2,
        "masks": 1,
        "filters": 1,
    }
    assert found["silver"]["grants"] == found["CATALOG"]["grants"] == 1


def test_what_a_policy_names_exists_or_is_to_come_and_all_else_is_an_error(place: Home) -> None:
    apply_statements(place.database_url, read_statements("GRANT SELECT (x) ON TABLE later.t TO g;", "p.sql"), by="ada")
    with transaction(place.database_url) as connection:
        for name in ("CATALOG", "silver", "silver.people", "silver.people.key", "model m"):
            assert check_exists(connection, Securable.parse(name)) is None
        assert check_exists(connection, Securable.parse("later.t")) == "TABLE later.t does not exist yet"
        for name in ("silvr", "silver.peple", "silver.people.kee"):
            with pytest.raises(NightlightError, match=r"there is no .*; did you mean '"):
                check_exists(connection, Securable.parse(name))
