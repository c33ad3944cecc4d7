"""Asking: a statement in, an outcome out, through the broker of a home, and what is on the disk before and after."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.attacks.oracle import IN_PYTHON, Outcome

from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from tests.attacks.world import World

    from nightlight.sql.workers import Limits

MAY_CHANGE = ("extracts", "catalog.db", "audit")  # what asking itself writes below a home
# Names that statements of the corpus give to files wherever they may be made.
OUTSIDE = ("out.csv", ".tmp/x.csv", "tmp/nightlight-attack-out.csv")


class Door:
    """One home's broker, kept for all statements of a test module."""

    def __init__(self, world: "World") -> None:
        from nightlight.sql.broker import Broker

        self.world = world
        self.broker: Broker = Broker(world.home)

    def __enter__(self) -> Self:
        self.broker.__enter__()
        return self

    def __exit__(self, *reason: object) -> None:
        self.broker.__exit__(*reason)

    def ask(self, person: str, statement: str, *, gate: bool = True, seconds: float = 10) -> Outcome:
        hidden_python_variable = IN_PYTHON  # noqa: F841 - a statement may try to find it
        world = self.world
        try:
            result = self.broker.sql(
                statement,
                principal=world.principal(person),
                purpose=world.purpose,
                limits=limits(seconds),
                gate=gate,
            )
        except NightlightError as error:
            return Outcome(error=str(error))
        except Exception as error:  # any other is a finding, and its text may leak like any answer
            return Outcome(error=f"{type(error).__name__}: {error}", crashed=True)
        rows = tuple(tuple(row.values()) for row in zip_rows(result.table))
        return Outcome(columns=tuple(result.table.column_names), rows=rows)


def zip_rows(table: "object") -> Iterator[dict[int, object]]:
    """The rows of an Arrow table, also where two columns have one name."""
    columns = [column.to_pylist() for column in table.columns]  # type: ignore[attr-defined]
    return (dict(enumerate(row)) for row in zip(*columns, strict=True))


def limits(seconds: float) -> "Limits":
    from nightlight.sql.workers import Limits

    return Limits(seconds=seconds, memory_mb=512, rows=5_000, bytes=4_000_000)


@contextmanager
def nothing_is_written(world: "World") -> Iterator[list[str]]:
    """Collects the paths of files that appeared or changed below the home, in the forbidden folder or here."""
    found: list[str] = []
    before = _files(world)
    yield found
    after = _files(world)
    found += sorted(path for path in {*before, *after} if before.get(path) != after.get(path))


def _files(world: "World") -> dict[str, tuple[int, int]]:
    files = [file for place in (world.folder, world.home.root) for file in place.rglob("*") if file.is_file()]
    files += [place / name for place in (Path.cwd(), Path("/")) for name in OUTSIDE if (place / name).exists()]
    root = world.home.root
    return {
        str(file): (status.st_mtime_ns, status.st_size)
        for file in files
        if not (file.is_relative_to(root) and file.relative_to(root).parts[0].startswith(MAY_CHANGE))
        and (status := os.stat(file))
    }
