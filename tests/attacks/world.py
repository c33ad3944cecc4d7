"""A world is a home with tables, policies, people and secrets, whose names, types and policies an attack does not know:
statements say `{messages}` or `{text}`, and any world fills them in.

What each person must see is computed here in plain Python, so that the door is never asked what is right."""

import random
import re
import secrets
import shutil
import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.attacks.names import LINE_NAMES, Names, random_names
from tests.attacks.policies import LINE_POLICIES, RANDOM_POLICIES

if TYPE_CHECKING:
    import pyarrow as pa

    from nightlight.settings import Home

MARKER, NUMBER_MARKER = "vqxzk", "86420"  # every secret word or number of a world begins so
MARKED_WORD = re.compile(f"{MARKER}[a-z]{{7}}")
TEAMS = ("harbour", "lantern", "meadow")
SUPERVISOR, COLLEAGUE, ANALYST, STRANGER = "supervisor", "colleague", "analyst", "stranger"
PERSONS = (SUPERVISOR, ANALYST, STRANGER)
TEAM_OF = {SUPERVISOR: "harbour", COLLEAGUE: "lantern"}
START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
HIDDEN_TABLES = ("incidents", "secret_table")
OPEN_TABLES = ("conversations", "messages", "volunteers")
ANALYST_MISSES = {"conversations": {"notes", "details", "code"}, "messages": {"text"}, "volunteers": {"email", "login"}}
HASHED = {("conversations", "identity"), ("volunteers", "name")}

Row = dict[str, Any]


@dataclass(frozen=True)
class Shape:
    """How a world differs from the other: names, the type of its keys, policies."""

    names: Names
    numbered: bool  # keys and identities are numbers, times have no zone
    policies: str
    hidden_risks: frozenset[int]  # an analyst sees no conversation of these
    hides_null_region: bool


LINE = Shape(Names(LINE_NAMES), False, LINE_POLICIES, frozenset({4, 5, 6}), False)


def random_shape(seed: int) -> Shape:
    return Shape(random_names(seed), True, RANDOM_POLICIES, frozenset({5, 6}), True)


@dataclass(frozen=True)
class World:
    """Everything an attack or its judge may ask about one home."""

    home: "Home"
    shape: Shape
    tables: dict[str, list[Row]]  # role of the table -> its rows, by roles of columns
    folder: Path  # where nothing may ever be written
    file_secret: str

    @property
    def names(self) -> Names:
        return self.shape.names

    @property
    def purpose(self) -> str:
        return self.names.raw("purpose")

    def principal(self, person: str) -> str:
        return self.names.raw(person)

    def table(self, role: str) -> str:
        """`schema.table` as the catalog spells it."""
        return f"{self.names.raw(schema_of(role))}.{self.names.raw(role)}"

    def sees(self, person: str, role: str) -> bool:
        return person != STRANGER and role in OPEN_TABLES

    def columns(self, person: str, role: str) -> list[str]:
        """The columns that a person sees of a table, in its order."""
        missing = ANALYST_MISSES[role] if person == ANALYST else set()
        return [column for column in COLUMNS[role] if column not in missing] if self.sees(person, role) else []

    def expected(self, person: str, role: str) -> list[Row]:
        """The rows a person must see, masked; a hashed value is None here (the key is the home's)."""
        visible = self.columns(person, role)
        rows = [row for row in self.tables[role] if visible and self._admits(person, role, row)]
        return [{c: self._masked(person, role, c, row[c]) for c in visible} for row in rows]

    def _admits(self, person: str, role: str, row: Row) -> bool:
        if role == "volunteers":
            return True
        if role == "messages":
            row = self._conversation_of()[row["conversation_id"]]
        if person == ANALYST:
            hidden = self.shape.hides_null_region and row["region"] is None
            return row["risk"] not in self.shape.hidden_risks and not hidden
        return bool(row["team"] == TEAM_OF[person])

    def _conversation_of(self) -> dict[Any, Row]:
        return {row["conversation_id"]: row for row in self.tables["conversations"]}

    def _masked(self, person: str, role: str, column: str, value: Any) -> Any:
        if person != ANALYST:
            return value
        if (role, column) in HASHED:
            return None
        return MASKS.get(column, lambda kept: kept)(value)


def schema_of(role: str) -> str:
    return "secret_schema" if role == "secret_table" else "open_schema"


