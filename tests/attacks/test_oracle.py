"""The judge finds what is there: a judge that saw nothing would let every attack pass."""

import base64
import hashlib
from collections.abc import Callable

import pytest
from tests.attacks.door import Door
from tests.attacks.oracle import IN_ENVIRONMENT, Judge, Outcome
from tests.attacks.statements import Filling, read_family
from tests.attacks.world import ANALYST, OPEN_TABLES, STRANGER, SUPERVISOR, World, schema

DISGUISES: dict[str, Callable[[str], Outcome]] = {
    "as it is": lambda word: Outcome(rows=((1, word),)),
    "in an error": lambda word: Outcome(error=f"Could not convert string '{word}' to INT32"),
    "as a column's name": lambda word: Outcome(columns=(word,)),
    "in capitals": lambda word: Outcome(rows=((word.upper(),),)),
    "backwards": lambda word: Outcome(rows=((word[::-1],),)),
    "in hexadecimal": lambda word: Outcome(rows=((word.encode().hex().upper(),),)),
    "in base64": lambda word: Outcome(rows=((base64.b64encode(f"ab {word}".encode()).decode(),),)),
    "in bits": lambda word: Outcome(rows=(("".join(f"{byte:08b}" for byte in word.encode()),),)),
    "as bytes": lambda word: Outcome(rows=((word.encode(),),)),
    "as its MD5": lambda word: Outcome(rows=((hashlib.md5(word.encode()).hexdigest(),),)),  # noqa: S324 - a disguise
    "as its SHA-256": lambda word: Outcome(rows=((hashlib.sha256(word.encode()).hexdigest(),),)),
    "a letter a row": lambda word: Outcome(rows=tuple((number, letter) for number, letter in enumerate(word))),
    "a letter a column": lambda word: Outcome(rows=(tuple(word),)),
    "as codes of letters": lambda word: Outcome(rows=(([ord(letter) for letter in word],),)),
    "in halves": lambda word: Outcome(rows=((word[:5], word[5:]),)),
    "deep inside": lambda word: Outcome(rows=(({"a": [{"b": word}]},),)),
    "in a map": lambda word: Outcome(rows=(([("key", word)],),)),
    "in a sentence": lambda word: Outcome(rows=((f"say:{word}!",),)),
}


@pytest.fixture(scope="module")
def world(line: Door) -> World:
    return line.world


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_hidden_word_is_found(disguise: str, world: World) -> None:
    word = Filling.of(world).values["canary"]
    assert Judge(world).leaks(ANALYST, "SELECT 1", DISGUISES[disguise](word))


def test_hidden_numbers_days_keys_and_names_are_found(world: World) -> None:
    filling, judge = Filling.of(world), Judge(world)
    for role in ("hidden_number", "hidden_day", "hidden_id", "hidden_identity", "hidden_region"):
        assert judge.leaks(ANALYST, "SELECT 1", Outcome(rows=((filling.values[role].strip("'"),),))), role
    for text in (IN_ENVIRONMENT, world.file_secret, str(world.home.root), world.home.key("mask").hex(), "salaries"):
        assert judge.leaks(SUPERVISOR, "SELECT 1", Outcome(error=f"near {text}")), text


def test_what_a_person_may_see_or_has_said_is_no_leak(world: World) -> None:
    judge = Judge(world)
    for person in (SUPERVISOR, ANALYST):
        for role in OPEN_TABLES:
            rows = tuple(tuple(row.values()) for row in world.expected(person, role))
            assert judge.leaks(person, "SELECT 1", Outcome(rows=rows)) == []
    word = Filling.of(world).values["canary"]
    assert judge.leaks(STRANGER, f"SELECT '{word}'", Outcome(rows=((word,),))) == []


def test_an_engine_without_a_door_leaks_to_the_same_corpus(world: World) -> None:
    """The control: the raw tables under their own names, in an engine that may read files."""
    import duckdb
    import pyarrow as pa

    judge, filling = Judge(world), Filling.of(world)
    leaking = {}
    with duckdb.connect(":memory:") as connection:
        for loading in ("autoinstall_known_extensions", "autoload_known_extensions"):
            connection.execute(f"SET {loading} = false")
        connection.execute("SET TimeZone = 'UTC'")
        for role, rows in world.tables.items():
            named = [{world.names.raw(column): value for column, value in row.items()} for row in rows]
            connection.register("rows", pa.Table.from_pylist(named, schema=schema(world.shape, role)))
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {world.table(role).split('.')[0]}")
            connection.execute(f"CREATE TABLE {world.table(role)} AS SELECT * FROM rows")
        connection.unregister("rows")
        for family in ("files", "dynamic", "names", "columns", "inference"):
            asked = [text for text in read_family(family) if text.startswith(("SELECT", "FROM", "WITH"))]
            answers = [(text, raw_answer(connection, filling.fill(text))) for text in asked[::2]]
            found = [text for text, answer in answers if judge.leaks(ANALYST, filling.fill(text), answer)]
            leaking[family] = len(found) / len(answers)
    assert min(leaking.values()) > 0.1, leaking
    assert leaking["columns"] > 0.5


def raw_answer(connection: "object", text: str) -> Outcome:
    try:
        rows = connection.cursor().execute(text).fetchmany(500)  # type: ignore[attr-defined]
    except Exception as error:  # an engine's error is an answer too
        return Outcome(error=str(error))
    return Outcome(rows=tuple(map(tuple, rows)))
