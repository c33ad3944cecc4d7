"""Promises of the audit's chain: whatever is changed in it is found, and nothing is found in what nobody changed."""

import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nightlight.catalog.audit import Entry, anchor_head, append, verify
from nightlight.catalog.audit_chain import COLUMNS, GENESIS, link, searchable
from nightlight.errors import NightlightError
from nightlight.settings import Home

RECORDS, TAMPERINGS, UNTOUCHED = 30, 500, 200
LETTERS = "abc é ñ ß 日本 😀 \n\t\r\0\"'\\{}[]:,%_;-- \u202e\x1b\udce9"
STORED = f"{', '.join(COLUMNS)}, record, hash"


def dice_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  # the same every time, on purpose


def random_text(dice: random.Random, longest: int = 60) -> str:
    return "".join(dice.choices(LETTERS, k=dice.randrange(longest)))


def random_entry(dice: random.Random) -> Entry:
    return Entry(
        action=dice.choice(["query", "grant", "erase", random_text(dice)]),
        principal=dice.choice(["ana", "sam", "lin", random_text(dice)]),
        purpose=dice.choice([None, "quality", "care", ""]),
        outcome=dice.choice(["done", "refused", "failed"]),
        statement=random_text(dice, dice.choice([1, 100, 5_000])),
        fingerprint=f"{dice.getrandbits(64):x}",
        tables=tuple(random_text(dice, 12) for _ in range(dice.randrange(4))),
        columns=tuple(random_text(dice, 12) for _ in range(dice.randrange(4))),
        versions={random_text(dice, 8): dice.randrange(10**6) for _ in range(dice.randrange(3))},
        rows=dice.choice([None, 0, dice.randrange(10**9)]),
        detail=random_text(dice),
        seconds=dice.choice([None, 0.0, dice.random() * 10]),
    )


class Intruder:
    """Somebody who can write the database, and, where a tampering says so, has stolen the key."""

    def __init__(self, connection: sqlite3.Connection, key: bytes, dice: random.Random) -> None:
        self.connection, self.key, self.dice = connection, key, dice

    @property
    def any(self) -> int:
        return self.dice.randint(1, RECORDS)

    def do(self, statement: str, *values: object) -> None:
        self.connection.execute(statement, values)

    def read(self, sequence: int) -> dict[str, object]:
        [[record]] = self.connection.execute("SELECT record FROM audit WHERE sequence = ?", (sequence,))
        found: dict[str, object] = json.loads(record)
        return found

    def hash_of(self, sequence: int) -> str:
        if sequence == 0:
            return GENESIS.hash
        [[found]] = self.connection.execute("SELECT hash FROM audit WHERE sequence = ?", (sequence,))
        return str(found)

    def write(self, record: dict[str, object], previous: str, key: bytes, place: int | None = None) -> str:
        """Put a record in, replacing the one of that sequence; its hash."""
        written = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        new = link(key, previous, written)
        values = {**searchable(record), "sequence": place or record["sequence"]}
        self.do(f"REPLACE INTO audit ({STORED}) VALUES ({','.join('?' * 10)})", *values.values(), written, new)
        return new

    def set_head(self, sequence: int) -> None:
        self.do("UPDATE audit_head SET sequence = ?, hash = ?", sequence, self.hash_of(sequence))

    def cut(self, last: int) -> None:
        self.do("DELETE FROM audit WHERE sequence > ?", last)

    def rewrite(self, first: int, last: int, key: bytes) -> None:
        """Make a chain of other records from `first` to `last`, without a flaw if the key is the right one."""
        previous = self.hash_of(first - 1)
        for sequence in range(first, last + 1):
            record = {**self.read(min(sequence, RECORDS)), "sequence": sequence, "principal": f"forged {sequence}"}
            previous = self.write(record, previous, key)
        self.cut(last)
        self.set_head(last)


def edit_a_column(by: Intruder) -> None:
    column = by.dice.choice(COLUMNS[1:])
    value = by.dice.choice(["", "somebody else", "0", "zz", b"zz"])
    by.do(f"UPDATE audit SET {column} = ? WHERE sequence = ? AND {column} IS NOT ?", value, (place := by.any), value)
    if by.connection.execute("SELECT changes()").fetchone() == (0,):
        by.do(f"UPDATE audit SET {column} = 'another' WHERE sequence = ?", place)


