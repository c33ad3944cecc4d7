"""The catalog's database: at its newest schema once opened, whole transactions, no password in any line."""

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
