"""Scripts in use: approved or shipped, the newest of each; drawn so that every kind has its share."""

from dataclasses import replace
from datetime import timedelta

from tests.studio.conftest import NOW, text_of

from nightlight.catalog.history import changing
from nightlight.conversations.corpus import script_files, shipped_corpus
from nightlight.conversations.scripts import read_script
from nightlight.settings import Home
from nightlight.studio.scripts_in_use import draw_scripts, scripts_in_use
from nightlight.studio.versions import Kind, State, Version, insert_version

NAME = "exam-week-sleepless--skilled1"


def put(home: Home, number: int, state: State, **other: object) -> None:
    version = Version(NAME, number, Kind.SCRIPT, state, text_of(NAME), (), (), "", "", NOW, NOW)
    with changing(home.database_url) as connection:
        insert_version(connection, replace(version, **other))  # type: ignore[arg-type]


def test_the_newest_in_use_is_taken_and_no_draft(studio: Home) -> None:
    put(studio, 1, State.STARTER)
    put(studio, 2, State.APPROVED, source=text_of(NAME).replace("outcome: end", "outcome: supervisor"))
    put(studio, 3, State.DRAFT)
    assert [(each.id, each.outcome) for each in scripts_in_use(studio, NOW)] == [(NAME, "supervisor")]


def test_what_is_retired_or_past_its_date_is_not_in_use(studio: Home) -> None:
    put(studio, 1, State.RETIRED)
    put(studio, 2, State.APPROVED, expires_at=NOW - timedelta(days=1))
    assert scripts_in_use(studio, NOW) == []


def test_each_way_to_go_and_to_end_has_its_share() -> None:
    every = [read_script(file) for file in script_files(shipped_corpus())[:60]]
    kinds = {(each.quality, each.outcome) for each in every}
    drawn = draw_scripts(every, len(kinds), "pilot")
    assert {(each.quality, each.outcome) for each in drawn} == kinds
    assert draw_scripts(every, len(kinds), "pilot") == drawn
    assert sorted(each.id for each in draw_scripts(every, 99, "x")) == sorted(each.id for each in every)
