"""Promises of the backup: a home comes back as it was at one moment, whoever worked meanwhile, or not at all."""

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.conftest import Deliver

from nightlight.accounts.sessions import find_session, start_session
from nightlight.catalog.access import read_access
from nightlight.catalog.audit import Entry, append, tail, verify
from nightlight.catalog.principals import list_principals
from nightlight.catalog.statements import read_statements
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.lakehouse.lock import run_lock
from nightlight.lakehouse.maintenance import compact, vacuum
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake
from nightlight.operations import backup as backup_module
from nightlight.operations.backup import back_up
from nightlight.operations.backup_archive import ABOUT, FORMAT, MANIFEST
from nightlight.operations.restore import restore
from nightlight.settings import Home, Settings
from nightlight.sql.policies import apply_policies

NOW = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
SCHEMA = pa.schema([("day", pa.int64()), ("texts", pa.string())])
POLICIES = """
CREATE GROUP analysts; ADD USER ana TO GROUP analysts; CREATE GROUP strangers; ADD USER otto TO GROUP strangers;
CREATE PURPOSE improve_service OF operations 'Keep the line reachable'; ALLOW PURPOSE improve_service TO analysts;
GRANT USE SCHEMA ON SCHEMA gold TO analysts; GRANT SELECT ON TABLE gold.daily TO analysts;
SET TAG ON COLUMN gold.daily.texts sensitivity = 'text';
"""


@pytest.fixture
def line(home: Home, deliver: Deliver) -> Home:
    """A home with two versions of a table, policies, files of people, and records in the audit."""
    for day in (1, 2):
        deliver(home, "gold.daily", [{"day": day, "texts": f"said on {day}"}], SCHEMA)
    register_tables(home.database_url, Lake(home.lake))
    apply_policies(home, list(read_statements(POLICIES, "p.sql")), by="ada", text=POLICIES)
    for number in range(3):
        append(home, Entry("sql", "ana", "improve_service", "done", f"SELECT {number}"))
    (home.policies / "01_people.sql").write_text(POLICIES)
    (home.notebooks / "care").mkdir()
    (home.notebooks / "care" / "waits.ipynb").write_text("{}")
    (home.notebooks / "care" / "uv.lock").write_text("of a project of theirs")
    (home.extracts / "kept.duckdb").write_text("a cache")
    return home


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere.backup"


def take(home: Home, file: Path, **options: Any) -> backup_module.Backup:
    return back_up(home, file, by="ada", clock=lambda: NOW, **options)


def bring_back(file: Path, root: Path) -> Home:
    restore(file, root, by="ada", clock=lambda: NOW)
    return Home.open(root)


def rows(home: Home) -> list[int]:
    return sorted(Lake(home.lake).table("gold.daily").read(["day"])["day"].to_pylist())


def readable(home: Home, name: str) -> list[str]:
    with transaction(home.database_url) as connection:
        return [column.name for column in read_access(connection, name, ["gold.daily"])["gold.daily"].allowed]


def test_a_home_comes_back_with_tables_policies_files_keys_and_an_audit_that_verifies(
    line: Home, file: Path, tmp_path: Path, deliver: Deliver
) -> None:
    done = take(line, file)
    deliver(line, "gold.daily", [{"day": 3, "texts": "later"}], SCHEMA)
    (line.policies / "01_people.sql").write_text("CREATE GROUP others;")
    again = bring_back(file, tmp_path / "again")
    assert rows(again) == [1, 2]
    assert Lake(again.lake).table("gold.daily").schema == Lake(line.lake).table("gold.daily").schema
    assert list_principals(again.database_url) == list_principals(line.database_url)
    assert readable(again, "ana") == ["day"]
    assert readable(again, "otto") == []
    assert (again.policies / "01_people.sql").read_text() == POLICIES
    assert (again.notebooks / "care" / "waits.ipynb").read_text() == "{}"
    assert (again.notebooks / "care" / "uv.lock").exists()
    assert not list(again.root.glob("*.lock"))
    assert [again.key(name) for name in ("audit", "mask")] == [line.key(name) for name in ("audit", "mask")]
    assert verify(again).ok
    assert done.tables == 1
    assert not list(again.extracts.iterdir())


def test_what_comes_back_can_be_written_and_read_on(line: Home, file: Path, tmp_path: Path, deliver: Deliver) -> None:
    take(line, file)
    again = bring_back(file, tmp_path / "again")
    deliver(again, "gold.daily", [{"day": 9, "texts": "new"}], SCHEMA)
    assert rows(again) == [1, 2, 9]
    assert Lake(again.lake).table("gold.daily").version == Lake(line.lake).table("gold.daily").version + 1


