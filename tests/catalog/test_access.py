"""Who reads what: nothing without a grant, a denial beats everything, sensitive columns only by name, and why."""

from collections.abc import Callable
from typing import Any

import pytest

from nightlight.catalog.access import (
    ColumnAccess,
    TableAccess,
    access_of_everybody,
    check_privilege,
    read_access,
    visible_tables,
    what_can,
    who_can,
)
from nightlight.catalog.policies import Applied
from nightlight.db import transaction
from nightlight.errors import NightlightError

Apply = Callable[..., Applied]
Register = Callable[..., None]
PEOPLE = """
CREATE GROUP analysts; CREATE GROUP others;
ADD USER owner TO GROUP analysts; ADD USER colleague TO GROUP others;
CREATE GROUP none; ADD USER stranger TO GROUP none;
"""
MESSAGES = ("id:int64", "team:string", "author:string:identity", "text:string:text")


@pytest.fixture(autouse=True)
def people(apply: Apply, register: Register) -> None:
    """Three people and two tables; nothing is granted yet."""
    apply(PEOPLE)
    register("silver.messages", *MESSAGES)
    register("gold.calls", "day:date32[day]", "calls:int64")


Access = Callable[..., TableAccess]


@pytest.fixture
def access(url: str) -> Access:
    def of(principal: str, table: str = "silver.messages") -> TableAccess:
        with transaction(url) as connection:
            return read_access(connection, principal, [table]).get(table, TableAccess(table, (), ()))

    return of


def names(access: TableAccess) -> list[str]:
    return [column.name for column in access.allowed]


def column(access: TableAccess, name: str) -> ColumnAccess:
    return next(column for column in access.columns if column.name == name)


def corrupt(url: str, statement: str) -> None:
    from sqlalchemy import text

    with transaction(url) as connection:
        assert connection.execute(text(statement)).rowcount > 0, statement


def test_without_a_grant_nobody_reads_anything(url: str, access: Access) -> None:
    for name in ("owner", "colleague", "stranger"):
        assert not access(name).is_visible
        assert {c.reason for c in access(name).columns} == {"USE SCHEMA on silver is missing"}
        with transaction(url) as connection:
            assert visible_tables(connection, name) == []


def test_a_grant_lets_read_what_is_not_sensitive_and_says_why(url: str, apply: Apply, access: Access) -> None:
    apply("GRANT USE SCHEMA, SELECT ON SCHEMA silver TO analysts;")
    assert names(access("owner")) == ["id", "team"]
    assert column(access("owner"), "id").reason == "granted to group analysts: SELECT ON SCHEMA silver"
    assert column(access("owner"), "text").reason == "column is tagged sensitivity = 'text': a grant has to name it"
    assert column(access("owner"), "author").reason == (
        "column is tagged sensitivity = 'identity': a grant has to name it"
    )
    assert not access("colleague").is_visible
    assert not access("stranger").is_visible
    with transaction(url) as connection:
        assert visible_tables(connection, "owner") == ["silver.messages"]
        assert visible_tables(connection, "colleague") == visible_tables(connection, "stranger") == []


def test_the_schema_has_to_be_opened(apply: Apply, access: Access) -> None:
    apply("GRANT SELECT ON TABLE silver.messages TO analysts; GRANT USE SCHEMA ON SCHEMA gold TO analysts;")
    assert not access("owner").is_visible
    apply("GRANT USE SCHEMA ON SCHEMA silver TO owner;")
    assert names(access("owner")) == ["id", "team"]


@pytest.mark.parametrize("place", ["CATALOG", "SCHEMA silver", "TABLE silver.messages"])
def test_a_grant_inherits_downwards(apply: Apply, access: Access, place: str) -> None:
    apply(f"GRANT USE SCHEMA ON CATALOG TO analysts; GRANT SELECT ON {place} TO analysts;")
    assert names(access("owner")) == ["id", "team"]
    assert column(access("owner"), "id").reason == f"granted to group analysts: SELECT ON {place}"
    assert not access("colleague").is_visible


