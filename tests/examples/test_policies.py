"""Promises of the example line's policies: who reads which rows and columns, asked through the one door there is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nightlight.catalog.access import check_purpose, who_can
from nightlight.catalog.principals import add_member, add_principal
from nightlight.catalog.statements import read_statements
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.ingestion import ingest
from nightlight.lakehouse.tables import IDENTITY, SENSITIVITY, TEXT, Lake, TableName
from nightlight.operations.annotation_demo import ANNOTATORS, DECIDER, SET, seed_annotation
from nightlight.operations.example import DEMO_USERS, EXPORTS, load_generator, open_demo_home
from nightlight.pipelines.project import find_projects, read_project
from nightlight.pipelines.update import run_update
from nightlight.quality.annotation.adjudication import decides
from nightlight.quality.annotation.sets import list_sets
from nightlight.settings import Home
from nightlight.sql.broker import Broker
from nightlight.sql.policies import apply_policies

if TYPE_CHECKING:
    import pyarrow as pa

    from nightlight.pipelines.engines.session import Session

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
PURPOSES = {
    "ana": "improve_service",
    "sam": "quality_review",
    "vera": "volunteer_training",
    "clara": "quality_review",
    "cleo": "quality_review",
    "chen": "quality_review",
    "dario": "service_research",
    "ada": "platform_care",
    "nora": "platform_care",
    "lin": "partner_reporting",
    "otto": "improve_service",
}
TEAM, OTHER_TEAM = "Keepers", "Mooring"  # sam's; one that has shifts: staff, who are sam's team, have none
PARTNER_TABLES = {
    "silver.partner_conversations",
    "gold.volume_daily",
    "gold.volume_hourly",
    "gold.queue_wait",
    "gold.conversation_length",
    "gold.risk_daily",
    "gold.ratings_monthly",
}
QUALITY_TABLES = {
    "gold.response_latency",
    "gold.risk_daily",
    "gold.topics_monthly",
    "gold.ratings_monthly",
    "gold.conversation_length",
}

# Written by Python functions that read text; what they write is declared to be none (09_quality.sql).
READ_FROM_TEXT = {"gold.message_labels", "gold.conversation_flags"}


@dataclass(frozen=True)
class World:
    """The line with its users, its door, and its tables as they are."""

    home: Home
    broker: Broker
    lake: Lake

    def ask(self, user: str, text: str, purpose: str | None = None) -> "pa.Table":
        return self.broker.sql(text, principal=user, purpose=purpose or PURPOSES[user]).table

    def sees(self, user: str, table: str) -> "pa.Table | None":
        """What the user gets of a table; None when it is not there for them."""
        try:
            return self.ask(user, f"SELECT * FROM {table}")
        except NightlightError as refusal:
            if str(refusal) != f"there is no table '{table}' that you may read":
                raise
            return None

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.lake.table(table).read().to_pylist()  # type: ignore[no-any-return]

    @cached_property
    def tables(self) -> list[str]:
        return [str(name) for name in self.lake.tables()]

    def team(self, name: str) -> set[int]:
        return {row["volunteer_id"] for row in self.rows("silver.volunteers") if row["team"] == name}

    def values(self, sensitivity: str) -> set[Any]:
        """Every value of the lake's columns that their sources declared text, or identity."""
        found: set[Any] = set()
        for name in set(self.tables) - READ_FROM_TEXT:
            table = self.lake.table(name)
            marked = [
                field.name
                for field in table.schema
                if (field.metadata or {}).get(SENSITIVITY, b"").decode() == sensitivity
            ]
            for column in marked:
                found |= set(table.read([column]).column(0).to_pylist())
        return found - {None}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, sail_session: "Session") -> Iterator[World]:
    home = open_demo_home(tmp_path_factory.mktemp("line") / "home")
    generator = load_generator()
    generator.write_exports(generator.Line(300, until=UNTIL), home.root / EXPORTS)
    assert [run.error for run in ingest.run(home) if run.error] == []
    for root in find_projects(home.pipelines):
        update = run_update(read_project(root, sail_session), home, sail_session)
        assert [event.error for event in update.failed] == []
    assert seed_annotation(home, clock=lambda: UNTIL) > 0
    with Broker(home) as broker:
        yield World(home, broker, Lake(home.lake))


@pytest.mark.parametrize("user", DEMO_USERS)
def test_the_door_lets_through_what_who_can_says(world: World, user: str) -> None:
    url = world.home.database_url
    for name in world.tables:
        columns = world.lake.table(name).schema.names
        with transaction(url) as connection:
            told = {column for column in columns if is_allowed(connection, user, f"{name}.{column}")}
        if user == "otto":  # no purpose is open to him; that he may read nothing is all the same
            assert told == set()
            continue
        seen = world.sees(user, name)
        assert set(columns_of(seen)) == told, name