def test_the_audit_knows_of_both_and_says_of_what(line: Home, file: Path, tmp_path: Path) -> None:
    take(line, file)
    (taken,) = tail(line, 1)
    assert (taken["action"], taken["outcome"], taken["statement"]) == ("backup", "done", str(file))
    (restored,) = tail(bring_back(file, tmp_path / "again"), 1)
    assert (restored["action"], restored["outcome"], restored["statement"]) == ("restore", "done", str(file))
    assert "2026-03-01" in restored["detail"]


def test_everything_is_its_owners_alone(line: Home, file: Path, tmp_path: Path) -> None:
    take(line, file)
    again = bring_back(file, tmp_path / "again")
    assert file.stat().st_mode & 0o777 == 0o600
    modes = {path.stat().st_mode & 0o077 for path in (again.root, *again.root.rglob("*"))}
    assert modes == {0}


def test_nobody_stays_signed_in(line: Home, file: Path, tmp_path: Path) -> None:
    secret = start_session(line.database_url, "ana", now=NOW, client="phone")
    take(line, file)
    again = bring_back(file, tmp_path / "again")
    assert find_session(line.database_url, secret, now=NOW)
    assert find_session(again.database_url, secret, now=NOW) is None


def test_a_backup_taken_while_others_write_is_of_one_moment(
    line: Home, file: Path, tmp_path: Path, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows, records and compaction that come between the logs and the data files belong to the next backup."""
    take_files = backup_module._take_files

    def meanwhile(home: Home, *arguments: Any) -> Iterator[str]:
        deliver(home, "gold.daily", [{"day": 3, "texts": "meanwhile"}], SCHEMA)
        compact(Lake(home.lake).table("gold.daily"))
        vacuum(Lake(home.lake).table("gold.daily"))
        append(home, Entry("sql", "ana", None, "done"))
        return take_files(home, *arguments)

    monkeypatch.setattr(backup_module, "_take_files", meanwhile)
    take(line, file)
    assert rows(line) == [1, 2, 3]
    again = bring_back(file, tmp_path / "again")
    assert rows(again) == [1, 2]
    assert verify(again).ok


def test_other_databases_in_the_home_are_copied_whole_while_they_are_written(
    line: Home, file: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(line.root / "runs.db")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE runs (name TEXT)")
        connection.execute("INSERT INTO runs VALUES ('first')")
        connection.commit()  # in the write-ahead log alone
        take(line, file)
    again = bring_back(file, tmp_path / "again")
    with closing(sqlite3.connect(again.root / "runs.db")) as connection:
        assert connection.execute("SELECT name FROM runs").fetchall() == [("first",)]


def test_it_waits_for_a_run_under_way(line: Home, file: Path) -> None:
    said: list[str] = []
    told = threading.Event()

    def say(text: str) -> None:
        said.append(text)
        told.set()

    with run_lock(line.root, "pipeline update"):
        thread = threading.Thread(target=take, args=(line, file), kwargs={"say": say})
        thread.start()
        assert told.wait(30)
        assert not file.exists()
    thread.join(30)
    assert said[0] == "waiting for the run under way"
    assert file.exists()


def test_a_run_that_does_not_end_is_named_after_a_while(line: Home, file: Path) -> None:
    with run_lock(line.root, "ingestion"), pytest.raises(NightlightError, match="another ingestion is running"):
        take(line, file, patience=0)
    assert not file.exists()
    assert tail(line, 1)[0]["outcome"] == "failed"


def test_links_are_left_out_and_told(line: Home, file: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("of somebody else")
    (line.notebooks / "link").symlink_to(tmp_path / "outside")
    (line.notebooks / "file").symlink_to(tmp_path / "outside" / "secret")
    done = take(line, file)
    assert sorted(note.rpartition(": ")[2] for note in done.notes) == ["notebooks/file", "notebooks/link"]
    again = bring_back(file, tmp_path / "again")
    assert not os.path.lexists(again.notebooks / "link")


def test_a_file_that_is_deleted_meanwhile_is_no_failure(
    line: Home, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (line.notebooks / "care" / "draft.ipynb").write_text("{}")
    is_database = backup_module._is_database

    def delete_first(path: Path) -> bool:
        found = is_database(path)
        if path.name == "draft.ipynb":
            path.unlink()
        return found

    monkeypatch.setattr(backup_module, "_is_database", delete_first)
    assert take(line, file).notes == ()
    again = bring_back(file, tmp_path / "again")
    assert [path.name for path in (again.notebooks / "care").glob("*.ipynb")] == ["waits.ipynb"]


def test_a_file_that_is_there_is_not_replaced(line: Home, file: Path) -> None:
    file.write_text("the only backup")
    with pytest.raises(NightlightError, match="there is a file of this name"):
        take(line, file)
    assert file.read_text() == "the only backup"


def test_it_does_not_lie_in_the_home_itself(line: Home) -> None:
    with pytest.raises(NightlightError, match="would lie in the home itself"):
        take(line, line.root / "x.backup")


def test_a_database_on_a_server_is_backed_up_there(line: Home, file: Path) -> None:
    served = Home(line.root, Settings(database="postgresql://nobody@localhost:1/none"))
    with pytest.raises(NightlightError, match=r"on a server.*pg_dump"):
        backup_module._refuse_what_cannot_be(served, file)


KILLED = """
import sys, os, signal
from pathlib import Path
from nightlight.operations import backup
from nightlight.settings import Home
copied = []
add = backup.Archive.add
def add_some(self, name, file):
    add(self, name, file)
    copied.append(name)
    if len(copied) == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
backup.Archive.add = add_some
backup.back_up(Home.open(Path(sys.argv[1])), Path(sys.argv[2]), by="ada")
"""


@pytest.mark.parametrize("after", [1, 4])
def test_one_that_is_killed_has_no_name_and_the_next_one_is_whole(
    line: Home, file: Path, tmp_path: Path, after: int
) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(line.root), str(file), str(after)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not file.exists()
    take(line, file)
    assert rows(bring_back(file, tmp_path / "again")) == [1, 2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "elsewhere.backup", "home"]
    assert not list(line.root.glob(".backup*"))


FULL_DISK = """
import resource, sys
from pathlib import Path
from nightlight.operations.backup import back_up
from nightlight.settings import Home
home = Home.open(Path(sys.argv[1]))
catalog = (home.root / "catalog.db").stat().st_size
for name in ("large", "larger"):
    (home.root / name).write_bytes(__import__("os").urandom(catalog))
limit = catalog + int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    back_up(home, Path(sys.argv[2]), by="ada")
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize(
    ("room", "said"),
    [
        (-4096, "a database could not be copied: the disk is full or refused; make room on the home's disk"),
        (100_000, "the backup could not be written: "),
    ],
    ids=["for the catalog's copy", "for the backup"],
)
def test_a_full_disk_is_one_line_and_leaves_nothing(line: Home, file: Path, room: int, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(line.root), str(file), str(room)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "NightlightError" in done.stdout
    assert said in done.stdout
    assert done.stdout.count("\n") == 1
    assert [path.name for path in file.parent.iterdir()] == ["home"]
    assert not list(line.root.glob(".backup-*"))


def test_nothing_is_restored_over_what_is_there(line: Home, file: Path, tmp_path: Path) -> None:
    take(line, file)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("x")
    for root in (tmp_path / "full", line.root, file):
        with pytest.raises(NightlightError, match="the folder is not empty"):
            restore(file, root, by="ada")
    (tmp_path / "empty").mkdir()
    assert rows(bring_back(file, tmp_path / "empty")) == [1, 2]


def flipped(content: bytes, position: int) -> bytes:
    return content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "cut short": lambda content: content[: len(content) // 2],
    "its end cut off": lambda content: content[:-30],
    "a bit flipped": lambda content: flipped(content, len(content) // 2),
    "a bit flipped in its head": lambda content: flipped(content, 3),
    "no backup": lambda content: b"something else" * 100,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused_and_leaves_nothing(line: Home, file: Path, tmp_path: Path, damage: str) -> None:
    take(line, file)
    file.write_bytes(DAMAGES[damage](file.read_bytes()))
    with pytest.raises(NightlightError, match="is no backup that can be restored"):
        restore(file, tmp_path / "again", by="ada")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere.backup", "home"]


Members = list[tuple[tarfile.TarInfo, bytes]]


def unpack(file: Path) -> Members:
    with pa.CompressedInputStream(str(file), "zstd") as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
        return [(info, stream.read() if (stream := tar.extractfile(info)) else b"") for info in tar]


def pack(file: Path, members: Members) -> None:
    with pa.CompressedOutputStream(str(file), "zstd") as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))


def member(name: str, content: bytes = b"", **values: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in values.items():
        setattr(info, key, value)
    return info, content


def rewritten(members: Members, name: str, content: bytes) -> Members:
    """With other content and a manifest that fits it: by somebody who knows how a backup is made."""
    import hashlib

    changed = [member(info.name, content) if info.name == name else (info, old) for info, old in members]
    manifest = json.loads(changed[-1][1])
    manifest["files"][name] = [len(content), hashlib.sha256(content).hexdigest()]
    return [*changed[:-1], member(MANIFEST, json.dumps(manifest).encode())]


def with_changed_audit(members: Members, folder: Path) -> Members:
    copy = folder / "copy.db"
    copy.write_bytes(next(content for info, content in members if info.name == "home/catalog.db"))
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("UPDATE audit SET principal = 'sam' WHERE sequence = 1")
        connection.commit()
    content = copy.read_bytes()
    copy.unlink()
    return rewritten(members, "home/catalog.db", content)


def without_newest_record(members: Members, folder: Path) -> Members:
    copy = folder / "copy.db"
    copy.write_bytes(next(content for info, content in members if info.name == "home/catalog.db"))
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("DELETE FROM audit WHERE sequence = (SELECT max(sequence) FROM audit)")
        last, digest = connection.execute("SELECT sequence, hash FROM audit ORDER BY sequence DESC").fetchone()
        connection.execute("UPDATE audit_head SET sequence = ?, hash = ?", (last, digest))
        connection.commit()
    content = copy.read_bytes()
    copy.unlink()
    return rewritten(members, "home/catalog.db", content)


def without_a_data_file(members: Members, folder: Path) -> Members:
    name = next(info.name for info, _ in members if info.name.endswith(".parquet"))
    manifest = json.loads(members[-1][1])
    del manifest["files"][name]
    kept = [(info, content) for info, content in members[:-1] if info.name != name]
    return [*kept, member(MANIFEST, json.dumps(manifest).encode())]


FORGERIES: dict[str, tuple[Callable[[Members, Path], Members], str]] = {
    "a file that leads out": (
        lambda m, _: [m[0], member("home/../../escaped"), *m[1:]],
        "would not lie in the home",
    ),
    "an absolute file": (lambda m, folder: [m[0], member(f"{folder}/escaped"), *m[1:]], "would not lie in the home"),
    "a file beside the home": (lambda m, _: [m[0], member("escaped"), *m[1:]], "would not lie in the home"),
    "a link": (
        lambda m, _: [m[0], member("home/link", type=tarfile.SYMTYPE, linkname="/etc"), *m[1:]],
        "what is no file",
    ),
    "a hard link": (
        lambda m, _: [m[0], member("home/link", type=tarfile.LNKTYPE, linkname="/etc/passwd"), *m[1:]],
        "what is no file",
    ),
    "a device": (lambda m, _: [m[0], member("home/device", type=tarfile.CHRTYPE), *m[1:]], "what is no file"),
    "a file twice": (lambda m, _: [*m[:2], m[1], *m[2:]], "one file twice"),
    "a file that no list names": (
        lambda m, _: [*m[:-1], member("home/new"), m[-1]],
        "not as they were backed up",
    ),
    "a file less": (lambda m, _: [m[0], *m[2:]], "not as they were backed up"),
    "something after the end": (lambda m, _: [*m, member("home/new")], "something follows its end"),
    "no list": (lambda m, _: m[:-1], "cut short"),
    "a list that is none": (lambda m, _: [*m[:-1], member(MANIFEST, b"[1]")], "list of files cannot be read"),
    "of a version to come": (
        lambda m, _: [*m[:-1], member(MANIFEST, json.dumps({"format": FORMAT + 1, "files": {}}).encode())],
        "another version of Nightlight",
    ),
    "a changed record in the audit": (with_changed_audit, "is not as it was written"),
    "an audit whose end is cut off": (without_newest_record, "is not as it was written"),
    "a table without one of its files": (without_a_data_file, "lacks a file"),
    "a table at another version": (
        lambda m, _: [
            *m[:-1],
            member(MANIFEST, json.dumps({**json.loads(m[-1][1]), "tables": {"gold.daily": 7}}).encode()),
        ],
        "not at the versions",
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_is_no_backup_of_ours_is_refused_and_leaves_nothing(
    line: Home, file: Path, tmp_path: Path, forgery: str
) -> None:
    forge, reason = FORGERIES[forgery]
    take(line, file)
    pack(file, forge(unpack(file), tmp_path))
    with pytest.raises(NightlightError, match=reason):
        restore(file, tmp_path / "again", by="ada")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere.backup", "home"]


def test_a_backup_is_a_tar_that_any_machine_lists(line: Home, file: Path) -> None:
    take(line, file)
    names = [info.name for info, _ in unpack(file)]
    assert (names[0], names[-1]) == (ABOUT, MANIFEST)
    assert "home/nightlight.toml" in names
    assert "home/keys/audit" in names
