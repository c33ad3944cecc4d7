"""The decision in SQL and the rules in plain Python agree on random catalogs, whatever is granted, denied, tagged."""

import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.catalog.reference import World

from nightlight.catalog.access import read_access, who_can
from nightlight.catalog.lineage import record_lineage
from nightlight.db import transaction

if TYPE_CHECKING:
    from sqlalchemy import Connection

SEED = 20261127


def random_world(rng: random.Random, number: int) -> World:
    """A small catalog whose names no other world has, so that many share one database; a few rows are damaged."""
    world = World()
    users = [f"u{number}_{i}" for i in range(4)] + [f"s{number}"]
    groups = [f"g{number}_{i}" for i in range(5)]
    world.kinds = dict.fromkeys(users, "user") | dict.fromkeys(groups, "group")
    world.kinds[users[-1]] = "service"
    world.disabled = {name for name in users + groups if rng.random() < 0.07}
    for _ in range(rng.randrange(3, 9)):
        world.members.add((rng.choice(users), rng.choice(groups)))
    for _ in range(rng.randrange(4)):
        low, high = sorted(rng.sample(range(5), 2))
        world.members.add((groups[low], groups[high]))
    if rng.random() < 0.1:
        world.kinds.pop(groups[2])  # as if somebody had deleted it by hand
    schemas = [f"a{number}", f"b{number}"]
    tables = [f"{rng.choice(schemas)}.t{i}" for i in range(5)]
    add_columns(rng, world, tables)
    add_lineage(rng, world, tables)
    add_tags(rng, world, tables)
    add_grants(rng, world, users + groups, schemas, tables)
    add_policies(rng, world, tables, [*groups, "nobody"] if rng.random() < 0.05 else groups)
    return world


def add_columns(rng: random.Random, world: World, tables: list[str]) -> None:
    for table in tables[1:] if rng.random() < 0.2 else tables:  # the first may not be in the lake any more
        for column in "wxyz"[: rng.randrange(1, 5)]:
            kind = rng.choice(["string", "int64", "double"])
            known = ["text", "identity", "odd"] + [""] * (5 if table in tables[:2] else 50)
            world.columns[table, column] = (kind, kind == "string", rng.choice(known))
    for table in tables:
        for column in "wxyz":
            if (table, column) not in world.columns and rng.random() < 0.3:
                world.gone[table, column] = (
                    rng.choice(["string", "int64"]),
                    True,
                    rng.choice(["text", "identity", ""]),
                )


def add_lineage(rng: random.Random, world: World, tables: list[str]) -> None:
    for position, table in enumerate(tables):
        if rng.random() < 0.4:
            continue
        before = tables if rng.random() < 0.05 else tables[:position]  # a ring now and then
        world.sources[table] = set(rng.sample(before, min(len(before), rng.randrange(3))))
        for column in "wxyz":
            if rng.random() < 0.5:
                origins = [(source, rng.choice("wxyz")) for source in sorted(world.sources[table])]
                world.traced[table, column] = set(rng.sample(origins, rng.randrange(len(origins) + 1)))


