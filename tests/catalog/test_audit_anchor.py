"""Promises of the anchor: it only grows, vouches for nothing that does not verify, and shows what was done to it."""

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nightlight.catalog.audit import Entry, anchor_head, append, verify
from nightlight.errors import NightlightError
from nightlight.settings import Home

ASKED = Entry("query", "ana", "quality", "done")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere" / "anchor"


@pytest.fixture
def home(home: Home, file: Path) -> Home:
    """A home whose audit was anchored at its third and sixth record."""
    file.parent.mkdir()
    for number in range(6):
        append(home, ASKED)
        if number in (2, 5):
            anchor_head(home, file)
    return home


def cut(home: Home, last: int) -> None:
    with closing(sqlite3.connect(home.root / "catalog.db", isolation_level=None)) as connection:
        connection.execute("DELETE FROM audit WHERE sequence > ?", (last,))
        connection.execute(
            "UPDATE audit_head SET sequence = ?1, hash = (SELECT hash FROM audit WHERE sequence = ?1)", (last,)
        )


def test_each_anchoring_adds_a_line_and_changes_none(home: Home, file: Path) -> None:
    before = file.read_text()
    append(home, ASKED)
    anchor = anchor_head(home, file, clock=lambda: NOON)
    assert (anchor.sequence, anchor.at) == (7, NOON)
    assert file.read_text().startswith(before)
    assert file.read_text().count("\n") == 3
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (verify(home, file).ok, verify(home, file).anchored) == (True, 7)


def test_a_quiet_hour_is_anchored_too(home: Home, file: Path) -> None:
    assert anchor_head(home, file).sequence == anchor_head(home, file).sequence == 6
    assert verify(home, file).ok


def test_an_audit_without_a_record_can_be_anchored(tmp_path: Path) -> None:
    home = Home.create(tmp_path / "new")
    file = tmp_path / "anchor"
    assert anchor_head(home, file).sequence == 0
    append(home, ASKED)
    assert anchor_head(home, file).sequence == 1
    assert verify(home, file).ok


@pytest.mark.parametrize("last", [1, 3, 4])
def test_a_cut_audit_is_not_anchored_again(home: Home, file: Path, last: int) -> None:
    cut(home, last)
    before = file.read_bytes()
    for _ in range(5):  # grown over the anchored length, by whoever has the key
        with pytest.raises(NightlightError, match="does not continue what was anchored here") as refused:
            anchor_head(home, file)
        append(home, ASKED)
    assert str(file) in str(refused.value)
    assert file.read_bytes() == before


def test_a_changed_record_is_noticed_when_it_should_be_anchored(home: Home, file: Path) -> None:
    append(home, ASKED)
    with closing(sqlite3.connect(home.root / "catalog.db", isolation_level=None)) as connection:
        connection.execute("UPDATE audit SET principal = 'sam' WHERE sequence = 7")
    with pytest.raises(NightlightError, match="record 7: column 'principal' is not as it was recorded"):
        anchor_head(home, file)


def damage_a_hash(line: str) -> str:
    sequence, at, digest, signature = line.split(" ")
    return f"{sequence} {at} {digest[::-1]} {signature}"


@pytest.mark.parametrize(
    "damage",
    [damage_a_hash, lambda line: line[:-1], lambda line: "9" + line, lambda line: line + " x", lambda line: "é \0"],
)
def test_a_damaged_line_is_reported_and_the_others_still_count(home: Home, file: Path, damage: object) -> None:
    assert callable(damage)
    first, second = file.read_text().splitlines()
    file.write_text(f"{damage(first)}\n{second}\n")
    found = verify(home, file)
    assert (found.ok, found.anchored) == (False, 6)
    assert found.problems == ("line 1 of the anchor is damaged, or of another home",)
    cut(home, 4)
    assert verify(home, file).first_bad == 5


def test_a_line_cut_short_by_a_full_disk_does_not_swallow_the_next(home: Home, file: Path) -> None:
    with file.open("a") as stream:
        stream.write("6 2026-03-01T12")
    anchor_head(home, file)
    found = verify(home, file)
    assert found.problems == ("line 3 of the anchor is damaged, or of another home",)
    assert len(file.read_text().splitlines()) == 4


def test_the_anchor_of_another_home_vouches_for_nothing(home: Home, file: Path, tmp_path: Path) -> None:
    other = Home.create(tmp_path / "other")
    append(other, ASKED)
    assert verify(other).ok
    found = verify(other, file)
    assert (found.ok, found.anchored) == (False, None)


def test_a_missing_anchor_is_an_error(home: Home, tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match="the audit's anchor cannot be read: No such file"):
        verify(home, tmp_path / "nowhere")


@pytest.mark.parametrize("place", ["nowhere/anchor", ""])
def test_an_anchor_that_cannot_be_written_is_an_error(home: Home, file: Path, place: str) -> None:
    with pytest.raises(NightlightError, match="the audit's head cannot be anchored"):
        anchor_head(home, file.parent / place)


def test_several_who_anchor_at_once_write_whole_lines_in_order(home: Home, file: Path) -> None:
    def append_and_anchor(_: int) -> int:
        append(home, ASKED)
        return anchor_head(home, file).sequence

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(append_and_anchor, range(18)))
    sequences = [int(line.split()[0]) for line in file.read_text().splitlines()]
    assert len(sequences) == 20
    assert sequences == sorted(sequences)
    assert verify(home, file).ok