def test_a_sensitive_column_is_read_when_a_grant_names_it(apply: Apply, access: Access) -> None:
    apply(
        "GRANT USE SCHEMA ON SCHEMA silver TO analysts; GRANT SELECT (text, id) ON TABLE silver.messages TO analysts;"
    )
    assert names(access("owner")) == ["id", "text"]
    assert column(access("owner"), "team").reason == "no grant"
    assert column(access("owner"), "text").reason == (
        "granted to group analysts: SELECT (text) ON TABLE silver.messages"
    )


@pytest.mark.parametrize("place", ["CATALOG", "SCHEMA silver", "TABLE silver.messages"])
@pytest.mark.parametrize("to", ["analysts", "owner", "staff"])
def test_a_denial_beats_every_grant_and_ownership(apply: Apply, access: Access, place: str, to: str) -> None:
    apply(
        "CREATE GROUP staff; ADD GROUP analysts TO GROUP staff; SET OWNER ON CATALOG TO owner;"
        "GRANT USE SCHEMA, SELECT ON CATALOG TO owner; GRANT SELECT (text) ON TABLE silver.messages TO owner;"
        "GRANT USE SCHEMA, SELECT ON CATALOG TO colleague;"
    )
    assert names(access("owner")) == ["id", "team", "text"]
    apply(f"DENY SELECT ON {place} TO {to};")
    assert not access("owner").is_visible
    kind = "user" if to == "owner" else "group"
    assert column(access("owner"), "text").reason == f"denied: SELECT ON {place} to {kind} {to}"
    assert names(access("colleague")) == ["id", "team"]
    apply(f"REVOKE DENY SELECT ON {place} FROM {to};")
    assert names(access("owner")) == ["id", "team", "text"]


def test_a_column_is_denied_alone(apply: Apply, access: Access) -> None:
    apply("GRANT USE SCHEMA, SELECT ON CATALOG TO analysts; DENY SELECT (team) ON TABLE silver.messages TO analysts;")
    assert names(access("owner")) == ["id"]
    assert column(access("owner"), "team").reason == "denied: SELECT (team) ON TABLE silver.messages to group analysts"


@pytest.mark.parametrize("place", ["CATALOG", "SCHEMA silver"])
def test_a_schema_that_is_denied_stays_shut(apply: Apply, access: Access, place: str) -> None:
    apply(f"GRANT USE SCHEMA, SELECT ON CATALOG TO analysts; DENY USE SCHEMA ON {place} TO owner;")
    assert not access("owner").is_visible
    assert access("owner", "gold.calls").is_visible == (place != "CATALOG")


@pytest.mark.parametrize("privilege", ["MANAGE", "MODIFY"])
def test_to_manage_or_modify_is_not_to_read(apply: Apply, access: Access, privilege: str) -> None:
    apply(f"GRANT USE SCHEMA, {privilege} ON CATALOG TO owner; GRANT {privilege} ON TABLE silver.messages TO owner;")
    assert not access("owner").is_visible


def test_an_owner_reads_what_is_not_sensitive(apply: Apply, access: Access) -> None:
    apply("SET OWNER ON SCHEMA silver TO analysts; SET OWNER ON TABLE gold.calls TO analysts;")
    assert names(access("owner")) == ["id", "team"]
    assert column(access("owner"), "id").reason == "group analysts owns SCHEMA silver"
    assert not access("owner", "gold.calls").is_visible  # a table's owner needs its schema opened
    apply("GRANT USE SCHEMA ON SCHEMA gold TO analysts;")
    assert names(access("owner", "gold.calls")) == ["day", "calls"]
    assert not access("stranger").is_visible


def test_who_leaves_a_group_or_is_disabled_reads_nothing_more(url: str, apply: Apply, access: Access) -> None:
    from nightlight.catalog.principals import disable

    apply("GRANT USE SCHEMA, SELECT ON CATALOG TO analysts; ADD USER colleague TO GROUP analysts;")
    assert access("owner").is_visible
    assert access("colleague").is_visible
    apply("REMOVE USER colleague FROM GROUP analysts;")
    disable(url, "owner", by="ada")
    assert not access("colleague").is_visible
    assert not access("owner").is_visible
    assert column(access("owner"), "id").reason == "owner is disabled"