def columns_of(table: "pa.Table | None") -> list[str]:
    return [] if table is None else list(table.column_names)


def is_allowed(connection: Any, user: str, column: str) -> bool:
    return any(row["principal"] == user and row["allowed"] for row in who_can(connection, "SELECT", column))


@pytest.mark.parametrize("user", ["ana", "dario"])
def test_analysts_and_data_scientists_see_no_text_and_no_identity(world: World, user: str) -> None:
    texts = {text for text in world.values(TEXT) if len(text) > 20}  # "done" is said elsewhere too
    hidden = {TEXT: texts, IDENTITY: world.values(IDENTITY)}
    assert all(len(values) > 100 for values in hidden.values())
    for name in world.tables:
        seen = world.sees(user, name)
        if seen is None:
            continue
        for column in seen.column_names:
            values = {value for value in seen.column(column).to_pylist() if isinstance(value, str)}
            assert not values & hidden[TEXT], f"{name}.{column}"
            assert not values & hidden[IDENTITY], f"{name}.{column}"


def test_an_analyst_counts_people_without_knowing_them(world: World) -> None:
    conversations = world.rows("silver.conversations")
    seen = world.ask("ana", "SELECT texter_key, counselor_id FROM silver.conversations").to_pylist()
    for column in ("texter_key", "counselor_id"):
        real, shown = {row[column] for row in conversations}, {row[column] for row in seen}
        assert len(real) == len(shown)
        assert real & shown <= {None}


def test_hashes_join_across_tables(world: World) -> None:
    text = """SELECT count(*) FROM silver.conversations c JOIN silver.volunteers v ON c.counselor_id = v.volunteer_id"""
    answered = [row for row in world.rows("silver.conversations") if row["counselor_id"] is not None]
    assert world.ask("ana", text).column(0).to_pylist() == [len(answered)]


def test_an_analyst_sees_years_where_the_roster_has_days(world: World) -> None:
    joined = world.ask("ana", "SELECT joined_on, left_on, cohort FROM silver.volunteers").to_pylist()
    assert {(day.month, day.day) for row in joined for day in row.values() if day} == {(1, 1)}
    assert len({row["cohort"] for row in world.rows("silver.volunteers")}) > 5


def test_an_analyst_sees_the_measures_as_they_are(world: World) -> None:
    """No mask reaches further than it should: what is counted from identities is not hashed."""
    gold = [name for name in world.tables if TableName.parse(name).schema == "gold"]
    assert len(gold) == 16
    for name in gold:
        seen = world.sees("ana", name)
        assert seen is not None
        as_it_is = world.lake.table(name).read()
        assert seen.column_names == as_it_is.column_names
        people = ("counselor_id", "person", "volunteer_id")
        measures = [column for column in as_it_is.column_names if column not in people]
        assert rows_of(seen, measures) == rows_of(as_it_is, measures), name


def rows_of(table: "pa.Table", columns: list[str]) -> list[str]:
    return sorted(map(repr, table.select(columns).to_pylist()))


def flagged(world: World) -> set[int]:
    return {row["conversation_id"] for row in world.rows("gold.conversation_flags")}


def test_a_supervisor_sees_the_text_of_flagged_conversations_and_of_those_at_risk_of_the_own_team_only(
    world: World,
) -> None:
    team, marked = world.team(TEAM), flagged(world)
    wanted = {
        row["conversation_id"]
        for row in world.rows("silver.conversations")
        if row["counselor_id"] in {*team, None} and ((row["risk_level"] or 0) >= 3 or row["conversation_id"] in marked)
    }
    assert seen_texts(world, "sam") == texts_of(world, wanted)
    own = {row["conversation_id"] for row in world.rows("silver.conversations") if row["counselor_id"] in team}
    assert marked & own
    assert own - wanted


def test_a_clinician_sees_the_text_of_flagged_conversations_of_every_team_and_of_no_other(world: World) -> None:
    assert seen_texts(world, "clara") == texts_of(world, flagged(world))
    assert {row["conversation_id"] for row in world.rows("silver.messages")} - flagged(world)


def seen_texts(world: World, user: str) -> dict[int, str]:
    rows = world.ask(user, "SELECT message_id, text FROM silver.messages").to_pylist()
    return {row["message_id"]: row["text"] for row in rows}


def texts_of(world: World, conversations: set[int]) -> dict[int, str]:
    rows = world.rows("silver.messages")
    return {row["message_id"]: row["text"] for row in rows if row["conversation_id"] in conversations}