def renumber(by: Intruder) -> None:
    by.do("UPDATE audit SET sequence = sequence + ? WHERE sequence = ?", by.dice.choice([-999, 999, 2**40]), by.any)


def edit_the_record(by: Intruder) -> None:
    place = by.any
    field = by.dice.choice(["principal", "statement", "detail", "purpose", "os_user", "host", "outcome"])
    text = json.dumps({**by.read(place), field: "another"}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    by.do("UPDATE audit SET record = ? WHERE sequence = ?", text, place)


def edit_one_byte_of_the_record(by: Intruder) -> None:
    place = by.any
    [[text]] = by.connection.execute("SELECT record FROM audit WHERE sequence = ?", (place,))
    cut = by.dice.randrange(len(text))
    by.do(
        "UPDATE audit SET record = ? WHERE sequence = ?",
        text[:cut] + by.dice.choice(["", "X"]) + text[cut + 1 :],
        place,
    )


def spell_the_record_otherwise(by: Intruder) -> None:
    place = by.any
    by.do("UPDATE audit SET record = ? WHERE sequence = ?", json.dumps(by.read(place), indent=1), place)


def edit_the_record_and_its_columns(by: Intruder) -> None:
    place = by.any
    record = {**by.read(place), by.dice.choice(["principal", "outcome", "at"]): "2026-01-01T00:00:00.000000+00:00"}
    hash_before = by.hash_of(place)
    by.write(record, by.hash_of(place - 1), b"no key")
    if by.dice.random() < 0.5:
        by.do("UPDATE audit SET hash = ? WHERE sequence = ?", hash_before, place)


def destroy_the_record(by: Intruder) -> None:
    value = by.dice.choice(["", "null", "[]", "5", "[" * 100_000, "{", b"\xff\xfe", '{"at":"2026-01-01"}', "9" * 9_999])
    by.do("UPDATE audit SET record = ? WHERE sequence = ?", value, by.any)


def destroy_the_text(by: Intruder) -> None:
    column = by.dice.choice(["record", "principal", "hash"])
    by.do(f"UPDATE audit SET {column} = CAST(x'fffe' AS TEXT) WHERE sequence = ?", by.any)


def edit_a_hash(by: Intruder) -> None:
    value = by.dice.choice(["", "0" * 64, f"{by.dice.getrandbits(256):064x}", b"\0" * 32])
    by.do("UPDATE audit SET hash = ? WHERE sequence = ?", value, by.any)


def delete_a_record(by: Intruder) -> None:
    by.do("DELETE FROM audit WHERE sequence = ?", by.any)


def delete_several(by: Intruder) -> None:
    by.do("DELETE FROM audit WHERE sequence BETWEEN ? AND ?", first := by.any, first + 5)


def delete_and_close_the_gap(by: Intruder) -> None:
    place = by.dice.randint(1, RECORDS - 1)
    by.do("DELETE FROM audit WHERE sequence = ?", place)
    for sequence in range(place + 1, RECORDS + 1):
        by.do("UPDATE audit SET sequence = sequence - 1 WHERE sequence = ?", sequence)
    by.set_head(RECORDS - 1)


def swap_two(by: Intruder) -> None:
    one, other = by.dice.sample(range(1, RECORDS + 1), 2)
    for old, new in ((one, -1), (other, one), (-1, other)):
        by.do("UPDATE audit SET sequence = ? WHERE sequence = ?", new, old)


def append_a_copy(by: Intruder) -> None:
    others = ", ".join([*COLUMNS[1:], "record", "hash"])
    by.do(f"INSERT INTO audit SELECT ?, {others} FROM audit WHERE sequence = ?", RECORDS + 1, by.any)
    if by.dice.random() < 0.7:
        by.set_head(RECORDS + 1)


def fork(by: Intruder) -> None:
    """Two records of one sequence, or records of none, in a table that no longer forbids it."""
    by.do("CREATE TABLE other AS SELECT * FROM audit")
    by.do("DROP TABLE audit")
    by.do("ALTER TABLE other RENAME TO audit")
    sequence = by.dice.choice([by.any, RECORDS, None, "x", 0, -4])
    others = ", ".join([*COLUMNS[1:], "record", "hash"])
    by.do(f"INSERT INTO audit SELECT ?, {others} FROM audit WHERE sequence = ?", sequence, by.any)


def insert_without_the_key(by: Intruder) -> None:
    record = {**by.read(by.any), "sequence": RECORDS + 1, "principal": "sam"}
    by.write(record, by.hash_of(RECORDS), by.dice.randbytes(32))
    by.set_head(RECORDS + 1)


def rewrite_without_the_key(by: Intruder) -> None:
    by.rewrite(by.any, RECORDS, by.dice.randbytes(32))


def cut_and_leave_the_head(by: Intruder) -> None:
    by.cut(by.dice.randint(0, RECORDS - 1))


def move_the_head(by: Intruder) -> None:
    by.do("UPDATE audit_head SET sequence = ?", by.dice.choice([0, RECORDS - 1, RECORDS + 1, "x", -1]))


def edit_the_head(by: Intruder) -> None:
    by.do("UPDATE audit_head SET hash = ?", by.dice.choice([by.hash_of(RECORDS - 1), "", GENESIS.hash]))


def roll_the_head_back(by: Intruder) -> None:
    by.set_head(by.dice.randint(1, RECORDS - 1))


def remove_the_head(by: Intruder) -> None:
    by.do("DELETE FROM audit_head")


def cut_the_end(by: Intruder) -> None:
    last = by.dice.randint(0, RECORDS - 1)
    by.cut(last)
    by.set_head(last)


def rewrite_with_the_key(by: Intruder) -> None:
    by.rewrite(by.any, RECORDS, by.key)


def rewrite_shorter_with_the_key(by: Intruder) -> None:
    last = by.dice.randint(1, RECORDS - 1)
    by.rewrite(by.dice.randint(1, last), last, by.key)


def rewrite_longer_with_the_key(by: Intruder) -> None:
    by.rewrite(by.any, RECORDS + 5, by.key)


FOUND_BY_THE_CHAIN: list[Callable[[Intruder], None]] = [
    edit_a_column,
    renumber,
    edit_the_record,
    edit_one_byte_of_the_record,
    spell_the_record_otherwise,
    edit_the_record_and_its_columns,
    destroy_the_record,
    destroy_the_text,
    edit_a_hash,
    delete_a_record,
    delete_several,
    delete_and_close_the_gap,
    swap_two,
    append_a_copy,
    fork,
    insert_without_the_key,
    rewrite_without_the_key,
    cut_and_leave_the_head,
    move_the_head,
    edit_the_head,
    roll_the_head_back,
    remove_the_head,
]
FOUND_BY_THE_ANCHOR = [cut_the_end, rewrite_with_the_key, rewrite_shorter_with_the_key, rewrite_longer_with_the_key]


@pytest.fixture
def anchor(home: Home) -> Path:
    return home.root.parent / "elsewhere"


@pytest.fixture
def connection(home: Home) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(home.root / "catalog.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        yield connection


def fill(home: Home, anchor: Path) -> None:
    """A chain with four anchors, the last at its end."""
    dice = dice_of(1)
    for number in range(1, RECORDS + 1):
        append(home, random_entry(dice))
        if number in (1, 10, 20, RECORDS):
            anchor_head(home, anchor)


def test_five_hundred_tamperings_are_all_found(home: Home, anchor: Path, connection: sqlite3.Connection) -> None:
    fill(home, anchor)
    assert verify(home, anchor).ok
    kinds = FOUND_BY_THE_CHAIN + FOUND_BY_THE_ANCHOR
    missed = []
    with closing(sqlite3.connect(":memory:")) as untouched:
        connection.backup(untouched)
        for number in range(TAMPERINGS):
            dice = dice_of(number)
            kind = kinds[number % len(kinds)]
            kind(Intruder(connection, home.key("audit"), dice))
            found = verify(home, anchor)
            if found.ok or not found.problems:
                missed.append(f"{number}: {kind.__name__}")
            if verify(home).ok != (kind in FOUND_BY_THE_ANCHOR):
                missed.append(f"{number}: {kind.__name__} without the anchor")
            untouched.backup(connection)
            assert verify(home, anchor).ok, kind.__name__
    assert missed == []


def test_two_hundred_untouched_chains_raise_no_alarm(home: Home, anchor: Path, connection: sqlite3.Connection) -> None:
    alarms = []
    for number in range(UNTOUCHED):
        dice = dice_of(number)
        written = dice.randint(1, 8)
        for _ in range(written):
            append(home, random_entry(dice))
            if dice.random() < 0.3:
                anchor_head(home, anchor)
        found = verify(home, anchor if anchor.exists() else None)
        if (found.ok, found.records, found.problems, found.notes) != (True, written, (), ()):
            alarms.append((number, found))
        connection.execute("DELETE FROM audit")
        connection.execute("UPDATE audit_head SET sequence = 0, hash = ?", (GENESIS.hash,))
        anchor.unlink(missing_ok=True)
    assert alarms == []


def tampered(home: Home, anchor: Path, connection: sqlite3.Connection, kind: Callable[[Intruder], None]) -> Intruder:
    fill(home, anchor)
    by = Intruder(connection, home.key("audit"), dice_of(5))
    kind(by)
    return by


def test_the_first_bad_record_is_named(home: Home, anchor: Path, connection: sqlite3.Connection) -> None:
    def edit(by: Intruder) -> None:
        for place in (12, 25):
            by.do("UPDATE audit SET principal = 'sam or who' WHERE sequence = ?", place)

    tampered(home, anchor, connection, edit)
    found = verify(home)
    assert (found.first_bad, found.records) == (12, RECORDS)
    assert found.problems == (
        "record 12: column 'principal' is not as it was recorded",
        "record 25: column 'principal' is not as it was recorded",
    )


def test_a_gap_is_one_problem_and_not_a_thousand(home: Home, anchor: Path, connection: sqlite3.Connection) -> None:
    tampered(home, anchor, connection, lambda by: by.do("DELETE FROM audit WHERE sequence BETWEEN 8 AND 11"))
    found = verify(home, anchor)
    assert found.first_bad == 8
    assert found.problems == ("records 8 to 11 are missing",)


def test_a_cut_end_is_named_by_the_anchor(home: Home, anchor: Path, connection: sqlite3.Connection) -> None:
    def cut(by: Intruder) -> None:
        by.cut(21)
        by.set_head(21)

    tampered(home, anchor, connection, cut)
    assert verify(home).ok, "the chain alone cannot know"
    found = verify(home, anchor)
    assert (found.first_bad, found.anchored) == (22, RECORDS)
    assert found.problems[0].startswith("records 22 to 30 are missing: they were anchored on 20")


def test_a_rewritten_past_is_named_by_the_first_anchor_behind_it(
    home: Home, anchor: Path, connection: sqlite3.Connection
) -> None:
    tampered(home, anchor, connection, lambda by: by.rewrite(15, RECORDS, by.key))
    found = verify(home, anchor)
    assert found.problems == (
        "record 20 is not the one that was anchored",
        "record 30 is not the one that was anchored",
    )


def test_with_another_key_no_record_fits_and_the_answer_stays_short(home: Home, anchor: Path) -> None:
    fill(home, anchor)
    (home.root / "keys" / "audit").write_bytes(b"k" * 32)
    found = verify(home, anchor)
    assert (found.ok, found.first_bad) == (False, 1)
    assert len(found.problems) == 21
    assert found.problems[-1] == "and 14 more"


def test_more_records_than_one_page_are_followed_to_the_end(
    home: Home, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nightlight.catalog.audit_verification.PAGE", 7)
    dice = dice_of(3)
    for _ in range(50):
        append(home, random_entry(dice))
    assert (verify(home).ok, verify(home).records) == (True, 50)
    connection.execute("UPDATE audit SET outcome = 'Done' WHERE sequence = 50")
    assert verify(home).first_bad == 50
    connection.execute("DELETE FROM audit WHERE sequence BETWEEN 10 AND 40")
    assert verify(home).first_bad == 10


def test_who_appends_never_waits_for_who_verifies(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is appended between two pages is left for the next verification."""
    from nightlight.catalog.audit_chain import Walk

    monkeypatch.setattr("nightlight.catalog.audit_verification.PAGE", 2)
    dice = dice_of(4)
    for _ in range(6):
        append(home, random_entry(dice))
    step = Walk.step
    appended: list[int] = []

    def step_and_append(walk: Walk, row: tuple[object, ...]) -> None:
        step(walk, row)
        if len(appended) < 3:
            appended.append(append(home, random_entry(dice)))

    monkeypatch.setattr(Walk, "step", step_and_append)
    found = verify(home)
    assert (found.ok, found.records, appended) == (True, 6, [7, 8, 9])


def test_an_audit_that_is_gone_is_an_error(home: Home, connection: sqlite3.Connection) -> None:
    connection.execute("DROP TABLE audit")
    with pytest.raises(NightlightError, match="the audit cannot be read"):
        verify(home)
