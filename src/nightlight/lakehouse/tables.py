"""Tables of the lake: where they are, their schema, their files at a version. Reading only; `commit` writes.

A table is a Delta table under `<lake>/<schema>/<table>`. Readers get its list of Parquet files; a table that would
need more than that to be read right (deletion vectors, column mapping) is refused."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias

from nightlight.errors import NightlightError

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable

TEXT, IDENTITY = "text", "identity"
SENSITIVITY = b"nightlight.sensitivity"  # key in a field's metadata: which columns are text or identity
COMMENT = b"comment"
ERASED = "erased"  # key in what a commit says of itself: how many rows were taken out for good
ENGINES_OWN = {"information_schema", "pg_catalog", "system", "temp"}  # schemas that an engine keeps for itself
UNREADABLE_FEATURES = {"deletionVectors", "columnMapping"}

Bounds: TypeAlias = Mapping[str, tuple[Any, Any]]


class TableName(NamedTuple):
    """`schema.table`, both lower-case identifiers.

    >>> str(TableName.parse("silver.messages"))
    'silver.messages'
    """

    schema: str
    table: str

    @classmethod
    def parse(cls, text: str) -> Self:
        if not cls.is_valid(text):
            raise NightlightError(f"'{text}' is not a table name", remedy="write schema.table, in lower case")
        return cls(*text.split("."))

    @staticmethod
    def is_valid(text: str) -> bool:
        parts = text.split(".")
        if len(parts) != 2 or parts[0] in ENGINES_OWN:
            return False
        return all(part.isidentifier() and part == part.lower() for part in parts)

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}"


@dataclass(frozen=True)
class DataFile:
    """One Parquet file of a table: absolute path, rows, bytes; bounds and NULLs of its number and time columns."""

    path: str
    rows: int
    size: int
    minimum: Mapping[str, Any]
    maximum: Mapping[str, Any]
    nulls: Mapping[str, int]

    def overlaps(self, bounds: Bounds) -> bool:
        """False only when the recorded bounds prove that no row lies within `bounds`."""
        return all(
            self.minimum.get(column) is None
            or self.maximum.get(column) is None
            or (self.minimum[column] <= high and self.maximum[column] >= low)
            for column, (low, high) in bounds.items()
        )


class Lake:
    """All tables under one folder, each as it was when first asked for, until `forget`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._tables: dict[TableName, Table] = {}

    def table(self, name: str | TableName) -> "Table":
        """The table of that name, which may not exist yet."""
        name = TableName.parse(name) if isinstance(name, str) else name
        return self._tables.setdefault(name, Table(name, self.root / name.schema / name.table))

    def forget(self, table: "Table") -> None:
        """Look at the table's newest version the next time it is asked for."""
        self._tables.pop(table.name, None)

    def remember(self, table: "Table") -> None:
        """Take this for the table's newest version: what a commit has just given."""
        self._tables[table.name] = table

    def tables(self) -> list[TableName]:
        """The names of all tables that exist, sorted."""
        logs = self.root.glob("*/*/_delta_log")
        return sorted(TableName(log.parent.parent.name, log.parent.name) for log in logs)