def test_no_word_of_a_conversation_stands_in_labels_and_flags(world: World) -> None:
    """What is declared to be no text is none: the few values that there are come from lists and rules."""
    texts = {text for text in world.values(TEXT) if len(text.split()) > 3}
    assert len(texts) > 100
    for name in READ_FROM_TEXT:
        for column in world.lake.table(name).read().columns:
            values = {value for value in column.to_pylist() if isinstance(value, str)}
            assert not values & texts
            assert len(values) < 200


def test_labels_and_flags_are_of_the_own_team_and_of_conversations_that_nobody_answered(world: World) -> None:
    seen_by = {row["conversation_id"]: row["counselor_id"] for row in world.rows("silver.conversations")}
    team = world.team(TEAM)
    for name in READ_FROM_TEXT:
        shown = set(world.ask("sam", f"SELECT DISTINCT conversation_id FROM {name}").column(0).to_pylist())
        there = {row["conversation_id"] for row in world.rows(name)}
        assert shown == {each for each in there if seen_by.get(each) in {*team, None} and each in seen_by}
        assert shown < there


def test_a_volunteer_sees_the_labels_of_the_own_conversations_and_no_flag(world: World) -> None:
    busiest = max(world.rows("gold.counselor_activity"), key=lambda row: row["conversations"])
    person = next(row for row in world.rows("bronze.volunteers") if row["volunteer_id"] == busiest["counselor_id"])
    name = person["email"].lower()
    add_person(world, name, "volunteers")
    own = {
        row["conversation_id"]
        for row in world.rows("silver.conversations")
        if row["counselor_id"] == person["volunteer_id"]
    }
    labelled = {row["conversation_id"] for row in world.rows("gold.message_labels")}
    text = "SELECT DISTINCT conversation_id FROM gold.message_labels"
    assert set(world.ask(name, text, "volunteer_training").column(0).to_pylist()) == own & labelled
    assert own & labelled
    with pytest.raises(NightlightError, match="there is no table"):
        world.ask(name, "SELECT * FROM gold.conversation_flags", "volunteer_training")


@pytest.mark.parametrize(("user", "team"), [("sam", TEAM), ("sol", OTHER_TEAM)])
def test_a_supervisor_sees_conversations_volunteers_and_shifts_of_the_own_team_only(
    world: World, user: str, team: str
) -> None:
    add_person(world, user, "supervisors", f"team_{team.lower()}")
    members = world.team(team)
    for name, column in (
        ("silver.conversations", "counselor_id"),
        ("silver.volunteers", "volunteer_id"),
        ("silver.shifts", "volunteer_id"),
        ("gold.counselor_activity", "counselor_id"),
    ):
        seen = world.ask(user, f"SELECT {column} FROM {name}", "quality_review").column(0).to_pylist()
        assert sorted(seen) == sorted(row[column] for row in world.rows(name) if row[column] in members)
        assert 0 < len(seen) < len(world.rows(name)) or (team, name) == (TEAM, "silver.shifts")


def test_a_supervisor_sees_no_texters_key(world: World) -> None:
    keys = set(world.ask("sam", "SELECT texter_key FROM silver.conversations").column(0).to_pylist())
    assert keys - {None}
    assert not keys & world.values(IDENTITY)


def test_a_supervisor_without_a_team_sees_no_counselors_conversations(world: World) -> None:
    add_person(world, "sue", "supervisors")
    text = "SELECT DISTINCT conversation_id FROM silver.messages"
    unanswered = {row["conversation_id"] for row in world.rows("silver.conversations") if row["counselor_id"] is None}
    assert set(world.ask("sue", text, "quality_review").column(0).to_pylist()) == unanswered & flagged(world)


def add_person(world: World, name: str, *groups: str) -> None:
    add_principal(world.home.database_url, name, "user", by="test")
    for group in groups:
        add_member(world.home.database_url, name, group, by="test")


def test_a_volunteer_sees_the_own_shifts_and_activity_and_no_conversation(world: World) -> None:
    person = max(world.rows("bronze.volunteers"), key=lambda row: shifts_of(world, row["volunteer_id"]))
    assert shifts_of(world, person["volunteer_id"]) > 0
    add_person(world, person["email"], "volunteers")

    def count(text: str) -> int:
        return int(world.ask(person["email"], text, "volunteer_training").column(0).to_pylist()[0])

    assert count("SELECT count(*) FROM silver.shifts") == shifts_of(world, person["volunteer_id"])
    assert count("SELECT count(*) FROM gold.counselor_activity") == sum(
        row["counselor_id"] == person["volunteer_id"] for row in world.rows("gold.counselor_activity")
    )
    with pytest.raises(NightlightError, match=r"there is no table 'silver.conversations' that you may read"):
        count("SELECT count(*) FROM silver.conversations")