def test_a_group_that_is_asked_about_reads_what_a_member_would(apply: Apply, access: Access) -> None:
    apply(
        "GRANT USE SCHEMA, SELECT ON CATALOG TO analysts; SET ROW FILTER ON TABLE silver.messages (id > 1) TO analysts;"
        "SET MASK ON COLUMN silver.messages.team hash EXCEPT analysts;"
    )
    assert access("analysts") == access("owner")
    assert not access("others").is_visible


def test_strangers_and_unknown_tables_are_simply_absent(url: str, apply: Apply) -> None:
    apply("GRANT USE SCHEMA, SELECT ON CATALOG TO analysts;")
    with transaction(url) as connection:
        assert set(read_access(connection, "owner", ["silver.messages", "silver.nothing", "odd name"])) == {
            "silver.messages"
        }
        assert read_access(connection, "nobody", ["silver.messages"]) == {}
        assert read_access(connection, "owner", []) == {}


def test_the_homes_pipelines_read_everything_as_it_is(apply: Apply, access: Access) -> None:
    apply("SET MASK ON COLUMN silver.messages.text null; SET ROW FILTER ON TABLE silver.messages (id > 1);")
    found = access("pipelines")
    assert names(found) == ["id", "team", "author", "text"]
    assert found.filters == ()
    assert {(c.reason, c.mask) for c in found.columns} == {("the home's own pipelines read everything", None)}


def test_columns_come_in_the_tables_order_with_types_and_tags(apply: Apply, access: Access) -> None:
    apply("SET TAG ON TABLE silver.messages topic = 'calls'; SET TAG ON COLUMN silver.messages.team topic = 'people';")
    assert [(c.name, c.type) for c in access("owner").columns] == [
        ("id", "int64"),
        ("team", "string"),
        ("author", "string"),
        ("text", "string"),
    ]
    assert column(access("owner"), "team").tags == {"topic": frozenset({"calls", "people"})}
    assert column(access("owner"), "text").tags == {"topic": frozenset({"calls"}), "sensitivity": frozenset({"text"})}


GRANTED = "GRANT USE SCHEMA, SELECT ON CATALOG TO analysts; GRANT USE SCHEMA, SELECT ON CATALOG TO others;"


def mask(access: TableAccess, name: str = "team") -> tuple[str, str | None] | None:
    found = column(access, name).mask
    return None if found is None else (found.function, found.argument)


def test_a_mask_is_for_all_for_a_group_or_for_all_others(apply: Apply, access: Access) -> None:
    apply(GRANTED)
    for scope, owner, colleague in [
        ("", ("hash", None), ("hash", None)),
        ("TO analysts", ("hash", None), None),
        ("EXCEPT analysts", None, ("hash", None)),
    ]:
        apply(f"SET MASK ON COLUMN silver.messages.team hash {scope};")
        assert (mask(access("owner")), mask(access("colleague"))) == (owner, colleague), scope
        assert mask(access("owner"), "id") is None
        apply("UNSET MASK ON COLUMN silver.messages.team;")


def test_the_strictest_mask_wins(apply: Apply, access: Access) -> None:
    apply(GRANTED + "SET TAG ON COLUMN silver.messages.team level = 'high';")
    for statement, expected in [
        ("SET MASK ON COLUMN silver.messages.team hash", ("hash", None)),
        ("SET MASK ON TAG level = 'high' year", ("year", None)),
        ("SET MASK ON COLUMN silver.messages.team redact TO analysts", ("redact", None)),
        ("SET MASK ON TAG level = 'high' constant 'b' EXCEPT others", ("constant", "b")),
        ("SET MASK ON COLUMN silver.messages.team constant 'a' EXCEPT others", ("constant", "a")),
        ("SET MASK ON TAG level = 'high' null TO analysts", ("null", None)),
        ("SET MASK ON TAG level = 'low' hash", ("null", None)),
    ]:
        apply(f"{statement};")
        assert mask(access("owner")) == expected, statement
    assert mask(access("colleague")) == ("year", None)
    found = column(access("owner"), "team").mask
    assert found is not None
    assert found.reason == "mask ON TAG level = 'high' TO analysts"


def test_a_mask_on_a_tag_finds_what_the_lakes_own_schema_tags(apply: Apply, access: Access) -> None:
    apply(GRANTED + "GRANT SELECT (author) ON TABLE silver.messages TO analysts;")
    apply("SET MASK ON TAG sensitivity = 'identity' hash;")
    assert mask(access("owner"), "author") == ("hash", None)