class Table:
    """A handle on one table, fixed at the version it had when first read; `fresh()` looks again."""

    def __init__(self, name: TableName, path: Path, version: int | None = None) -> None:
        self.name, self.path, self._pinned = name, path, version
        self._mark: tuple[int, int] | None = None

    def fresh(self) -> "Table":
        return Table(self.name, self.path)

    def newest(self) -> "Table":
        """The table at its newest version: itself when nobody has committed since, or put another in its place."""
        if not self.exists or os.path.exists(self._log_file(self.version + 1)):
            return self.fresh()
        return self if self._mark == self._mark_of(self.version) else self.fresh()

    def _mark_of(self, version: int) -> tuple[int, int] | None:
        """What tells a version's log entry from another in its place; None once the log was cleaned up."""
        try:
            status = os.stat(self._log_file(version))
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns

    def _log_file(self, version: int) -> str:
        return f"{self.path}/_delta_log/{version:020d}.json"

    def at(self, version: int) -> "Table":
        """The table as it was at `version`; raises LogGap (when first read) if the log does not reach back."""
        return self if version == self.version else Table(self.name, self.path, version)

    @cached_property
    def delta(self) -> "DeltaTable | None":
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError, TableNotFoundError

        try:
            if not DeltaTable.is_deltatable(str(self.path)):
                return None
            delta = DeltaTable(str(self.path), version=self._pinned)
            if self._pinned not in (None, delta.version()):
                raise LogGap(self.name, self._pinned or 0)
            features = set(delta.protocol().reader_features or [])
            if delta.metadata().configuration.get("delta.columnMapping.mode", "none") != "none":
                features.add("columnMapping")  # older protocols do not list it
        except TableNotFoundError:
            if self._pinned is not None:
                raise LogGap(self.name, self._pinned) from None
            return None
        except (DeltaError, OSError) as error:
            if self._pinned is not None:
                raise LogGap(self.name, self._pinned) from error
            raise NightlightError(
                f"table {self.name} cannot be read",
                where=str(self.path),
                remedy="its transaction log is damaged or its disk unreachable; restore the folder from a backup",
            ) from error
        if unreadable := UNREADABLE_FEATURES & features:
            raise NightlightError(
                f"table {self.name} uses {', '.join(sorted(unreadable))}, which its readers here would get wrong",
                remedy="rewrite it without that feature",
            )
        self._mark = self._mark_of(delta.version())
        return delta

    @property
    def exists(self) -> bool:
        return self.delta is not None

    @cached_property
    def identity(self) -> str:
        """What stays the same from version to version, and differs for a table that was made anew."""
        return str(self._existing().metadata().id)

    @property
    def version(self) -> int:
        """The table's version; -1 when it does not exist."""
        return -1 if self.delta is None else self.delta.version()

    @cached_property
    def schema(self) -> "pa.Schema":
        """The columns as Arrow fields with their metadata (comment, sensitivity)."""
        import pyarrow as pa

        return pa.schema(self._existing().schema().to_arrow())

    @cached_property
    def comment(self) -> str:
        """What the table says of itself; "" when it says nothing."""
        return self._existing().metadata().description or ""

    @cached_property
    def made_at(self) -> datetime | None:
        """When the table was made, as its metadata says; versions since then do not change it."""
        made = self._existing().metadata().created_time
        return None if made is None else datetime.fromtimestamp(made / 1000, UTC)

    def transaction(self, app: str) -> int | None:
        """The last version recorded for `app` in this table, None when there is none."""
        return None if self.delta is None else self.delta.transaction_version(app)

    def files(self, within: Bounds | None = None) -> list[DataFile]:
        """The data files of this version, oldest first; `within` leaves out files that cannot hold such rows."""
        files = [] if self.delta is None else self._files
        return [file for file in files if not within or file.overlaps(within)]

    @cached_property
    def _files(self) -> list[DataFile]:
        import pyarrow as pa

        adds = pa.table(self._existing().get_add_actions(flatten=True)).to_pylist()
        files = [
            DataFile(
                path=str(self.path / add["path"]),
                rows=add["num_records"],
                size=add["size_bytes"],
                minimum={key[4:]: value for key, value in add.items() if key.startswith("min.")},
                maximum={key[4:]: value for key, value in add.items() if key.startswith("max.")},
                nulls={key[11:]: value for key, value in add.items() if key.startswith("null_count.")},
            )
            for add in sorted(adds, key=lambda add: (add["modification_time"], add["path"]))
        ]
        if any(file.rows is None for file in files):
            raise NightlightError(f"table {self.name} has files without a row count", remedy="rewrite the table")
        return files

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files())

    def read(self, columns: list[str] | None = None) -> "pa.Table":
        """All rows as Arrow, columns in schema order (small tables: reports, tests)."""
        return self._dataset().to_table(columns=columns)

    def batches(self, columns: list[str] | None = None) -> "Iterator[pa.RecordBatch]":
        """All rows in bounded batches."""
        yield from self._dataset().to_batches(columns=columns)

    def _dataset(self) -> Any:
        import pyarrow.dataset as ds

        return ds.dataset([file.path for file in self.files()], schema=self.schema, format="parquet")

    def changes(self, since: int) -> "Changes":
        """The files added and removed after version `since`; compaction, which changes no row, is left out.

        An erasure is left out too, and only said to have been.

        Raises LogGap when the log, or a file it names, is not there any more.
        """
        added: dict[str, DataFile] = {}
        removed: dict[str, DataFile] = {}
        moved: dict[str, DataFile] = {}
        erased = False
        for version in range(since + 1, self.version + 1):
            actions = list(self._actions(version))
            erased = erased or any(ERASED in action.get("commitInfo", {}) for action in actions)
            removes = [action["remove"] for action in actions if "remove" in action]
            taken = [remove["path"] for remove in removes if remove.get("dataChange", True)]
            for path in taken:
                if added.pop(path, None) is None and moved.pop(path, None) is None:
                    removed[path] = self._logged(path, 0, version)
            for add in (action["add"] for action in actions if "add" in action):
                if add["dataChange"] or taken:  # else: compaction
                    into = added if add["dataChange"] else moved
                    into[add["path"]] = self._logged(add["path"], json.loads(add["stats"])["numRecords"], version)
        return Changes(list(added.values()), list(removed.values()), list(moved.values()), erased)

    def _logged(self, path: str, rows: int, version: int) -> DataFile:
        file = self.path / path
        if not file.exists():
            raise LogGap(self.name, version)
        return self._live.get(str(file)) or DataFile(str(file), rows, file.stat().st_size, {}, {}, {})

    @cached_property
    def _live(self) -> dict[str, DataFile]:
        return {file.path: file for file in self.files()}

    def _actions(self, version: int) -> Iterator[dict[str, Any]]:
        try:
            lines = Path(self._log_file(version)).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            raise LogGap(self.name, version) from None
        yield from map(json.loads, lines)

    def history(self, limit: int | None = None) -> list[dict[str, Any]]:
        """Newest first: version, time (UTC), operation, and what the commit recorded about itself."""
        return [
            {**entry, "timestamp": datetime.fromtimestamp(entry["timestamp"] / 1000, UTC)}
            for entry in self._existing().history(limit)
        ]

    def _existing(self) -> "DeltaTable":
        if self.delta is None:
            raise NightlightError(f"there is no table {self.name}")
        return self.delta


@dataclass(frozen=True)
class Changes:
    """What happened to a table's rows between two versions, in whole files.

    `moved` holds rows of removed files that are as they were; other rows of removed files are gone or changed.
    `erased`: rows were taken out for good, here and in what was made of them: a copy of before must not be continued.
    """

    added: list[DataFile]
    removed: list[DataFile]
    moved: list[DataFile]
    erased: bool = False


class LogGap(Exception):  # noqa: N818 - it is no error but an answer
    """The log no longer tells what changed since a version (both are cleaned up after a while): read the whole."""

    def __init__(self, name: TableName, version: int) -> None:
        super().__init__(f"the log of {name} does not reach back to version {version}")
