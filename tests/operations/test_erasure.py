"""Promises of erasure: the owner's traces are gone from tables, files, queue and sets; a colleague's and a stranger's
conversations stay as they are, and the pipelines go on."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.quality.conftest import a_flag, take_in

from nightlight.catalog.audit import tail
from nightlight.catalog.policies import apply_statements
from nightlight.catalog.statements import read_statements
from nightlight.conversations.labels import Author
from nightlight.db import insert_row, rows_of, transaction
from nightlight.errors import NightlightError
from nightlight.ingestion import ingest
from nightlight.lakehouse.erasing import Rows, erase_rows
from nightlight.lakehouse.lock import run_lock
from nightlight.lakehouse.tables import Lake, Table
from nightlight.operations import erasure
from nightlight.operations.erasure import erase_texter
from nightlight.pipelines.engines.session import Session
from nightlight.pipelines.plan import Selection
from nightlight.pipelines.project import read_project
from nightlight.pipelines.update import run_update
from nightlight.quality.access import Reach
from nightlight.quality.annotation.sets import make_consented_set
from nightlight.quality.corrections import correct
from nightlight.quality.events import Event
from nightlight.quality.live import take_event
from nightlight.quality.reviews import confirm
from nightlight.quality.store import flags_of
from nightlight.quality.tables import publish
from nightlight.settings import Home
from nightlight.sql.broker import Broker

NOW = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
POLICIES = """
CREATE GROUP clinicians; ADD USER mia TO GROUP clinicians; ADD USER max TO GROUP clinicians;
CREATE GROUP supervisors; ADD USER sam TO GROUP supervisors;
CREATE PURPOSE quality_review OF quality 'Look at how conversations went';
ALLOW PURPOSE quality_review TO clinicians; ALLOW PURPOSE quality_review TO supervisors;
GRANT EXECUTE ON APP quality TO clinicians; GRANT EXECUTE ON APP quality TO supervisors;
GRANT MANAGE ON APP quality TO clinicians;
GRANT USE SCHEMA ON SCHEMA silver TO clinicians; GRANT SELECT ON SCHEMA silver TO clinicians;
GRANT SELECT (text) ON TABLE silver.messages TO clinicians;
"""
EVENTS = """kind = "jsonl"
path = "events/*.jsonl"
table = "bronze.conversation_events"
[columns.event_id]
type = "bigint"
required = true
[columns.conversation_id]
type = "bigint"
required = true
[columns.texter_key]
type = "string"
sensitivity = "identity"
"""
PARTNER = """kind = "jsonl"
path = "partner/*.jsonl"
table = "bronze.partner_cases"
[columns.case]
type = "bigint"
required = true
"""
MESSAGES = """kind = "jsonl"
path = "messages/*.jsonl"
table = "bronze.messages"
[columns.message_id]
type = "bigint"
required = true
[columns.conversation_id]
type = "bigint"
required = true
[columns.text]
type = "string"
required = true
sensitivity = "text"
"""
PROJECT = "name: small\nlibraries:\n  - glob:\n      include: transformations/**\n"
DATASETS = """
CREATE STREAMING TABLE silver.messages AS
SELECT message_id, conversation_id, text FROM STREAM bronze.messages;
CREATE STREAMING TABLE silver.conversation_events AS
SELECT event_id, conversation_id, texter_key FROM STREAM bronze.conversation_events;
CREATE MATERIALIZED VIEW silver.conversations TBLPROPERTIES ('refresh.key' = 'conversation_id') AS
SELECT conversation_id, max(texter_key) AS texter_key FROM silver.conversation_events GROUP BY conversation_id;
CREATE MATERIALIZED VIEW gold.message_labels TBLPROPERTIES ('refresh.key' = 'conversation_id') AS
SELECT conversation_id, message_id, length(text) AS risk FROM silver.messages;
CREATE MATERIALIZED VIEW gold.conversation_flags TBLPROPERTIES ('refresh.key' = 'conversation_id') AS
SELECT conversation_id, count(*) AS messages FROM silver.messages GROUP BY conversation_id;
CREATE MATERIALIZED VIEW gold.volume AS SELECT count(*) AS conversations FROM silver.conversations;
"""
KEYS = {1: "owner", 2: "owner", 3: "colleague", 4: "stranger"}
SAID = {1: "my name is on this one", 2: "its me again", 3: "a colleague wrote this", 4: "a stranger wrote this"}
OWNERS = {"1", "2", "live-owner"}
MIA = Reach("mia", all=True)


def clock() -> datetime:
    return NOW


def deliver(home: Home, folder: str, rows: list[dict[str, Any]]) -> None:
    (home.root / folder).mkdir(exist_ok=True)
    file = home.root / folder / f"{len(list((home.root / folder).iterdir()))}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def engine(sail_session: Session, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Erasure uses the tests' one engine: starting another takes a second each time."""
    monkeypatch.setattr(erasure, "open_session", lambda *_, **__: sail_session)
    return sail_session


