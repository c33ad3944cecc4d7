"""The command line on a home whose names nobody knew when the code was written: attacks, who-can against what the door
lets through, and refusals that tell nothing but a missing purpose."""

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from tests.attacks.conftest import SEED
from tests.attacks.door import Door, nothing_is_written
from tests.attacks.oracle import Judge, Outcome
from tests.attacks.statements import FAMILIES, Filling, alike, read_family
from tests.attacks.world import ANALYST, COLLEAGUE, COLUMNS, PERSONS, STRANGER, SUPERVISOR, World

# Runs the command line for each list of arguments on its standard input; answers [exit code, stdout, stderr] for each.
MANY_COMMANDS = """
import contextlib, functools, io, json, sys, traceback
from nightlight.cli import app
app.with_commands = functools.cache(app.with_commands)  # it is called once in a process
for line in sys.stdin:
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    sys.argv = ["nightlight", *json.loads(line)]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = app.run()
        except SystemExit as end:
            code = end.code
        except Exception:
            code = 1
            traceback.print_exc(file=err)
    out.flush()
    print(json.dumps([code or 0, out.buffer.getvalue().decode("utf-8", "replace"), err.getvalue()]), flush=True)
"""
Answer = tuple[int, str, str]


def question(world: World, person: str, text: str, form: str = "json", purpose: str | None = None) -> list[str]:
    home, who = str(world.home.root), world.principal(person)
    return ["sql", "--home", home, "--as", who, "--purpose", purpose or world.purpose, "--format", form, "--", text]


