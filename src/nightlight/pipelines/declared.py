"""What a home's SQL files declare about its datasets, read without an engine: for pages, which must not wait for one.

Python files are not read, since reading one runs it; a file with a mistake in it declares nothing."""

from functools import lru_cache
from pathlib import Path

from nightlight.errors import NightlightError
from nightlight.pipelines.definitions import OWNER, Dataset, Kind
from nightlight.pipelines.expectations import Expectation
from nightlight.pipelines.project import definition_files, find_projects
from nightlight.pipelines.sql_files import read_sql_file


def declared_datasets(folder: Path) -> dict[str, Dataset]:
    """The stored datasets of all projects under `folder`, by name."""
    found: dict[str, Dataset] = {}
    for root in find_projects(folder):
        try:
            files = [file for file in definition_files(root) if file.suffix == ".sql"]
        except NightlightError:
            continue
        for file in files:
            found |= {dataset.name: dataset for dataset in _read(file, _stamp(file))}
    return found


def declared_owner(dataset: Dataset | None) -> str:
    """As whom the dataset is written; "" when nothing says."""
    return "" if dataset is None else dataset.properties.get(OWNER, "")


def declared_expectations(dataset: Dataset | None) -> tuple[Expectation, ...]:
    try:
        return () if dataset is None else dataset.expectations
    except NightlightError:
        return ()


def _stamp(file: Path) -> tuple[int, int]:
    """Another one whenever the file has changed."""
    status = file.stat()
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=256)
def _read(file: Path, stamp: tuple[int, int]) -> tuple[Dataset, ...]:
    try:
        datasets, _, _ = read_sql_file(file)
    except NightlightError:
        return ()
    return tuple(dataset for dataset in datasets if dataset.kind is not Kind.TEMPORARY_VIEW)