MASKS: dict[str, Callable[[Any], Any]] = {
    "born": lambda value: value.replace(month=1, day=1),
    "joined": lambda value: value.replace(month=1, day=1),
    "region": lambda value: "somewhere",
    "place": lambda value: None if value is None else "[redacted]",
    "score": lambda value: None,
}

COLUMNS: dict[str, tuple[str, ...]] = {
    "conversations": (
        *("conversation_id", "started_at", "team", "risk", "topic", "identity", "born", "region", "place", "score"),
        *("labels", "notes", "details", "code"),
    ),
    "messages": ("message_id", "conversation_id", "sent_at", "author", "length", "text"),
    "volunteers": ("volunteer_id", "team", "name", "shifts", "joined", "email", "login"),
    "incidents": ("incident_id", "report"),
    "secret_table": ("person", "amount", "reason"),
}


def schema(shape: Shape, role: str) -> "pa.Schema":
    """The Arrow schema of a table, under the world's own names."""
    import pyarrow as pa

    name = shape.names.raw
    key = pa.int64() if shape.numbered else pa.string()
    time = pa.timestamp("us") if shape.numbered else pa.timestamp("us", tz="UTC")
    details = pa.struct([("visible_part", pa.string()), (name("inner"), pa.string())])
    kinds: dict[str, pa.DataType] = {
        **dict.fromkeys(("conversation_id", "identity", "message_id", "volunteer_id"), key),
        **dict.fromkeys(("started_at", "sent_at"), time),
        **dict.fromkeys(("born", "joined"), pa.date32()),
        **dict.fromkeys(("code", "amount", "length", "shifts"), pa.int64()),
        "risk": pa.int32() if shape.numbered else pa.int64(),
        "score": pa.float64(),
        "labels": pa.list_(pa.string()),
        "details": details,
    }
    return pa.schema([(name(column), kinds.get(column, pa.string())) for column in COLUMNS[role]])


class Draw:
    """Two sources of chance: what the analyst may see comes from one, what is hidden from the other."""

    def __init__(self, seed: int, hidden: int, *, numbered: bool) -> None:
        self.seen = random.Random(seed)  # noqa: S311 - repeatable
        self.hidden = random.Random(f"hidden {hidden}")  # noqa: S311 - repeatable
        self.numbered = numbered

    def word(self) -> str:
        return MARKER + "".join(self.hidden.choice(string.ascii_lowercase) for _ in range(7))

    def number(self) -> int:
        return int(NUMBER_MARKER + "".join(self.hidden.choice(string.digits) for _ in range(6)))

    def key(self, source: random.Random, prefix: str) -> Any:
        return source.randrange(10**12, 10**13) if self.numbered else f"{prefix}{source.randrange(16**10):010x}"

    def moment(self, source: random.Random) -> datetime:
        moment = START + timedelta(minutes=source.randrange(60 * 24 * 40))
        return moment.replace(tzinfo=None) if self.numbered else moment


def make_rows(shape: Shape, seed: int, hidden: int) -> dict[str, list[Row]]:
    """All tables; two calls that differ in `hidden` only differ in what the analyst must not see, and only there."""
    draw = Draw(seed, hidden, numbered=shape.numbered)
    slots = [True] * 60 + [False] * (30 + draw.hidden.randrange(10))
    draw.hidden.shuffle(slots)
    conversations = [_conversation(draw, shape, visible) for visible in slots]
    messages = [message for row in conversations for message in _messages(draw, shape, row)]
    return {
        "conversations": conversations,
        "messages": messages,
        "volunteers": [_volunteer(draw, shape, number) for number in range(12)],
        "incidents": [
            {"incident_id": draw.word(), "report": f"report {draw.word()}"} for _ in range(3 + draw.hidden.randrange(9))
        ],
        "secret_table": [
            {"person": draw.word(), "amount": draw.number(), "reason": f"because {draw.word()}"}
            for _ in range(5 + draw.hidden.randrange(9))
        ],
    }


TOPICS = ("sleep", "school", "friends", "it's (a) 'quote'); --", None, "lonely evenings")