def add_tags(rng: random.Random, world: World, tables: list[str]) -> None:
    for _ in range(rng.randrange(6)):
        key = rng.choice(["sensitivity", "sensitivity", "topic"])
        values = ["text", "identity", "none", "none", "odd"] if key == "sensitivity" else ["a", "b"]
        world.tags[rng.choice(tables), rng.choice("wxyz"), key] = rng.choice(values)
    for place in rng.sample(sorted(world.columns), rng.randrange(1 + len(world.columns) // 3)):
        world.tags[(*place, "sensitivity")] = "none"
    if rng.random() < 0.3:
        key, value = rng.choice([("sensitivity", "identity"), ("sensitivity", "none"), ("topic", "a")])
        world.tags[rng.choice(tables), "", key] = value


def add_grants(rng: random.Random, world: World, principals: list[str], schemas: list[str], tables: list[str]) -> None:
    places = [("catalog", "")] + [("schema", name) for name in schemas] * 2 + [("table", name) for name in tables]
    for name in schemas:
        for principal in rng.sample(principals, 6):
            world.grants.append(("GRANT", "USE SCHEMA", "schema", name, "", principal))
    for _ in range(rng.randrange(5, 30)):
        kind, securable = rng.choice(places)
        column = rng.choice("wxyz") if kind == "table" and rng.random() < 0.5 else ""
        privilege = rng.choice(["SELECT"] * 6 + ["USE SCHEMA"] * 3 + ["MODIFY", "MANAGE"])
        effect = "DENY" if rng.random() < 0.06 else "GRANT"
        row = (effect, privilege, kind, securable, "" if privilege != "SELECT" else column, rng.choice(principals))
        world.grants.append(damaged(rng, row) if rng.random() < 0.01 else row)
    for place in rng.sample(places, 2):
        if rng.random() < 0.5:
            world.owners[place] = rng.choice(principals[5:])


def damaged(rng: random.Random, row: tuple[str, ...]) -> Any:
    position = rng.randrange(3)
    return (*row[:position], "odd", *row[position + 1 :])


def add_policies(rng: random.Random, world: World, tables: list[str], groups: list[str]) -> None:
    def scope() -> tuple[str, str]:
        kind = rng.choice(["all", "to", "except"])
        return kind, "" if kind == "all" else rng.choice(groups)

    def function() -> str:
        return "odd" if rng.random() < 0.01 else rng.choice(["null", "constant", "redact", "year", "hash"])

    for _ in range(rng.randrange(8)):
        column = (rng.choice(tables), rng.choice("wxyz"), "", "")
        tag = ("", "", *rng.choice([("topic", "a"), ("sensitivity", "text"), ("sensitivity", "identity")]))
        world.masks.append((*rng.choice([column, column, tag]), function(), *scope()))
    for _ in range(rng.randrange(4)):
        world.filters.append((rng.choice(tables), f"x > {rng.randrange(9)}", *scope()))


def store(connection: "Connection", world: World) -> None:
    from sqlalchemy import text

    def insert(table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
        names = columns.split()
        query = (
            f"INSERT INTO {table} ({', '.join(names)}, added_at, added_by) VALUES ({', '.join(f':{n}' for n in names)}"
        )
        now = datetime.now(UTC)
        unique = sorted(set(rows))
        if unique:
            values = [{**dict(zip(names, row, strict=True)), "now": now} for row in unique]
            connection.execute(text(query + ", :now, 'test')"), values)

    connection.execute(text("DELETE FROM owners WHERE kind = 'catalog'"))  # what all worlds would share
    connection.execute(text("DELETE FROM masks WHERE table_name = ''"))
    insert("principals", "name kind disabled", [(n, k, int(n in world.disabled)) for n, k in world.kinds.items()])
    insert("memberships", "member group_name", list(world.members))
    insert("grants", "effect privilege kind securable column_name principal", list(world.grants))
    insert("owners", "kind securable principal", [(*place, name) for place, name in world.owners.items()])
    insert("tags", "table_name column_name key value", [(*place, value) for place, value in world.tags.items()])
    masks = {mask[:4] + mask[5:]: mask for mask in world.masks}  # one in force per column and scope
    world.masks = list(masks.values())
    insert(
        "masks",
        "table_name column_name tag_key tag_value function scope group_name argument",
        [(*mask, "") for mask in world.masks],
    )
    insert("row_filters", "table_name expression scope group_name owner", [(*row, "test") for row in world.filters])
    columns = "table_name column_name spelling schema_name type holds_text sensitivity position comment"
    earlier = dict.fromkeys([*world.columns, *world.gone], ("string", True, "identity"))
    for registered, is_over in [(earlier, True), (world.gone, True), (world.columns, False)]:
        rows: list[tuple[Any, ...]] = [
            (table, name, name, table.split(".")[0], kind, int(text), sensitivity, "wxyz".index(name), "")
            for (table, name), (kind, text, sensitivity) in registered.items()
        ]
        if is_over:
            rows = [(*row, datetime.now(UTC), "test") for row in rows]
        insert("registered_columns", columns + " ended_at ended_by" * is_over, rows)


def store_lineage(url: str, world: World) -> None:
    for table in {table for table, _ in world.traced} | set(world.sources):
        columns = {column: sorted(origins) for (name, column), origins in world.traced.items() if name == table}
        record_lineage(url, table, columns, sorted(world.sources.get(table, set())))


def compare(connection: "Connection", world: World, about: str) -> int:
    """How many decisions were compared; fails at the first that differs."""
    tables, count = {table for table, _ in world.columns}, 0
    for principal in world.kinds:
        found = read_access(connection, principal, tables)
        for table in tables:
            concerned = {e for t, e, scope, g in world.filters if t == table and world.concerns(principal, scope, g)}
            assert {f.expression for f in found[table].filters} == concerned, f"{about}: filters {principal} {table}"
            for column in found[table].columns:
                count += 1
                place = f"{about}: {principal} {table}.{column.name} ({column.reason})"
                tags = {(key, value) for key, values in column.tags.items() for value in values}
                assert tags == world.effective_tags(table, column.name), place
                assert column.allowed == world.may_read(principal, table, column.name), place
                if column.allowed:
                    mask = column.mask.function if column.mask else None
                    assert mask == world.mask(principal, table, column.name), place
    return count


def check(url: str, seed: int, decisions: int) -> None:
    rng, count, number = random.Random(seed), 0, 0  # noqa: S311 - dice
    while count < decisions:
        world, number = random_world(rng, number), number + 1
        store_lineage(url, world)
        with transaction(url) as connection:
            store(connection, world)
        with transaction(url) as connection:
            count += compare(connection, world, f"seed {seed}, world {number - 1}")
            check_both_ways(connection, world, f"seed {seed}, world {number - 1}")


def check_both_ways(connection: "Connection", world: World, about: str) -> None:
    """`who_can` lists exactly those who may read."""
    table, column = next(iter(world.columns))
    allowed = {name for name, kind in world.kinds.items() if kind != "group" and world.may_read(name, table, column)}
    listed = {row["principal"] for row in who_can(connection, "SELECT", f"{table}.{column}")}
    assert listed & set(world.kinds) == allowed, f"{about}: who can read {table}.{column}"


def test_ten_thousand_random_decisions_agree_with_the_rules(url: str) -> None:
    check(url, SEED, 10_000 if url.startswith("sqlite") else 2_000)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(10))
def test_a_hundred_thousand_random_decisions_agree_with_the_rules(url: str, seed: int) -> None:
    check(url, seed, 10_000)
