"""The private folder of a background query."""

from pathlib import Path

import pytest

from nightlight.sql.spill import PREFIX, spill_folder


def test_a_folder_is_private_and_deleted_with_what_is_in_it(tmp_path: Path) -> None:
    with spill_folder(tmp_path) as opened:
        (folder,) = tmp_path.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
        Path(f"/proc/self/fd/{opened}/page").write_text("rows")
        assert (folder / "page").exists()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_deleted_when_its_query_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), spill_folder(tmp_path):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_deleted_and_nothing_else(tmp_path: Path) -> None:
    left = tmp_path / f"{PREFIX}left"
    left.mkdir()
    (left / "page").write_text("rows")
    (tmp_path / "extract.duckdb").touch()
    with spill_folder(tmp_path):
        others = {path.name for path in tmp_path.iterdir()}
        with spill_folder(tmp_path):  # does not take the first, whose query runs
            assert {path.name for path in tmp_path.iterdir()} > others
    assert [path.name for path in tmp_path.iterdir()] == ["extract.duckdb"]