def shifts_of(world: World, volunteer: int) -> int:
    return sum(row["volunteer_id"] == volunteer for row in world.rows("silver.shifts"))


def test_a_volunteer_whom_the_roster_does_not_know_sees_no_shift(world: World) -> None:
    add_person(world, "valentin@example.org", "volunteers")
    shown = world.ask("valentin@example.org", "SELECT count(*) FROM silver.shifts", "volunteer_training")
    assert shown.column(0).to_pylist() == [0]


def test_the_demos_volunteer_is_on_the_roster_and_sees_her_own_rows_alone(world: World) -> None:
    shifts = world.ask("vera", "SELECT count(*) FROM silver.shifts").column(0)[0].as_py()
    assert 0 < shifts < len(world.rows("silver.shifts"))


def test_a_clinician_sees_the_measures_of_quality_labels_flags_and_nothing_else(world: World) -> None:
    seen = {name for name in world.tables if world.sees("clara", name) is not None}
    wanted = QUALITY_TABLES | READ_FROM_TEXT | {"silver.messages"}
    assert {name for name in seen if TableName.parse(name).schema not in ("practice", "quality")} == wanted


def test_the_partner_sees_its_own_rows_and_nothing_else(world: World) -> None:
    for name in world.tables:
        seen = world.sees("lin", name)
        assert (seen is not None) == (name in PARTNER_TABLES), name
        if seen is not None:
            own = [row for row in world.rows(name) if row["partner"] == "lindenruf"]
            assert seen.column("partner").to_pylist() == ["lindenruf"] * len(own)
            assert own, name


def test_the_partner_gets_no_conversation_of_the_line_as_a_member_of_another_group_either(world: World) -> None:
    add_person(world, "leo", "partner_lindenruf", "analysts")
    for name in ("silver.conversations", "silver.conversation_events", "silver.messages"):
        with pytest.raises(NightlightError, match="there is no table"):
            world.ask("leo", f"SELECT * FROM {name}", "improve_service")
    partners = world.ask("leo", "SELECT DISTINCT partner FROM gold.volume_daily", "improve_service")
    assert partners.column(0).to_pylist() == ["lindenruf"]


def test_an_administrator_sees_how_the_platform_does_and_neither_conversations_nor_people(world: World) -> None:
    seen = {name for name in world.tables if world.sees("ada", name) is not None}
    ops = {name for name in world.tables if TableName.parse(name).schema == "ops"}
    assert seen == ops | {"gold.deliveries", "gold.rejected"}, "numbers of rows, for the dashboard data_trust"


def test_whoever_has_no_group_reads_nothing_for_any_purpose(world: World) -> None:
    for purpose in set(PURPOSES.values()):
        with pytest.raises(NightlightError, match=purpose):
            world.ask("otto", "SELECT 1", purpose)


@pytest.mark.parametrize("user", ["ana", "dario", "ada", "lin"])
def test_only_those_who_teach_and_learn_read_for_training(world: World, user: str) -> None:
    with transaction(world.home.database_url) as connection, pytest.raises(NightlightError, match="volunteer_training"):
        check_purpose(connection, user, "volunteer_training")


def test_texts_are_read_by_supervisors_clinicians_and_pipelines_alone(world: World) -> None:
    with transaction(world.home.database_url) as connection:
        readers = {row["principal"] for row in who_can(connection, "SELECT", "silver.messages.text") if row["allowed"]}
    assert readers & set(DEMO_USERS) == {"sam", "clara", "cleo", "chen"}


def test_applying_the_policies_again_changes_nothing(world: World) -> None:
    for file in sorted(world.home.policies.glob("*.sql")):
        applied = apply_policies(world.home, read_statements(file.read_text(), str(file)), by="test")
        assert applied.changed == 0, file.name
        assert applied.unchanged > 0


def test_every_name_in_the_policies_is_one_of_the_lakes(world: World) -> None:
    for file in sorted(Path(world.home.policies).glob("*.sql")):
        assert apply_policies(world.home, read_statements(file.read_text(), str(file)), by="test").notes == ()


def test_two_label_the_demos_set_a_third_decides_and_for_others_it_is_not_there(world: World) -> None:
    seen = {user for user in DEMO_USERS if SET in names_of_sets(world.home, user)}
    assert seen == {*ANNOTATORS, "clara", "cleo", "chen"}
    assert {user for user in seen if decides(world.home, SET, by=user)} == {DECIDER, "clara"}


def names_of_sets(home: Home, user: str) -> list[str]:
    try:
        return [each.name for each in list_sets(home, by=user)]
    except NightlightError:
        return []