def update(home: Home, engine: Session, selection: Selection | None = None) -> list[str | None]:
    project = read_project(home.pipelines / "small", engine)
    return [event.error for event in run_update(project, home, engine, selection).events if event.error]


@pytest.fixture
def line(home: Home, engine: Session) -> Home:
    """Four conversations in every layer, the owner's two in one delivery with the others'; all of them in quality."""
    apply_statements(home.database_url, list(read_statements(POLICIES, "x.sql")), by="setup")
    (home.sources / "events.toml").write_text(EVENTS)
    (home.sources / "messages.toml").write_text(MESSAGES)
    (home.sources / "partner.toml").write_text(PARTNER)
    deliver(home, "partner", [{"case": None, "age": 1}])
    folder = home.pipelines / "small" / "transformations"
    folder.mkdir(parents=True)
    (folder.parent / "spark-pipeline.yml").write_text(PROJECT)
    (folder / "1.sql").write_text(DATASETS)
    deliver(home, "events", [{"event_id": n, "conversation_id": n, "texter_key": KEYS[n]} for n in KEYS])
    rows = [{"message_id": 10 * n, "conversation_id": n, "text": SAID[n]} for n in KEYS]
    broken = [{"message_id": None, "conversation_id": n, "text": SAID[n]} for n in KEYS]
    deliver(home, "messages", [*rows, *broken])
    ingest.run(home)
    assert update(home, engine) == []
    _in_quality(home)
    return home


def _in_quality(home: Home) -> None:
    for conversation in ("1", "3", "4"):
        take_in(home, conversation, "v1", NOW - timedelta(hours=2), a_flag("no_closing"))
    for whose in ("owner", "stranger"):
        said = Event(f"live-{whose}", "m1", Author.TEXTER, f"hello from the {whose}", NOW - timedelta(minutes=5))
        take_event(home, said, clock=clock)
    for conversation in ("1", "3"):
        with transaction(home.database_url) as connection:
            flag = flags_of(connection, conversation)[0].id
            drawn = {"conversation": conversation, "sample": 1, "kinds": "[]"}
            insert_row(connection, "quality_sampled", drawn)
        confirm(home, flag, "seen", 60.0, by=MIA, clock=clock)
    for conversation in ("live-owner", "live-stranger"):
        correct(home, conversation, "m1", "risk", 1, "a plain sign of it", by=MIA, clock=clock)
    with transaction(home.database_url) as connection:
        values = {"drawn_by": "mia", "drawn_at": NOW, "since": NOW, "open_until": NOW + timedelta(days=9)}
        insert_row(connection, "quality_samples", values)
    file = home.root / "consented.jsonl"
    people = [{"author": "texter", "text": "one line"}]
    file.write_text("".join(json.dumps({"id": n, "consent": True, "messages": people}) + "\n" for n in ("1", "3", "4")))
    make_consented_set(home, "pilot", file, purpose="quality_review", annotators=["sam", "max"], by="mia", clock=clock)
    publish(home, clock=clock)


def erase(home: Home) -> erasure.Erased:
    return erase_texter(home, "owner", conversations=["live-owner"], by="ada", clock=clock)


def lake_rows(home: Home) -> dict[str, set[str]]:
    """Every Parquet file there is, of older versions too: table -> its values of conversation and person."""
    found: dict[str, set[str]] = {}
    for file in home.lake.glob("*/*/*.parquet"):
        for row in pq.read_table(file).to_pylist():
            kept = {str(row[name]) for name in ("conversation_id", "conversation", "texter_key", "row") if name in row}
            found.setdefault(f"{file.parts[-3]}.{file.parts[-2]}", set()).update(kept)
    return found


def database_rows(home: Home) -> Iterator[tuple[str, str]]:
    """(table, conversation) of everything that quality keeps."""
    tables = ("cases", "messages", "flags", "corrections", "openings", "sampled", "calls")
    with transaction(home.database_url) as connection:
        for table in tables:
            yield from ((table, row["conversation"]) for row in rows_of(connection, f"quality_{table}", "1"))
        held = rows_of(connection, "annotation_conversations", "1")
        yield from (("annotation", row["conversation"]) for row in held)


def test_the_owners_conversations_are_gone_from_every_table_and_file_and_the_others_stay(line: Home) -> None:
    before = lake_rows(line)
    layers = ("bronze.messages", "silver.messages", "gold.message_labels", "gold.conversation_flags")
    assert all({"1", "2", "3", "4"} <= before[name] for name in layers)
    assert any('"conversation_id": 1' in row for row in before["quarantine.bronze_messages"])
    erased = erase(line)
    after = lake_rows(line)
    assert erased.conversations == 3
    assert erased.rows["gold.message_labels"] == 2
    assert all(after[name] == {"3", "4"} for name in layers)
    assert not {"1", "2", "owner", "live-owner"} & set().union(*after.values())
    assert {row.split('"conversation_id": ')[1][0] for row in after["quarantine.bronze_messages"]} == {"3", "4"}
    assert {"3", "4", "colleague", "stranger"} <= set().union(*after.values())
    assert after["quarantine.bronze_partner_cases"] == before["quarantine.bronze_partner_cases"], "1 is an age there"


