"""A line whose conversations are reviewed: sam and tess of team north, olga of south, mia who manages, otto nobody.

Counselor v1 is of team north, v2 of team south."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.clock import Clock as Clock
from tests.conftest import Deliver
from tests.postgres import in_postgresql
from tests.postgres import server as server

from nightlight.catalog.policies import apply_statements
from nightlight.catalog.statements import read_statements
from nightlight.db import transaction
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake
from nightlight.quality.access import Reach
from nightlight.quality.events import read_event
from nightlight.quality.flags.declared import Flag, Severity
from nightlight.quality.live import LiveAnswer, take_event
from nightlight.quality.raising import keep_flags
from nightlight.quality.store import LINE, Case, QueuedFlag, flags_of, insert_case
from nightlight.settings import Home
from nightlight.sql.broker import Broker
from nightlight.sql.policies import apply_policies

POLICIES = """
CREATE GROUP supervisors; CREATE GROUP team_north; CREATE GROUP team_south; CREATE GROUP clinicians;
ADD USER sam TO GROUP supervisors; ADD USER sam TO GROUP team_north;
ADD USER tess TO GROUP supervisors; ADD USER tess TO GROUP team_north;
ADD USER olga TO GROUP supervisors; ADD USER olga TO GROUP team_south;
ADD USER mia TO GROUP clinicians; CREATE GROUP others; ADD USER otto TO GROUP others;
CREATE PURPOSE quality_review OF quality 'Look at how conversations went';
ALLOW PURPOSE quality_review TO supervisors; ALLOW PURPOSE quality_review TO clinicians;
GRANT EXECUTE ON APP quality TO supervisors; GRANT EXECUTE ON APP quality TO clinicians;
GRANT MANAGE ON APP quality TO clinicians;
GRANT SELECT (text) ON TABLE silver.messages TO supervisors;
"""
SAM, TESS = Reach("sam", counselors=frozenset({"v1"})), Reach("tess", counselors=frozenset({"v1"}))
OLGA, MIA, OTTO = Reach("olga", counselors=frozenset({"v2"})), Reach("mia", all=True), Reach("otto")

HARD = "i keep thinking about killing myself"
ASKED = "Are you thinking about suicide?"


@pytest.fixture
def clock() -> Clock:
    return Clock()


def change(home: Home, text: str = POLICIES) -> None:
    apply_statements(home.database_url, list(read_statements(text, "change.sql")), by="setup")


@pytest.fixture
def people(home: Home) -> Home:
    change(home)
    return home


@pytest.fixture(params=["sqlite", "postgresql"])
def anywhere(request: pytest.FixtureRequest, home: Home) -> Iterator[Home]:
    """The same people in a catalog on SQLite, and in one on PostgreSQL."""
    if request.param == "sqlite":
        change(home)
        yield home
        return
    with in_postgresql(home, request.getfixturevalue("server")) as shared:
        change(shared)
        yield shared


@dataclass
class Talk:
    """A live conversation told line by line: `T: ..` and `C: ..`, half a minute each; messages are m1, m2, .."""

    home: Home
    clock: Clock
    conversation: str = "live-1"
    counselor: str | None = "v1"
    number: int = 0

    def say(self, *lines: str) -> LiveAnswer:
        for line in lines:
            self.number += 1
            self.clock.pass_by(seconds=30)
            answer = self.send(f"m{self.number}", line)
        return answer

    def send(self, message: str, line: str, **changed: Any) -> LiveAnswer:
        who, _, text = line.partition(": ")
        values = {
            "conversation": self.conversation,
            "message_id": message,
            "author": {"T": "texter", "C": "counselor"}[who],
            "text": text,
            "sent_at": self.clock.now.isoformat(),
            "counselor": self.counselor,
            **changed,
        }
        return take_event(self.home, read_event(values), clock=self.clock)


Talking = Callable[..., Talk]


@pytest.fixture
def talk(people: Home, clock: Clock) -> Talk:
    return Talk(people, clock)


@pytest.fixture
def lines(people: Home, deliver: Deliver) -> Home:
    """The same people with a roster and policies, and conversations 1001 (of v1) and 1002 (of v2) in the tables."""
    import pyarrow as pa

    text = {b"nightlight.sensitivity": b"text"}
    roster = pa.schema([("volunteer_id", pa.string()), ("team", pa.string())])
    deliver(people, "silver.volunteers", [{"volunteer_id": f"v{n}", "team": t} for n, t in TEAMS], roster)
    conversations = pa.schema(
        [("conversation_id", pa.int64()), ("counselor_id", pa.string()), ("consent_training", pa.bool_())]
    )
    rows = [{"conversation_id": 1000 + n, "counselor_id": f"v{n}", "consent_training": n == 1} for n in (1, 2)]
    deliver(people, "silver.conversations", rows, conversations)
    messages = pa.schema(
        [
            pa.field("message_id", pa.int64()),
            pa.field("conversation_id", pa.int64()),
            pa.field("author", pa.string()),
            pa.field("sent_at", pa.timestamp("us", "UTC")),
            pa.field("text", pa.string(), metadata=text),
        ]
    )
    said = [("texter", "hi, i cant sleep"), ("system", "joined"), ("counselor", "What keeps you awake?")]
    rows = [
        {
            "message_id": 10 * (1000 + n) + place,
            "conversation_id": 1000 + n,
            "author": author,
            "sent_at": Clock().now - timedelta(days=2, minutes=-place),
            "text": words,
        }
        for n in (1, 2)
        for place, (author, words) in enumerate(said)
    ]
    deliver(people, "silver.messages", rows, messages)
    register_tables(people.database_url, Lake(people.lake))
    apply_policies(people, list(read_statements(OF_TEAMS, "teams.sql")), by="setup", text=OF_TEAMS)
    return people


TEAMS = ((1, "north"), (2, "south"))
OF_TEAMS = """
GRANT USE SCHEMA ON SCHEMA silver TO supervisors;
GRANT SELECT ON TABLE silver.volunteers TO supervisors;
GRANT SELECT ON TABLE silver.conversations TO supervisors;
GRANT SELECT ON TABLE silver.messages TO supervisors;
SET ROW FILTER ON TABLE silver.volunteers (is_member('team_' || team)) TO supervisors;
SET ROW FILTER ON TABLE silver.messages (
  conversation_id IN (
    SELECT c.conversation_id FROM silver.conversations c
    WHERE c.counselor_id IN (SELECT v.volunteer_id FROM silver.volunteers v WHERE is_member('team_' || v.team))
  )
) TO supervisors;
"""


@pytest.fixture
def broker(lines: Home) -> Iterator[Broker]:
    with Broker(lines) as made:
        yield made


def take_in(home: Home, conversation: str, counselor: str | None, at: datetime, *flags: Flag) -> Case:
    """A conversation of the tables in the queue, an hour long, with flags that were raised at its end."""
    case = Case(conversation, LINE, counselor, None, at - timedelta(hours=1), at, at, 2, 20, "labels-1", "texter")
    with transaction(home.database_url) as connection:
        insert_case(connection, case)
        keep_flags(connection, conversation, flags, at=at)
    return case


def a_flag(rule: str = "no_safety_plan", severity: Severity = Severity.HIGH, *messages: str) -> Flag:
    return Flag(rule, 1, severity, messages or ("m1",), "Nobody asked about it.", 0.9, "labels-1")


def flag_of(home: Home, conversation: str, rule: str = "no_safety_plan") -> QueuedFlag:
    with transaction(home.database_url) as connection:
        return next(flag for flag in flags_of(connection, conversation) if flag.rule == rule)