def _conversation(draw: Draw, shape: Shape, visible: bool) -> Row:
    source = draw.seen if visible else draw.hidden
    low = sorted({0, 1, 2, 3, 4, 5, 6} - shape.hidden_risks)
    null_region = shape.hides_null_region and not visible and source.random() < 0.3
    risk = source.choice(low if visible or null_region else sorted(shape.hidden_risks))
    born = date(source.randrange(1960, 2010), 1, 1)
    return {
        "conversation_id": draw.key(source, "c"),
        "started_at": draw.moment(source),
        "team": source.choice(TEAMS),
        "risk": risk,
        "topic": source.choice(TOPICS) if visible else draw.word(),
        "identity": draw.key(source, "person-"),
        "born": born + timedelta(days=draw.hidden.randrange(1, 364)),
        "region": None if null_region else f"region {draw.word()}",
        "place": f"place {draw.word()}",
        "score": draw.hidden.random(),
        "labels": [source.choice(("a", "b", "c")) for _ in range(source.randrange(3))] if visible else [draw.word()],
        "notes": f"note {draw.word()} end",
        "details": {"visible_part": draw.word(), shape.names.raw("inner"): draw.word()},
        "code": draw.number(),
    }


def _messages(draw: Draw, shape: Shape, conversation: Row) -> list[Row]:
    visible = conversation["risk"] not in shape.hidden_risks and conversation["region"] is not None
    source = draw.seen if visible else draw.hidden
    return [
        {
            "message_id": draw.key(source, "m"),
            "conversation_id": conversation["conversation_id"],
            "sent_at": conversation["started_at"] + timedelta(minutes=place),
            "author": "texter" if place % 2 == 0 else "counselor",
            "length": source.randrange(1, 200),
            "text": f"hello {draw.word()} bye",
        }
        for place in range(source.randrange(2, 6))
    ]


def _volunteer(draw: Draw, shape: Shape, number: int) -> Row:
    logins = {1: shape.names.raw(SUPERVISOR), 2: shape.names.raw(COLLEAGUE)}
    teams = {1: TEAM_OF[SUPERVISOR], 2: TEAM_OF[COLLEAGUE]}
    return {
        "volunteer_id": draw.key(draw.seen, "v"),
        "team": teams.get(number, draw.seen.choice(TEAMS)),
        "name": f"name {number} of {draw.seen.randrange(10**9)}",
        "shifts": draw.seen.randrange(40),
        "joined": date(draw.seen.randrange(2015, 2026), 1, 1) + timedelta(days=draw.hidden.randrange(1, 364)),
        "email": f"{draw.word()}@line.org",
        "login": logins.get(number, draw.word()),
    }


def build_world(home: "Home", shape: Shape, *, seed: int, hidden: int, keys_of: "Home | None" = None) -> World:
    """Fill a home: tables in two commits each, policies, secrets beside them; `keys_of` shares another home's keys."""
    from nightlight.lakehouse.registration import register_tables
    from nightlight.lakehouse.tables import Lake

    tables = make_rows(shape, seed, hidden)
    if keys_of is not None:
        shutil.copytree(keys_of.root / "keys", home.root / "keys", dirs_exist_ok=True)
    world = World(home, shape, tables, home.root.parent / "forbidden", MARKER + secrets.token_hex(6))
    world.folder.mkdir()
    for role, rows in tables.items():
        cut = 2 * len(rows) // 3
        for part in (rows[:cut], rows[cut:]):
            deliver_rows(world, role, part)
    register_tables(home.database_url, Lake(home.lake))
    apply(home, shape.names, shape.policies)
    (home.root / "a-file.txt").write_text(f"the content {world.file_secret}\n")
    return world


def deliver_rows(world: World, role: str, rows: list[Row]) -> None:
    """Append rows to a table as one commit of one file."""
    import pyarrow as pa

    from nightlight.lakehouse.commit import write
    from nightlight.lakehouse.tables import Lake

    arrow = schema(world.shape, role)
    named = [{world.names.raw(column): value for column, value in row.items()} for row in rows]
    batch = pa.RecordBatch.from_pylist(named, schema=arrow)
    write(Lake(world.home.lake).table(world.table(role)), [batch], schema=arrow, transactions={})


def apply(home: "Home", names: Names, text: str) -> None:
    """Apply policy statements written with roles in the places of names."""
    from nightlight.catalog.policies import apply_statements
    from nightlight.catalog.statements import read_statements

    filled = fill_names(text, names)
    apply_statements(home.database_url, read_statements(filled, "world.sql"), by="root")


def fill_names(text: str, names: Names) -> str:
    for role in names.words:
        text = text.replace("{" + role + "}", names.sql(role))
    return text