def test_they_are_gone_from_the_queue_reviews_corrections_samples_and_sets(line: Home) -> None:
    before = set(database_rows(line))
    assert {("cases", "1"), ("sampled", "1"), ("annotation", "1"), ("corrections", "live-owner")} <= before
    erase(line)
    after = set(database_rows(line))
    assert after == {(table, conversation) for table, conversation in before if conversation not in OWNERS}
    published = {name: Lake(line.lake).table(f"quality.{name}").read() for name in ("flags", "reviews", "samples")}
    assert all(set(table["conversation"].to_pylist()) <= {"3", "4", "live-stranger"} for table in published.values())
    assert published["reviews"].num_rows == 1


def files_with(home: Home, *words: str) -> set[str]:
    """The files of a home that hold one of these words, but for those that others delivered, which they delete."""
    delivered = {"events", "messages", "consented.jsonl"}
    files = [file for file in home.root.rglob("*") if file.is_file()]
    ours = [file for file in files if file.relative_to(home.root).parts[0] not in delivered]
    return {file.name for file in ours if any(word.encode() in file.read_bytes() for word in words)}


def test_no_word_of_theirs_is_left_in_any_file_of_the_home(line: Home) -> None:
    with Broker(line) as broker:
        query = "SELECT text FROM silver.messages"
        assert broker.sql(query, principal="mia", purpose="quality_review").table.num_rows == 4
        words = (SAID[1], SAID[2], "hello from the owner")
        assert any(name.startswith("catalog.db") for name in files_with(line, *words))
        assert any(name.endswith(".duckdb") for name in files_with(line, *words))
        erase(line)
        assert files_with(line, *words) == set()
        left = broker.sql(query, principal="mia", purpose="quality_review").table.column("text").to_pylist()
    assert sorted(left) == [SAID[3], SAID[4]]
    assert files_with(line, *words) == set()
    assert files_with(line, "hello from the stranger")


def test_pipelines_go_on_and_a_full_refresh_finds_nothing_again(line: Home, engine: Session) -> None:
    erase(line)
    deliver(line, "events", [{"event_id": 9, "conversation_id": 5, "texter_key": "stranger"}])
    deliver(line, "messages", [{"message_id": 90, "conversation_id": 5, "text": "one more"}])
    ingest.run(line)
    assert update(line, engine) == []
    lake = Lake(line.lake)
    assert set(lake.table("gold.message_labels").read()["conversation_id"].to_pylist()) == {3, 4, 5}
    assert lake.table("gold.volume").read()["conversations"].to_pylist() == [3]
    assert update(line, engine, Selection(full_all=True)) == []
    again = Lake(line.lake).table("silver.messages").read()["conversation_id"].to_pylist()
    assert sorted(again) == [3, 4, 5]


def test_what_was_delivered_and_not_read_yet_is_read_before_and_not_lost(line: Home, engine: Session) -> None:
    deliver(line, "messages", [{"message_id": 91, "conversation_id": n, "text": "late"} for n in (1, 3)])
    ingest.run(line)
    erase(line)
    assert update(line, engine) == []
    table = Lake(line.lake).table("silver.messages").read()
    assert sorted(table["conversation_id"].to_pylist()) == [3, 3, 4]


def test_stopped_half_way_the_same_call_does_the_rest(line: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    real = erase_rows
    done: list[str] = []

    def stop(table: Table, rows: Rows) -> int:
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(str(table.name))
        return real(table, rows)

    monkeypatch.setattr(erasure, "erase_rows", stop)
    with pytest.raises(KeyboardInterrupt):
        erase(line)
    monkeypatch.setattr(erasure, "erase_rows", real)
    erase_texter(line, "owner", by="ada", clock=clock)
    assert not {"1", "2", "owner"} & set().union(*lake_rows(line).values())


def test_a_key_that_nobody_has_is_said_and_nothing_changes(line: Home) -> None:
    before = lake_rows(line)
    with pytest.raises(NightlightError, match="no conversation of this texter"):
        erase_texter(line, "ownr", by="ada", clock=clock)
    assert lake_rows(line) == before


def test_the_audit_has_who_erased_and_neither_key_nor_words(line: Home) -> None:
    erase(line)
    records = [record for record in tail(line, limit=50) if record["action"] == "erase texter"]
    assert [(record["principal"], record["rows"]) for record in records] == [("ada", 3)]
    assert "owner" not in str(records)


def test_nothing_is_erased_while_rows_are_being_taken(line: Home) -> None:
    with run_lock(line.root, "ingestion"), pytest.raises(NightlightError, match="another ingestion is running"):
        erase(line)
    assert {"1", "2"} <= lake_rows(line)["bronze.messages"]