def command_line(commands: Sequence[Sequence[str]]) -> list[Answer]:
    """The answers of commands given in one process, which knows nothing of this one."""
    lines = "".join(json.dumps(command) + "\n" for command in commands)
    program = [sys.executable, "-c", MANY_COMMANDS]
    done = subprocess.run(program, input=lines, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def nightlight(*arguments: str) -> Answer:
    done = subprocess.run([sys.executable, "-m", "nightlight", *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def attack(world: World, turns: Sequence[tuple[str, str]]) -> None:
    judge, filling = Judge(world), Filling.of(world)
    forms = ("json", "csv", "table")
    said = [filling.fill(statement) for _, statement in turns]
    asked = [(person, text) for (person, _), text in zip(turns, said, strict=True) if "\0" not in text]
    with nothing_is_written(world) as written:
        answers = command_line([question(world, who, text, forms[n % 3]) for n, (who, text) in enumerate(asked)])
    problems = [f"written: {path}" for path in written]
    for (person, text), (code, out, err) in zip(asked, answers, strict=True):
        found = judge.leaks(person, text, Outcome(error=out + err))
        if code not in (0, 1) or "Traceback" in err or (code == 1 and (out or err.count("\n") != 1)):
            found.append(f"exit {code}, {err.count(chr(10))} lines")
        problems += [f"{person}: {text}\n    -> {kind}" for kind in found]
    assert problems == []


def turns_of(families: Sequence[str]) -> list[tuple[str, str]]:
    return [(person, statement) for family in families for statement in read_family(family) for person in PERSONS]


def test_attacks_on_the_command_line_find_nothing(unseen: Door) -> None:
    every = [turn for turn in turns_of(FAMILIES) if turn[1] not in read_family("denial")]
    attack(unseen.world, random.Random(SEED).sample(every, 40))  # noqa: S311 - repeatable


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("family", [family for family in FAMILIES if family != "denial"])
def test_no_attack_on_the_command_line_finds_anything(family: str, unseen: Door) -> None:
    attack(unseen.world, turns_of([family]))


USERS = (SUPERVISOR, COLLEAGUE, ANALYST, STRANGER)


def test_who_can_agrees_with_the_door_for_every_user_and_column(unseen: Door) -> None:
    from nightlight.catalog.access import who_can
    from nightlight.db import transaction

    world, raw = unseen.world, unseen.world.names.raw
    said, let_through = set(), set()
    for role in COLUMNS:
        with transaction(world.home.database_url) as connection:
            for column in COLUMNS[role]:
                for row in who_can(connection, "SELECT", f"{world.table(role)}.{world.names.sql(column)}"):
                    said.add((row["principal"], role, raw(column)))
        for person in USERS:
            answer = unseen.ask(person, f"SELECT * FROM {Filling.of(world).fill('{' + role + '}')} LIMIT 0")
            let_through |= {(world.principal(person), role, column) for column in answer.columns}
    users = {world.principal(person) for person in USERS}
    assert {each for each in said if each[0] in users} == let_through
    assert {each[0] for each in said} - users == {"pipelines"}


def test_what_can_agrees_with_what_a_person_sees(unseen: Door) -> None:
    from nightlight.catalog.access import what_can
    from nightlight.db import transaction

    world, raw = unseen.world, unseen.world.names.raw
    for person in USERS:
        with transaction(world.home.database_url) as connection:
            found = what_can(connection, world.principal(person))
        said = {row["securable"] for row in found if row["privilege"] == "SELECT"}
        seen = {
            f"{world.table(role)}.{raw(column)}"
            for role in ("conversations", "messages", "volunteers")
            for column in world.columns(person, role)
        }
        assert {each for each in said if each.count(".") == 2} == seen, person


def test_the_command_says_the_same_as_the_catalog(unseen: Door) -> None:
    world, raw = unseen.world, unseen.world.names.raw
    column = f"{world.table('messages')}.{raw('text')}"
    code, out, _ = nightlight("catalog", "who-can", "--home", str(world.home.root), "--json", "SELECT", column)
    assert code == 0
    allowed = {row["principal"] for row in json.loads(out) if row["allowed"]}
    assert allowed == {world.principal(SUPERVISOR), world.principal(COLLEAGUE), "pipelines"}


@pytest.mark.parametrize("person", [ANALYST, pytest.param(SUPERVISOR, marks=pytest.mark.slow), STRANGER])
def test_unknown_and_forbidden_tables_are_told_apart_by_nothing(person: str, unseen: Door) -> None:
    world, filling = unseen.world, Filling.of(unseen.world)
    table, schema = world.names.raw("secret_table"), world.names.raw("secret_schema")
    forms = [
        "SELECT * FROM {schema}.{table}",
        "SELECT count(*) FROM {schema}.{table} WHERE 1 = 0",
        "DESCRIBE {schema}.{table}",
        "SUMMARIZE {schema}.{table}",
        "EXPLAIN SELECT * FROM {schema}.{table}",
        'SELECT * FROM "{schema}"."{table}"',
        "WITH a AS (SELECT * FROM {schema}.{table}) SELECT 1",
        "SELECT * FROM {table}",
    ]
    there = [form.format(schema=schema, table=table) for form in forms]
    nowhere = [form.format(schema=alike(schema), table=alike(table)) for form in forms]
    there.append(filling.fill("SELECT * FROM {incidents}"))
    nowhere.append(filling.fill("SELECT * FROM {incidents}").replace(world.names.raw("incidents"), alike("incidents")))
    answers = command_line([question(world, person, text) for text in (*there, *nowhere)])
    names = {schema: "S", table: "T", alike(schema): "S", alike(table): "T"}
    names |= {world.names.raw("incidents"): "I", alike("incidents"): "I"}

    def plain(answer: Answer) -> Any:
        code, out, err = answer
        for name, letter in names.items():
            err = err.replace(name, letter)
        return code, out, err

    for one, other in zip(answers[: len(there)], answers[len(there) :], strict=True):
        assert plain(one) == plain(other)
        assert one[0] == 1
        assert "there is no table" in one[2]


def test_a_missing_purpose_is_named_and_nothing_else(unseen: Door) -> None:
    world = unseen.world
    text = Filling.of(world).fill("SELECT count(*) FROM {conversations}")
    asked = question(world, ANALYST, text)
    none, unpopular, unknown, stranger = command_line(
        [
            [word for word in asked if word not in ("--purpose", world.purpose)],
            question(world, ANALYST, text, purpose="unpopular"),
            question(world, ANALYST, text, purpose="no_such_purpose"),
            question(world, STRANGER, text, purpose="unpopular"),
        ]
    )
    assert [answer[0] for answer in (none, unpopular, unknown, stranger)] == [1, 1, 1, 1]
    assert "purpose" in none[2]
    assert world.purpose in none[2]
    assert "unpopular" in unpopular[2]
    assert "no_such_purpose" in unknown[2]
    assert world.names.raw("conversations") not in "".join(each[2] for each in (none, unpopular, unknown, stranger))


def test_nobody_asks_as_somebody_unknown_or_as_a_group(unseen: Door) -> None:
    world = unseen.world
    text = Filling.of(world).fill("SELECT count(*) FROM {conversations}")
    others = ["nobody", world.names.raw("analysts"), "pipelines", "", "root", f"{world.principal(ANALYST)} ", "%"]
    commands = [question(world, ANALYST, text) for _ in others]
    for command, other in zip(commands, others, strict=True):
        command[command.index("--as") + 1] = other
    answers = command_line(commands)
    assert [answer[0] for answer in answers] == [1] * len(others)
    assert all(answer[1] == "" for answer in answers)
