"""Promises of the practice tables: each ended session once, nothing of stopped ones, erased when asked to."""

import pytest
from tests.practice.conftest import CARD, SECRET, Clock, Play

from nightlight.catalog.audit import tail
from nightlight.db import transaction
from nightlight.lakehouse import commit
from nightlight.lakehouse.tables import IDENTITY, SENSITIVITY, TEXT, Lake
from nightlight.practice import columns, efficacy, sessions, tables
from nightlight.practice.cohorts import make_cohort
from nightlight.practice.corrections import correct_acts
from nightlight.settings import Home
from nightlight.simulator.feedback import Mode
from nightlight.simulator.session import Said


def rows(home: Home, name: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = Lake(home.lake).table(f"practice.{name}").read().to_pylist()
    return found


def test_an_ended_session_enters_once_with_all_it_was(anywhere: Home, clock: Clock, play: Play) -> None:
    practice = play(anywhere, "ana")
    assert tables.publish(anywhere).sessions == 1
    assert tables.publish(anywhere) == tables.Published(0, ())
    (row,) = rows(anywhere, "sessions")
    assert (row["session"], row["person"], row["messages"], row["is_played"]) == (practice.id, "ana", 1, True)
    said = [each for each in rows(anywhere, "messages") if each["author"] == "counselor"]
    assert [each["text"] for each in said] == [SECRET]
    assert {each["turn"] for each in rows(anywhere, "turns")} == {0, 1, 2}
    assert rows(anywhere, "acts")
    assert rows(anywhere, "rubric_items")
    assert all(each["is_played"] for name in columns.APPENDED for each in rows(anywhere, name))


def test_running_and_stopped_sessions_are_in_no_table(people: Home, clock: Clock) -> None:
    for person in ("ana", "ben"):
        practice = sessions.begin(people, person, CARD, mode=Mode.NUDGE, clock=clock)
        sessions.record(people, practice, Said(9.0, SECRET), key="a", clock=clock)
    sessions.stop(people, practice, clock=clock)
    tables.publish(people)
    assert not any(rows(people, name) for name in columns.APPENDED)


def test_a_publication_that_was_cut_off_is_completed_and_doubles_nothing(
    people: Home, clock: Clock, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(people, "ana")
    done = 0

    def write_two(*args: object, **options: object) -> object:
        nonlocal done
        if options["transactions"]:
            done += 1
            if done > 2:
                raise KeyboardInterrupt
        return commit.write(*args, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as cut:
        cut.setattr(tables, "write", write_two)
        with pytest.raises(KeyboardInterrupt):
            tables.publish(people)
    assert rows(people, "sessions")
    assert not rows(people, "acts")
    play(people, "ben")
    tables.publish(people)
    assert sorted(str(row["person"]) for row in rows(people, "sessions")) == ["ana", "ben"]
    assert {row["person"] for row in rows(people, "acts")} == {"ana", "ben"}


def test_what_may_change_is_written_anew_only_when_it_did(people: Home, clock: Clock, play: Play) -> None:
    make_cohort(people, "A", ["ana"], by="sam", clock=clock)
    practice = play(people, "ana")
    efficacy.record_efficacy(people, "ana", efficacy.BEFORE, dict.fromkeys(efficacy.TASKS, 4), clock=clock)
    tables.publish(people)
    correct_acts(people, practice, 1, ["feeling"], "it names a feeling", by="sam", clock=clock)
    assert tables.publish(people).tables == ("corrections",)
    assert rows(people, "corrections")[0]["after"] == '["feeling"]'
    assert len(rows(people, "self_efficacy")) == len(efficacy.TASKS)
    assert rows(people, "cohort_members")[0]["trainer"] == "sam"


def test_text_and_people_are_marked_in_every_table(people: Home) -> None:
    tables.make_tables(people)
    for name in columns.COLUMNS:
        schema = Lake(people.lake).table(f"practice.{name}").schema
        marked = {field.name: (field.metadata or {}).get(SENSITIVITY, b"").decode() for field in schema}
        assert all(marked[column] == IDENTITY for column in marked if column in ("person", "trainer", "corrected_by"))
        assert marked.get("text", TEXT) == TEXT
        assert all((field.metadata or {}).get(b"comment") for field in schema)


def test_an_erased_person_is_nowhere_and_others_stay(anywhere: Home, clock: Clock, play: Play) -> None:
    make_cohort(anywhere, "A", ["ana", "ben"], by="sam", clock=clock)
    play(anywhere, "ana")
    play(anywhere, "ben")
    tables.publish(anywhere)
    assert tables.erase_person(anywhere, "ana", by="ada") == 1
    assert tail(anywhere, 1)[0]["action"] == "erase practice"
    tables.publish(anywhere)
    for name, known in columns.COLUMNS.items():
        if "person" in known:
            assert {row["person"] for row in rows(anywhere, name)} <= {"ben"}, name
    assert len(rows(anywhere, "sessions")) == 1
    with transaction(anywhere.database_url) as connection:
        from sqlalchemy import inspect, text

        for table in inspect(connection).get_table_names():
            held = {column["name"] for column in inspect(connection).get_columns(table)}
            if table.startswith("practice_") and "person" in held:
                query = text(f"SELECT count(*) FROM {table} WHERE person = 'ana'")
                assert connection.execute(query).scalar_one() == 0, table
    files = [file.read_bytes() for file in (anywhere.lake / "practice" / "sessions").glob("*.parquet")]
    assert not any(b"ana" in file for file in files), "not in the files of older versions either"


def test_after_an_erasure_new_sessions_enter_again(people: Home, clock: Clock, play: Play) -> None:
    play(people, "ana")
    tables.publish(people)
    tables.erase_person(people, "ana", by="ada")
    play(people, "ben")
    assert tables.publish(people).sessions == 1
    assert [row["person"] for row in rows(people, "sessions")] == ["ben"]
