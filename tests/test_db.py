"""The catalog's database: at its newest schema once opened, whole transactions, no password in any line."""

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nightlight.db import open_database, transaction
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from nightlight.settings import Home


def rows(url: str) -> int:
    from sqlalchemy import text

    with transaction(url) as connection:
        return int(connection.execute(text("SELECT count(*) FROM lineage")).scalar_one())


INSERT = "INSERT INTO lineage VALUES ('a.b', '', 'c.d', '', '2026-03-01 00:00:00')"


def test_a_new_database_is_made_and_brought_up_to_date(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'catalog.db'}"
    assert rows(url) == 0
    assert (tmp_path / "catalog.db").is_file()
    open_database.cache_clear()
    assert rows(url) == 0


def test_many_who_open_a_new_database_at_once_all_find_it_ready(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'catalog.db'}"
    program = f"from nightlight.db import transaction\nwith transaction({url!r}) as c: c.exec_driver_sql({INSERT!r})"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program.replace("a.b", f"a.b{number}")], stderr=subprocess.PIPE, text=True
        )
        for number in range(6)
    ]
    assert [process.communicate()[1] for process in processes] == [""] * 6
    assert rows(url) == 6


def test_threads_open_it_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'catalog.db'}"
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(rows, [url] * 8)) == [0] * 8


def test_a_database_is_durable_ahead_of_its_writes_and_for_its_owner_only(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'catalog.db'}"
    with transaction(url) as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10000}
    files = sorted(tmp_path.iterdir())
    assert {file.name: stat.filemode(file.stat().st_mode) for file in files} == {
        file.name: "-rw-------" for file in files
    }


def test_readers_do_not_wait_for_a_writer(home: "Home") -> None:
    from sqlalchemy import text

    with transaction(home.database_url) as writer:
        writer.execute(text(INSERT))
        assert rows(home.database_url) == 0
    assert rows(home.database_url) == 1


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil
    import sqlite3

    from nightlight import db

    shutil.copytree(db.MIGRATIONS, tmp_path / "migrations")
    broken = tmp_path / "migrations" / "versions" / "9999_broken.py"
    newest = max(file.stem.split("_")[0] for file in db.MIGRATIONS.glob("versions/0*.py"))
    broken.write_text(
        f"from alembic import op\nrevision, down_revision = '9999', '{newest}'\n"
        "def upgrade():\n    op.execute('CREATE TABLE half (a int)')\n    op.execute('nonsense')\n"
    )
    monkeypatch.setattr(db, "MIGRATIONS", tmp_path / "migrations")
    with pytest.raises(NightlightError, match="cannot be opened"):
        open_database(f"sqlite:///{tmp_path / 'catalog.db'}")
    with sqlite3.connect(tmp_path / "catalog.db") as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    connection.close()


def test_a_transaction_is_kept_as_a_whole_or_not_at_all(home: "Home") -> None:
    from sqlalchemy import text

    with transaction(home.database_url) as connection:
        connection.execute(text(INSERT))
    assert rows(home.database_url) == 1
    with pytest.raises(ValueError, match="halfway"):
        delete_and_fail(home.database_url)
    assert rows(home.database_url) == 1


def delete_and_fail(url: str) -> None:
    from sqlalchemy import text

    with transaction(url) as connection:
        connection.execute(text("DELETE FROM lineage"))
        raise ValueError("halfway")


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(
        NightlightError, match="the catalog's database cannot be opened; check the file or server"
    ) as refused:
        rows(f"sqlite:///{tmp_path / 'catalog.db'}")
    assert "\n" not in str(refused.value)


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match="cannot be opened"):
        rows(f"sqlite:///{tmp_path / 'nowhere' / 'catalog.db'}")


@pytest.mark.parametrize(
    "url", ["nonsense://user:secret@host/x", "postgresql+nodriver://user:secret@host/x", "user:secret"]
)
def test_no_line_repeats_the_password(url: str) -> None:
    with pytest.raises(NightlightError, match="the catalog's database cannot be opened") as refused:
        open_database(url)
    assert "secret" not in str(refused.value)


def test_a_database_that_was_deleted_is_missed_at_once_and_not_made_anew(home: "Home") -> None:
    assert rows(home.database_url) == 0
    (home.root / "catalog.db").unlink()
    with pytest.raises(NightlightError, match="cannot be opened"):
        rows(home.database_url)
    assert not (home.root / "catalog.db").exists()


def test_a_database_that_was_restored_is_read_at_once(home: "Home", empty_catalog: Path) -> None:
    from sqlalchemy import text

    with transaction(home.database_url) as connection:
        connection.execute(text(INSERT))
    (home.root / "copy.db").write_bytes(empty_catalog.read_bytes())
    (home.root / "copy.db").rename(home.root / "catalog.db")
    for log in home.root.glob("catalog.db-*"):
        log.unlink()
    assert rows(home.database_url) == 0
