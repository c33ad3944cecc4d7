"""The corpus of attacks through the broker: with the gate on, and with the text handed to the worker unread.

No statement of an analyst can tell two homes apart that differ only in what is hidden from them; no answer holds a
secret; nothing is written; and whoever may read something gets it."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest
from tests.attacks.door import Door, nothing_is_written
from tests.attacks.oracle import Judge, Outcome
from tests.attacks.statements import FAMILIES, GUESSED, Filling, read_family
from tests.attacks.world import (
    ANALYST,
    COLLEAGUE,
    HASHED,
    LINE,
    OPEN_TABLES,
    PERSONS,
    SUPERVISOR,
    World,
    deliver_rows,
    make_rows,
)

if TYPE_CHECKING:
    from tests.attacks.conftest import BuildWorld, Tally

# What an answer may say of the moment, the machine or chance, which differs from run to run; of an extract's
# name, drawn for it; of the names most like a wrong one, which depends on that one's letters; of which rows come
# first where no order is asked for.
UNSTEADY = re.compile(
    r"random\(|sample|reservoir|duckdb_memory|duckdb_log|txid_current|serialize_plan|explain analyze|main\.identity"
    r"|postmaster|conf_load|offset 10|group by all limit|cross join .* limit",
    re.IGNORECASE,
)
COMPARES_LETTERS = re.compile("levenshtein|similarity")  # with those of the guess, which are others in its counterpart
HASTY = {"denial": 0.25}  # seconds for statements that would run for ever


def test_the_corpus_is_large_and_holds_no_statement_twice() -> None:
    statements = [statement for family in FAMILIES for statement in read_family(family)]
    assert len(statements) == len(set(statements)) >= 400


GATES = pytest.mark.parametrize("gate", [True, False], ids=["gate", "no-gate"])
EACH_FAMILY = pytest.mark.parametrize("family", FAMILIES)
PARTS = 5


def part(family: str, place: int) -> list[str]:
    """A fifth of a family: the default suite asks nearly each statement somewhere, `slow` asks all everywhere."""
    return read_family(family)[place % PARTS :: PARTS]


@GATES
@EACH_FAMILY
def test_an_analyst_cannot_tell_what_is_hidden(
    family: str, gate: bool, line: Door, mirror: Door, tally: "Tally"
) -> None:
    compare(part(family, gate), family, gate, line, mirror, tally)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@GATES
@EACH_FAMILY
def test_no_statement_of_an_analyst_tells_what_is_hidden(
    family: str, gate: bool, line: Door, mirror: Door, tally: "Tally"
) -> None:
    compare(read_family(family), family, gate, line, mirror, tally)


VALUES = tuple(role for role in GUESSED if role not in ("file", "mask_key"))


def compare(statements: Sequence[str], family: str, gate: bool, line: Door, mirror: Door, tally: "Tally") -> None:
    """Ask the same in both homes; the mirror about the same values, which only the first one has."""
    judge, judge_there, filling = Judge(line.world), Judge(mirror.world), Filling.of(line.world)
    values = {**Filling.of(mirror.world).values, **{role: filling.values[role] for role in VALUES}}
    there = Filling(filling.words, values, filling.in_quotes)
    seconds = HASTY.get(family, 10)
    problems: list[str] = []
    with nothing_is_written(line.world) as written, nothing_is_written(mirror.world) as written_there:
        for statement in statements:
            here, other = filling.fill(statement), there.fill(statement)
            answer = line.ask(ANALYST, here, gate=gate, seconds=seconds)
            answer_there = mirror.ask(ANALYST, other, gate=gate, seconds=seconds)
            found = judge.leaks(ANALYST, here, answer) + judge_there.leaks(ANALYST, other, answer_there)
            if family not in HASTY and not UNSTEADY.search(statement):
                found += differences(answer, answer_there, line.world, mirror.world)
            problems += [f"{statement}\n    -> {kind}" for kind in found]
            tally.count(family, gate, answer, found)
    problems += [f"written: {path}" for path in written + written_there]
    assert not problems, "\n".join(problems)


def differences(here: Outcome, there: Outcome, world: World, mirror: World) -> list[str]:
    first = here.comparable({str(world.home.root.parent): "HOME"})
    second = there.comparable({str(mirror.home.root.parent): "HOME"})
    parts = [part for part, a, b in zip(("columns", "rows", "error"), first, second, strict=True) if a != b]
    return [f"{', '.join(parts)} tell hidden data apart"] if parts else []


@GATES
@EACH_FAMILY
def test_nobody_learns_names_or_values_in_a_home_unseen_before(
    family: str, gate: bool, unseen: Door, tally: "Tally"
) -> None:
    """Each statement is asked by one of three people in turn."""
    turns = [(statement, PERSONS[number % 3]) for number, statement in enumerate(part(family, 3 - gate))]
    attack(unseen, family, gate, turns, tally)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@GATES
@pytest.mark.parametrize("person", PERSONS)
@EACH_FAMILY
def test_nobody_learns_anything_in_any_home(
    family: str, person: str, gate: bool, line: Door, unseen: Door, tally: "Tally"
) -> None:
    turns = [(statement, person) for statement in read_family(family)]
    attack(unseen, family, gate, turns, tally)
    attack(line, family, gate, turns, tally, twins=False)  # its names are common words that any line may say


def attack(
    door: Door, family: str, gate: bool, turns: Sequence[tuple[str, str]], tally: "Tally", *, twins: bool = True
) -> None:
    """Ask each statement, and each that names something hidden once more with what exists nowhere in its place."""
    judge, filling = Judge(door.world), Filling.of(door.world)
    seconds = HASTY.get(family, 10)
    problems: list[str] = []
    with nothing_is_written(door.world) as written:
        for number, (statement, person) in enumerate(turns):
            said = filling.fill(statement)
            answer = door.ask(person, said, gate=gate, seconds=seconds)
            found = judge.leaks(person, said, answer)
            if answer.crashed:
                found.append("an error that no person should see")
            instead = filling.instead(door.world, person)
            twin = instead.fill(statement)
            steady = family not in HASTY and not UNSTEADY.search(statement) and not COMPARES_LETTERS.search(statement)
            if twins and twin != said and steady:
                there = door.ask(person, twin, gate=gate, seconds=seconds)
                if without_words(answer, filling) != without_words(there, instead):
                    found.append("what exists and what does not are told apart")
            if family == "state" or number % 20 == 0:
                found += [f"then {problem}" for problem in honest_problems(door, COLLEAGUE, "conversations")]
            problems += [f"{statement}\n    {person} -> {kind}" for kind in found]
            tally.count(family, gate, answer, found)
    problems += [f"written: {path}" for path in written]
    assert not problems, "\n".join(problems)


def without_words(outcome: Outcome, filling: Filling) -> tuple[Any, ...]:
    """An outcome that does not depend on what the hidden names and values are, but on whether they exist."""
    longest_first = sorted({word for _, word in filling.spoken()}, key=len, reverse=True)
    return outcome.comparable({form: "<it>" for word in longest_first for form in (word, word.upper())})


@pytest.mark.parametrize("person", [SUPERVISOR, COLLEAGUE, ANALYST])
@pytest.mark.parametrize("role", OPEN_TABLES)
@pytest.mark.parametrize("door_name", ["line", "unseen"])
def test_people_get_all_rows_and_columns_that_they_may_read(
    person: str, role: str, door_name: str, request: pytest.FixtureRequest
) -> None:
    door: Door = request.getfixturevalue(door_name)
    assert honest_problems(door, person, role) == []


def honest_problems(door: Door, person: str, role: str) -> list[str]:
    """What is wrong with a person's view of a whole table, "" being nothing."""
    world = door.world
    table = Filling.of(world).fill("{" + role + "}")
    answer = door.ask(person, f"SELECT * FROM {table}")
    if answer.error:
        return [f"{person} is refused {role}: {answer.error}"]
    columns = world.columns(person, role)
    expected = [{**row} for row in world.expected(person, role)]
    if list(answer.columns) != [world.names.raw(column) for column in columns]:
        return [f"{person} sees other columns of {role}"]
    seen = [dict(zip(columns, row, strict=True)) for row in answer.rows]
    problems: list[str] = []
    for column in columns:
        if person == ANALYST and (role, column) in HASHED:
            problems += hash_problems(world, role, column, expected, seen)
            for row in seen:
                row[column] = None
    if sorted(map(repr, map(plain, seen))) != sorted(map(repr, map(plain, expected))):
        problems.append(f"{person} sees other rows of {role}: {len(seen)}, not {len(expected)}")
    return problems


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose times have no zone, so that both ways to write UTC are one."""
    return {key: value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value for key, value in row.items()}


def hash_problems(world: World, role: str, column: str, expected: Sequence[Any], seen: Sequence[Any]) -> Iterator[str]:
    plainly = {str(row[column]) for row in world.tables[role]}
    values = [str(row[column]) for row in seen]
    if plainly & set(values):
        yield f"{role}.{column} is not hashed"
    if len(set(values)) != len({row[KEYS[role]] for row in seen}):
        yield f"{role}.{column}: hashes of different values meet"


KEYS = {"conversations": "conversation_id", "volunteers": "volunteer_id"}


def test_an_extract_holds_nothing_that_its_reader_may_not_read(build: "BuildWorld") -> None:
    """Neither in its tables nor in any of its bytes, when it is new and when it has grown."""
    import duckdb

    world = build(LINE)
    judge = Judge(world)
    with Door(world) as door:
        for _ in range(2):
            for role in OPEN_TABLES:
                assert door.ask(ANALYST, Filling.of(world).fill("SELECT count(*) FROM {" + role + "}")).rows
            more = make_rows(world.shape, seed=99, hidden=3)
            for role in OPEN_TABLES:
                deliver_rows(world, role, more[role])
                world.tables[role].extend(more[role])
    files = [file for file in world.home.extracts.iterdir() if file.suffix != ".json"]
    assert len(files) >= len(OPEN_TABLES)
    for file in files:
        assert not judge.holds_secret(file.read_bytes().decode("latin-1"), ANALYST)
        with duckdb.connect(str(file), read_only=True) as connection:
            for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                for row in connection.execute(f"SELECT * FROM main.{table}").fetchall():
                    assert not judge.holds_secret(repr(row), ANALYST)