def test_filters_add_up_for_those_whom_they_concern(apply: Apply, access: Access) -> None:
    apply(
        GRANTED + "SET ROW FILTER ON TABLE silver.messages (id > 1); SET ROW FILTER ON TABLE gold.calls (calls > 1);"
        "SET ROW FILTER ON TABLE silver.messages (team = 'a') TO analysts;"
        "SET ROW FILTER ON TABLE silver.messages (team = 'b') EXCEPT analysts;"
    )
    assert [row_filter.expression for row_filter in access("owner").filters] == ["id > 1", "team = 'a'"]
    assert [row_filter.expression for row_filter in access("colleague").filters] == ["id > 1", "team = 'b'"]
    assert access("owner").filters[1].reason == "row filter of ada ON TABLE silver.messages TO analysts"


def test_who_is_in_a_group_through_another_is_in_scope(apply: Apply, access: Access) -> None:
    apply(GRANTED + "CREATE GROUP staff; ADD GROUP analysts TO GROUP staff;")
    apply(
        "SET MASK ON COLUMN silver.messages.team hash EXCEPT staff;"
        "SET ROW FILTER ON TABLE silver.messages (a) TO staff;"
    )
    assert (mask(access("owner")), len(access("owner").filters)) == (None, 1)
    assert (mask(access("colleague")), len(access("colleague").filters)) == (("hash", None), 0)


POLICED = (
    GRANTED
    + """GRANT SELECT (text) ON TABLE silver.messages TO analysts; SET TAG ON COLUMN silver.messages.team level = 'x';
CREATE GROUP trusted; ADD USER owner TO GROUP trusted;
SET MASK ON COLUMN silver.messages.text redact EXCEPT trusted; SET MASK ON TAG level = 'x' hash EXCEPT trusted;
SET ROW FILTER ON TABLE silver.messages (id > 1) EXCEPT trusted; SET OWNER ON TABLE silver.messages TO analysts;"""
)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE principals SET ended_at = added_at WHERE name = 'trusted'",
        "DELETE FROM principals WHERE name = 'trusted'",
        "UPDATE principals SET kind = 'user' WHERE name = 'trusted'",
        "UPDATE masks SET function = 'rot13' WHERE tag_key = ''",
        "UPDATE masks SET function = 'rot13' WHERE tag_key <> ''",
        "UPDATE masks SET scope = 'sometimes' WHERE tag_key = ''",
        "UPDATE masks SET group_name = 'gone' WHERE tag_key <> ''",
        "UPDATE row_filters SET group_name = ''",
        "UPDATE row_filters SET scope = 'ALL'",
        "UPDATE grants SET effect = 'GRAMT' WHERE column_name = 'text'",
        "UPDATE grants SET effect = '' WHERE principal = 'analysts'",
        "UPDATE grants SET kind = 'tables' WHERE column_name = 'text'",
        "UPDATE grants SET privilege = 'READ' WHERE column_name = 'text'",
        "UPDATE grants SET securable = 'x' WHERE kind = 'catalog'",
        "UPDATE grants SET column_name = 'id' WHERE kind = 'catalog'",
        "UPDATE principals SET kind = 'users' WHERE name = 'owner'",
        "UPDATE principals SET disabled = 2 WHERE name = 'owner'",
    ],
)
def test_what_cannot_be_carried_out_denies(url: str, apply: Apply, access: Access, damage: str) -> None:
    apply(POLICED)
    assert names(access("owner")) == ["id", "team", "text"]
    corrupt(url, damage)
    assert not access("owner").is_visible
    assert not access("stranger").is_visible


def test_a_damaged_owner_owns_nothing(url: str, apply: Apply, access: Access) -> None:
    apply("SET OWNER ON SCHEMA silver TO owner;")
    assert access("owner").is_visible
    corrupt(url, "UPDATE owners SET kind = 'catalog'")  # of what, it does not say
    assert not access("owner").is_visible


def test_a_damaged_policy_is_named_as_the_reason(url: str, apply: Apply, access: Access) -> None:
    apply(POLICED)
    corrupt(url, "UPDATE masks SET function = 'rot13' WHERE tag_key <> ''")
    assert {c.reason for c in access("owner").columns} == {"policy damaged: mask on TAG level = 'x'"}
    assert access("owner", "gold.calls").is_visible  # the damage is that of one table


