"""Random questions through the door get the answer that a trusted engine gives on tables which this test filtered and
masked itself, or a refusal; and few are refused."""

import os
import random
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.attacks.door import Door
from tests.attacks.queries import Writer, comparable
from tests.attacks.world import ANALYST, COLLEAGUE, HASHED, LINE, OPEN_TABLES, SUPERVISOR, World, schema

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from tests.attacks.conftest import BuildWorld

SEED = os.environ.get("ATTACK_SEED", "20261127")
ASKED = [(name, person) for name in ("line", "unseen") for person in (ANALYST, SUPERVISOR, COLLEAGUE)]
MOST_REFUSED = 0.10


def trusted(door: Door, person: str) -> "DuckDBPyConnection":
    """A database that holds what a person must see, filtered and masked by the world and not by the door.

    Only the hashes are the door's own, row by row: their key is the home's.
    """
    import duckdb
    import pyarrow as pa

    world = door.world
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f'CREATE SCHEMA "{world.names.raw("open_schema")}"')
    for role in OPEN_TABLES:
        columns = world.columns(person, role)
        rows = world.expected(person, role)
        for column in columns:
            if person == ANALYST and (role, column) in HASHED:
                hashes = hashes_seen(door, person, role, column)
                rows = [{**row, column: hashes[row[KEYS[role]]]} for row in rows]
        fields = [schema(world.shape, role).field(world.names.raw(column)) for column in columns]
        named = [{world.names.raw(column): row[column] for column in columns} for row in rows]
        connection.register("rows", pa.Table.from_pylist(named, schema=pa.schema(fields)))
        connection.execute(f"CREATE TABLE {table_name(world, role)} AS SELECT * FROM rows")
        connection.unregister("rows")
    return connection


KEYS = {"conversations": "conversation_id", "volunteers": "volunteer_id", "messages": "message_id"}


def table_name(world: World, role: str) -> str:
    return ".".join(f'"{part}"' for part in world.table(role).split("."))


def hashes_seen(door: Door, person: str, role: str, column: str) -> dict[Any, Any]:
    names = door.world.names
    answer = door.ask(
        person, f"SELECT {names.sql(KEYS[role])}, {names.sql(column)} FROM {table_name(door.world, role)}"
    )
    keys, hashes = zip(*answer.rows, strict=True)
    return dict(zip(keys, hashes, strict=True))


def differences(door: Door, person: str, questions: list[str], before: Callable[[], None] = lambda: None) -> list[str]:
    """Questions with another answer than the trusted one's; fails when too many are refused."""
    import duckdb

    found, refused, asked = [], [], 0
    with trusted(door, person) as connection:
        for question in questions:
            try:
                right = connection.execute(question).fetchall()
            except duckdb.Error:
                continue  # no question at all
            asked += 1
            before()
            answer = door.ask(person, question)
            if answer.error:
                refused.append(f"{answer.error}\n    {question}")
            elif rows(answer.rows) != rows(right):
                found.append(question)
    assert asked > 0.8 * len(questions)
    assert len(refused) <= MOST_REFUSED * asked, "\n".join(refused)
    return found


def rows(found: Any) -> list[str]:
    return sorted(repr([comparable(value) for value in row]) for row in found)


def written(world: World, person: str, number: int, seed: str) -> Iterator[str]:
    writer = Writer(world, person, random.Random(f"{SEED} {seed} {person}"))  # noqa: S311 - repeatable
    return (writer.query() for _ in range(number))


def check(request: pytest.FixtureRequest, name: str, person: str, number: int, seed: str) -> None:
    door: Door = request.getfixturevalue(name)
    found = differences(door, person, list(written(door.world, person, number, seed)))
    assert found == []


@pytest.mark.parametrize(("name", "person"), ASKED)
def test_random_questions_get_the_trusted_answer(name: str, person: str, request: pytest.FixtureRequest) -> None:
    check(request, name, person, 84, name)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(10))
@pytest.mark.parametrize(("name", "person"), ASKED)
def test_many_random_questions_get_the_trusted_answer(
    name: str, person: str, part: int, request: pytest.FixtureRequest
) -> None:
    check(request, name, person, 340, f"{name} {part}")


@pytest.fixture(scope="module")
def pruning(build: "BuildWorld") -> Iterator[Door]:
    """A line of its own, whose tables count as large: a question about a range of time reads no more than that."""
    with Door(build(LINE)) as door:
        yield door


@pytest.mark.parametrize("number", [30, pytest.param(2_000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
@pytest.mark.parametrize("person", [ANALYST, SUPERVISOR])
def test_what_is_not_read_for_a_range_of_time_changes_no_answer(
    person: str, number: int, pruning: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nightlight.sql import extracts

    monkeypatch.setattr(extracts, "LARGE_ROWS", 0)
    writer = Writer(pruning.world, person, random.Random(f"{SEED} timed {person}"))  # noqa: S311 - repeatable

    def forget() -> None:
        for file in pruning.world.home.extracts.iterdir():
            file.unlink()

    assert differences(pruning, person, [writer.timed() for _ in range(number)], forget) == []
