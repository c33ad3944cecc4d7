"""Promises of the example line about practice: trainers read of their own people, volunteers of themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from tests.conftest import Deliver

from nightlight.catalog.principals import add_member, add_principal
from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import Lake
from nightlight.operations.example import open_demo_home
from nightlight.pipelines.project import read_project
from nightlight.pipelines.update import run_update
from nightlight.practice import sessions
from nightlight.practice.cohorts import make_cohort
from nightlight.practice.tables import publish
from nightlight.settings import Home
from nightlight.simulator.feedback import Mode
from nightlight.simulator.session import Closed, Said
from nightlight.sql.broker import Broker

if TYPE_CHECKING:
    from nightlight.pipelines.engines.session import Session

BEGUN = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
SECRET = "It sounds like today was heavier than you let on."
TRAINER = {"vera": "sam", "vito": "sam", "viola": "clara"}
TABLES = ("sessions", "messages", "turns", "acts", "rubric_items")


def clock() -> datetime:
    return BEGUN


@dataclass
class World:
    home: Home
    broker: Broker

    def ask(self, user: str, text: str) -> list[tuple[object, ...]]:
        purpose = "improve_service" if user == "ana" else "volunteer_training"
        table = self.broker.sql(text, principal=user, purpose=purpose).table
        return [tuple(row.values()) for row in table.to_pylist()]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = open_demo_home(tmp_path_factory.mktemp("line") / "home")
    for name in TRAINER.keys() - {"vera"}:
        add_principal(home.database_url, name, "user", by="setup")
        add_member(home.database_url, name, "volunteers", by="setup")
    for trainer in ("sam", "clara"):
        people = [person for person, whose in TRAINER.items() if whose == trainer]
        make_cohort(home, f"of {trainer}", people, by=trainer, clock=clock)
    for person in TRAINER:
        practice = sessions.begin(home, person, "night-shift-fine", mode=Mode.NUDGE, seed=1, clock=clock)
        sessions.record(home, practice, Said(20.0, SECRET), key="a", clock=clock)
        sessions.record(home, practice, Closed(60.0), key="b", clock=clock)
    publish(home)
    with Broker(home) as broker:
        yield World(home, broker)


@pytest.mark.parametrize("table", TABLES)
def test_a_trainer_reads_the_people_of_their_own_cohorts(world: World, table: str) -> None:
    assert world.ask("sam", f"SELECT DISTINCT person FROM practice.{table} ORDER BY 1") == [("vera",), ("vito",)]
    (row,) = world.ask("clara", f"SELECT count(DISTINCT person) FROM practice.{table}")
    assert row == (1,)


@pytest.mark.parametrize("table", TABLES)
def test_a_volunteer_reads_their_own_rows_alone(world: World, table: str) -> None:
    (own,) = world.ask("vera", f"SELECT count(*), count(DISTINCT session) FROM practice.{table}")
    assert own[1] == 1
    assert world.ask("viola", f"SELECT count(DISTINCT session) FROM practice.{table}") == [(1,)]


def test_text_is_read_by_whoever_teaches_or_wrote_it(world: World) -> None:
    query = "SELECT count(*) FROM practice.messages WHERE author = 'counselor' AND text IS NOT NULL"
    assert [world.ask(user, query) for user in ("sam", "clara", "vera")] == [[(2,)], [(1,)], [(1,)]]
    with pytest.raises(NightlightError, match="no column 'text'"):
        world.ask("ana", "SELECT text FROM practice.messages")


def test_an_analyst_counts_trainees_without_knowing_them(world: World) -> None:
    seen = {row[0] for row in world.ask("ana", "SELECT DISTINCT person FROM practice.sessions")}
    assert len(seen) == 3
    assert not seen & set(TRAINER)


@pytest.mark.parametrize("user", ["otto", "lin", "ada"])
def test_whoever_has_no_part_in_training_is_told_of_no_table(world: World, user: str) -> None:
    with pytest.raises(NightlightError):
        world.ask(user, "SELECT count(*) FROM practice.sessions")


def test_every_row_says_that_the_texter_is_played(world: World) -> None:
    for table in TABLES:
        assert world.ask("sam", f"SELECT bool_and(is_played) FROM practice.{table}") == [(True,)]


def test_training_is_joined_to_the_conversations_after_it(
    world: World, sail_session: "Session", deliver: Deliver
) -> None:
    moment = pa.timestamp("us", "UTC")
    volunteer = {"volunteer_id": 7, "email": "Vera", "updated_at": BEGUN, "_position": 1}
    roster = pa.schema([(name, pa.int64()) for name in ("volunteer_id", "_position")])
    roster = roster.append(pa.field("email", pa.string())).append(pa.field("updated_at", moment))
    older = {**volunteer, "email": "old@example.org", "updated_at": BEGUN - timedelta(days=9)}
    silent = {"volunteer_id": 9, "email": "viola", "updated_at": BEGUN, "_position": 2}
    deliver(world.home, "bronze.volunteers", [volunteer, older, silent], roster)
    conversations = [
        {"conversation_id": "before", "counselor_id": 7, "accepted_at": BEGUN - timedelta(days=1), "rating": 1},
        {"conversation_id": "after", "counselor_id": 7, "accepted_at": BEGUN + timedelta(days=1), "rating": 5},
        {"conversation_id": "unrated", "counselor_id": 7, "accepted_at": BEGUN + timedelta(days=2), "risk_level": 3},
        {"conversation_id": "another", "counselor_id": 8, "accepted_at": BEGUN + timedelta(days=1), "rating": 2},
        {"conversation_id": "left", "counselor_id": 9, "accepted_at": BEGUN + timedelta(days=1), "responses": 0},
    ]
    numbers = ("counselor_id", "rating", "risk_level", "responses")
    schema = pa.schema([(name, pa.int64()) for name in numbers])
    schema = schema.append(pa.field("conversation_id", pa.string())).append(pa.field("accepted_at", moment))
    schema = schema.append(pa.field("response_seconds", pa.float64()))
    deliver(world.home, "silver.conversations", conversations, schema)
    root = world.home.pipelines / "harbour"
    for file in (root / "transformations").iterdir():
        if file.name != "gold_training.sql":
            file.unlink()
    update = run_update(read_project(root, sail_session), world.home, sail_session)
    assert [event.error for event in update.events if event.error] == []
    rows = {row["person"]: row for row in Lake(world.home.lake).table("gold.training_outcomes").read().to_pylist()}
    assert rows.keys() == TRAINER.keys()
    vera = rows["vera"]
    assert (vera["volunteer_id"], vera["cohort"], vera["sessions"], vera["passes"]) == (7, "of sam", 1, 0)
    assert (vera["conversations_after"], vera["ratings_after"], vera["rating_after"]) == (2, 1, 5.0)
    assert (vera["high_risk_after"], vera["days_to_proficiency"]) == (1, None)
    assert rows["vito"]["volunteer_id"] is None, "who is not on the roster has no later conversations"
    viola = rows["viola"]
    assert (viola["conversations_after"], viola["response_seconds_after"]) == (1, None), "nobody waited for an answer"