def test_a_group_that_is_gone_grants_nothing_and_spares_nobody(url: str, apply: Apply, access: Access) -> None:
    apply(
        "CREATE GROUP staff; ADD GROUP analysts TO GROUP staff; GRANT USE SCHEMA, SELECT ON CATALOG TO staff;"
        "DENY SELECT (team) ON TABLE silver.messages TO staff;"
    )
    assert names(access("owner")) == ["id"]
    corrupt(url, "UPDATE principals SET ended_at = added_at WHERE name = 'analysts'")
    assert not access("owner").is_visible
    apply("GRANT USE SCHEMA, SELECT ON CATALOG TO owner;")
    assert names(access("owner")) == ["id"]  # a denial still reaches who was in it


def test_an_unknown_sensitivity_counts_as_text(url: str, apply: Apply, access: Access) -> None:
    apply(
        "GRANT USE SCHEMA, SELECT ON CATALOG TO analysts; SET TAG ON COLUMN silver.messages.team sensitivity = 'text';"
    )
    corrupt(url, "UPDATE tags SET value = 'nonsense'")
    assert names(access("owner")) == ["id"]
    assert column(access("owner"), "team").tags == {"sensitivity": frozenset({"text"})}


@pytest.mark.parametrize(
    "table", ["principals", "grants", "tags", "masks", "row_filters", "lineage", "registered_columns"]
)
def test_a_table_of_the_catalog_that_is_gone_is_an_error(url: str, apply: Apply, table: str) -> None:
    from sqlalchemy import text

    apply(POLICED)
    with transaction(url) as connection:
        connection.execute(text(f"DROP TABLE {table}"))
        with pytest.raises(NightlightError, match=r"the catalog's database failed \(\w+\); check"):
            read_access(connection, "owner", ["silver.messages"])


def allowed(url: str, privilege: str, securable: str) -> dict[str, str]:
    with transaction(url) as connection:
        return {row["principal"]: row["reason"] for row in who_can(connection, privilege, securable)}


def test_who_can_lists_everybody_who_may_with_the_reason(url: str, apply: Apply) -> None:
    apply("GRANT USE SCHEMA, SELECT ON SCHEMA silver TO analysts; GRANT USE SCHEMA ON SCHEMA silver TO others;")
    apply("GRANT SELECT (text) ON TABLE silver.messages TO colleague;")
    pipelines = {"pipelines": "the home's own pipelines read everything"}
    assert allowed(url, "SELECT", "silver.messages") == pipelines | {
        "owner": "granted to group analysts: SELECT ON SCHEMA silver",
        "colleague": "granted to user colleague: SELECT (text) ON TABLE silver.messages",
    }
    assert set(allowed(url, "SELECT", "silver.messages.team")) == {"owner", "pipelines"}
    assert set(allowed(url, "SELECT", "silver.messages.text")) == {"colleague", "pipelines"}
    with transaction(url) as connection:
        rows = who_can(connection, "SELECT", "silver.messages.text", all=True)
    assert [(row["principal"], row["allowed"], row["via"]) for row in rows] == [
        ("colleague", True, "colleague"),
        ("owner", False, ""),
        ("pipelines", True, ""),
        ("stranger", False, ""),
    ]


def test_privileges_on_other_securables_come_from_grants_above_too(url: str, apply: Apply) -> None:
    apply(
        "GRANT EXECUTE ON MODEL labeller TO analysts; GRANT EXECUTE ON CATALOG TO colleague;"
        "SET OWNER ON DASHBOARD d TO analysts; GRANT MODIFY ON SCHEMA gold TO analysts;"
        "CREATE SERVICE PRINCIPAL nightly; ADD USER nightly TO GROUP others;"
    )
    assert set(allowed(url, "EXECUTE", "model labeller")) == {"owner", "colleague"}
    assert set(allowed(url, "EXECUTE", "model other")) == {"colleague"}
    assert allowed(url, "VIEW", "dashboard d") == {"owner": "group analysts owns DASHBOARD d"}
    assert set(allowed(url, "MODIFY", "gold.calls")) == {"owner", "pipelines"}
    assert set(allowed(url, "MANAGE", "CATALOG")) == set()
    apply("DENY EXECUTE ON CATALOG TO others;")
    assert set(allowed(url, "EXECUTE", "model labeller")) == {"owner"}
    with transaction(url) as connection, pytest.raises(NightlightError, match="VIEW is no privilege on a model"):
        who_can(connection, "VIEW", "model labeller")


def test_a_table_that_is_not_there_yet_is_decided_by_what_is_granted(url: str, apply: Apply) -> None:
    apply("GRANT SELECT ON SCHEMA new TO analysts; GRANT USE SCHEMA ON SCHEMA new TO analysts;")
    apply("GRANT USE SCHEMA ON SCHEMA new TO others; GRANT SELECT (a) ON TABLE new.t TO others;")
    apply("GRANT SELECT ON TABLE new.t TO none; GRANT MODIFY ON TABLE new.t TO colleague;")
    with transaction(url) as connection:
        check_privilege(connection, "owner", "SELECT", "table new.t")
        check_privilege(connection, "colleague", "SELECT", "new.t")
        check_privilege(connection, "analysts", "SELECT", "new.t")
        check_privilege(connection, "colleague", "MODIFY", "new.t")
        for name, privilege, place in [
            ("stranger", "SELECT", "new.t"),  # no USE SCHEMA
            ("colleague", "SELECT", "new.t.b"),
            ("owner", "MODIFY", "new.t"),
            ("nobody", "SELECT", "new.t"),
        ]:
            with pytest.raises(NightlightError, match=f"'{name}' does not have {privilege} on (TABLE|COLUMN) new.t"):
                check_privilege(connection, name, privilege, place)
    apply("DENY SELECT ON TABLE new.t TO owner;")
    with transaction(url) as connection, pytest.raises(NightlightError, match="does not have SELECT"):
        check_privilege(connection, "owner", "SELECT", "new.t")


def test_what_can_lists_all_that_somebody_may(url: str, apply: Apply) -> None:
    apply(
        "GRANT USE SCHEMA, SELECT ON SCHEMA gold TO analysts; SET MASK ON COLUMN gold.calls.day year;"
        "SET ROW FILTER ON TABLE gold.calls (calls > 5); SET ROW FILTER ON TABLE gold.calls (day > x OR y);"
        "GRANT EXECUTE ON MODEL m TO owner; DENY EXECUTE ON MODEL m TO others; GRANT EXECUTE ON MODEL m TO others;"
    )
    with transaction(url) as connection:
        rows: list[dict[str, Any]] = what_can(connection, "owner")
        assert what_can(connection, "colleague") == what_can(connection, "stranger") == what_can(connection, "x") == []
    assert [(row["securable"], row["privilege"], row["mask"]) for row in rows] == [
        ("gold.calls.day", "SELECT", "year"),
        ("gold.calls.calls", "SELECT", None),
        ("MODEL m", "EXECUTE", None),
        ("SCHEMA gold", "SELECT", None),
        ("SCHEMA gold", "USE SCHEMA", None),
    ]
    assert rows[0]["filter"] == "(calls > 5) AND (day > x OR y)"
    assert rows[0]["reason"] == "granted to group analysts: SELECT ON SCHEMA gold"


def test_what_everybody_reads_is_what_each_is_told(url: str, apply: Apply, access: Access) -> None:
    apply("GRANT USE SCHEMA ON SCHEMA silver TO analysts; GRANT SELECT ON TABLE silver.messages TO analysts;")
    apply("GRANT USE SCHEMA ON SCHEMA silver TO others; GRANT SELECT (author) ON TABLE silver.messages TO others;")
    apply("SET MASK ON TAG sensitivity = 'identity' hash; SET ROW FILTER ON TABLE silver.messages (id > 3) TO others;")
    with transaction(url) as connection:
        found = access_of_everybody(connection, "silver.messages")
        assert access_of_everybody(connection, "silver.nowhere") == {}
    assert {"owner", "colleague", "stranger", "pipelines"} <= found.keys()
    for name in ("owner", "colleague", "stranger"):
        assert found[name] == access(name)
    assert not found["stranger"].is_visible
