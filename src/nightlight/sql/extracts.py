"""Extracts: what an authorization gives of a table, as a DuckDB file with those rows and columns and nothing else.

A file's name is the authorization's fingerprint and the versions of the tables it was built from, so an extract that is
there is up to date. The folder is a cache: built when asked for, least recently used ones dropped."""

import hashlib
import json
import os
import shutil
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import DataFile, Lake, LogGap, Table, TableName
from nightlight.settings import Home
from nightlight.sql.authorization import Authorization
from nightlight.sql.masks import literal, quoted
from nightlight.sql.trusted import PLACE, show_table, trusted_connection

IDLE_SECONDS = 60  # a file nobody asked for so long is in no query's hands any more
LARGE_ROWS = 2_000_000  # from here on the first question about a range of time is answered from that range alone
RECENT_SECONDS = 7 * 86_400
REMEMBERED = 1000  # fingerprints

TimeBounds = Mapping[str, tuple[date | datetime | None, date | datetime | None]]
Listener = Callable[[str], None]
States = dict[str, tuple[str, int]]


@dataclass(frozen=True)
class Ready:
    """An extract to query: its file, its fingerprint, the versions it was built from; `once`: for one query only."""

    file: Path
    fingerprint: str
    versions: Mapping[str, int]
    once: bool = False


@dataclass(frozen=True)
class Plan:
    """What an extract has to hold: of `authorization`, from `tables` as they are now."""

    authorization: Authorization
    tables: Mapping[str, Table]
    fingerprint: str

    @property
    def table(self) -> Table:
        return self.tables[self.authorization.table]

    @property
    def versions(self) -> dict[str, int]:
        return {name: table.version for name, table in self.tables.items()}

    @property
    def standing(self) -> str:
        """What stays the same while the authorization lets the same through: fingerprint and the tables it asks."""
        if not self.authorization.is_lasting:
            return uuid.uuid4().hex
        states = {name: state for name, state in self.states.items() if name in self.authorization.reads}
        return f"{self.fingerprint} {sorted(states.items())}"

    @property
    def states(self) -> States:
        """What tells whether rows may have changed: a table made anew has another identity at the same version."""
        return {name: (table.identity, table.version) for name, table in self.tables.items()}


class Extracts:
    """The extracts of a home. `on_build` hears the table whose extract is being built."""

    def __init__(self, home: Home, lake: Lake, *, on_build: Listener = lambda table: None) -> None:
        self.home, self.lake, self.on_build = home, lake, on_build
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._checked: set[tuple[str, int, int]] = set()
        self._fingerprints: dict[tuple[Authorization, Table], str] = {}

    def plan(self, authorization: Authorization, table: Table | None = None) -> Plan:
        """What an authorization's extract has to hold: the fingerprint, and the tables at their newest versions.

        `table` is the authorization's own as it was decided about, for a decision holds for that version alone.
        """
        tables = {name: self._newest(name) for name in authorization.reads}
        tables = {authorization.table: table or self._newest(authorization.table), **tables}
        known = (authorization, tables[authorization.table])
        if known not in self._fingerprints:
            if len(self._fingerprints) > REMEMBERED:
                self._fingerprints.clear()
            self._fingerprints[known] = authorization.fingerprint(known[1].schema, self.home.key("mask"))
        return Plan(authorization, tables, self._fingerprints[known])

    def prepare(
        self, plan: Plan, *, columns: frozenset[str] | None = None, within: Callable[[], TimeBounds] = dict
    ) -> Ready:
        """The extract of a plan.

        `columns` and `within` say what the query can need at most; the first question about a large table builds no
        more than that.
        """
        file = self._file(plan)
        with self._locks[plan.fingerprint]:
            if not file.exists():
                bounds = within() if plan.table.rows >= LARGE_ROWS else {}
                is_rare = bounds and not self._asked_before(plan.fingerprint)
                if is_rare or not plan.authorization.is_lasting:
                    return self._build_once(plan, columns, bounds)
                self._build(file, plan)
            self._check(file, plan.fingerprint)
            _touch(file)
        return Ready(file, plan.fingerprint, plan.versions)

    def refresh(self) -> int:
        """Bring the extracts that were used lately up to date with their tables; how many were built."""
        built = 0
        for about in sorted(self.home.extracts.glob("*.json")):
            authorization = Authorization.from_json(json.loads(about.read_text(encoding="utf-8"))["authorization"])
            files = list(self.home.extracts.glob(f"{about.stem}-*.duckdb"))
            if not any(_idle(file) < RECENT_SECONDS for file in files):
                continue
            used = max(map(_used, files))
            ready = self.prepare(self.plan(authorization))
            built += ready.file not in files
            _touch(ready.file, used)  # being refreshed is not being used
        return built

    def forget(self) -> None:
        """Delete all extracts: rows of theirs were erased. Whoever asks again gets a new one."""
        for kind in ("*.duckdb", "*.json", "*.asked"):
            for file in self.home.extracts.glob(kind):
                file.unlink(missing_ok=True)

    def _newest(self, name: str) -> Table:
        table = self.lake.table(TableName.parse(name)).newest()
        if not table.exists:
            raise NightlightError(f"there is no table {name} any more")
        self.lake.remember(table)
        return table

    def _asked_before(self, fingerprint: str) -> bool:
        """Whether there was a question with this fingerprint lately; this one counts for the next time."""
        mark = self.home.extracts / f"{fingerprint}.asked"
        before = mark.exists() and _idle(mark) < RECENT_SECONDS
        mark.touch(mode=0o600)
        return before

    def _file(self, plan: Plan) -> Path:
        return self._file_at(plan.fingerprint, plan.states)

    def _file_at(self, fingerprint: str, states: States) -> Path:
        stamp = hashlib.sha256(json.dumps(sorted(states.items())).encode()).hexdigest()[:16]
        return self.home.extracts / f"{fingerprint}-{stamp}.duckdb"

    def _build(self, file: Path, plan: Plan) -> None:
        self.on_build(plan.authorization.table)
        with self._new_file() as new:
            base = self._grown_from(plan)
            if base is not None:
                shutil.copyfile(base.file, new)
                self._fill(new, plan, added=base.added, identity=file.stem)
            else:
                self._fill(new, plan, identity=file.stem)
            new.rename(file)
        about = {"authorization": plan.authorization.as_json(), "states": plan.states}
        _write(self.home.extracts / f"{plan.fingerprint}.json", json.dumps(about))
        self._drop(keep=file)

    def _build_once(self, plan: Plan, columns: frozenset[str] | None, within: TimeBounds) -> Ready:
        self.on_build(plan.authorization.table)
        with self._new_file(keep=True) as new:
            self._fill(new, plan, columns=columns, within=within, identity=plan.fingerprint)
        return Ready(new, plan.fingerprint, plan.versions, once=True)

    @contextmanager
    def _new_file(self, *, keep: bool = False) -> Iterator[Path]:
        """A name for a file that is being built; whatever is left of it when that fails is deleted."""
        new = self.home.extracts / f"new-{uuid.uuid4().hex}.duckdb"
        try:
            yield new
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        finally:
            new.with_name(f"{new.name}.wal").unlink(missing_ok=True)
            if not keep:
                new.unlink(missing_ok=True)

    def _fill(
        self,
        file: Path,
        plan: Plan,
        *,
        identity: str,
        added: list[DataFile] | None = None,
        columns: frozenset[str] | None = None,
        within: TimeBounds | None = None,
    ) -> None:
        """Write the authorized rows into `file`: all of them, or those of `added` to what stands in it."""
        authorization, table = plan.authorization, plan.table
        # A filter that reads tables may join them, and joined rows come in an order that tells how many are hidden.
        is_shuffled = not authorization.is_by_row
        spill = file.with_suffix(".spill")
        try:
            with trusted_connection(self.home.settings.engine_memory_mb, spill) as connection:
                for name, source in plan.tables.items():
                    is_own = name == authorization.table
                    show_table(connection, source, added if is_own else None, placed=is_own and is_shuffled)
                for macro in authorization.macros():
                    connection.execute(macro)
                connection.execute(f"ATTACH {literal(str(file))} AS extract")
                os.chmod(file, 0o600)
                into = "INSERT INTO extract.main.data" if added is not None else "CREATE TABLE extract.main.data AS"
                listed = authorization.select_list(table.schema, self.home.key("mask"), columns)
                where = [f"({condition})" for condition in authorization.filters] + list(_conditions(within))
                connection.execute(
                    f"{into} SELECT {listed} FROM {quoted(table.name.schema)}.{quoted(table.name.table)}"
                    + (f" WHERE {' AND '.join(where)}" if where else "")
                    + (f" ORDER BY {', '.join(PLACE)}" if is_shuffled else "")
                )
                connection.execute(
                    f"CREATE OR REPLACE TABLE extract.main.identity AS SELECT {literal(identity)} AS name"
                )
                connection.execute("CHECKPOINT extract")
                connection.execute("DETACH extract")
        except NightlightError:
            raise
        except Exception as error:  # its text may quote rows, filters and keys: the class is all that may leave
            raise _cannot_be_built(authorization.table, error) from None
        finally:
            shutil.rmtree(spill, ignore_errors=True)

    def _grown_from(self, plan: Plan) -> "_Base | None":
        """The extract this one continues: where rows were only added to its table, and no other row matters."""
        about = self.home.extracts / f"{plan.fingerprint}.json"
        if not plan.authorization.is_by_row or not about.exists():
            return None
        states = json.loads(about.read_text(encoding="utf-8"))["states"]
        file = self._file_at(plan.fingerprint, states)
        table = plan.table
        identity, since = states[plan.authorization.table]
        if not file.exists() or identity != table.identity or since > table.version:
            return None
        try:
            changes = table.changes(since)
        except LogGap:
            return None
        if changes.removed or changes.moved or changes.erased or table.at(since).schema != table.schema:
            return None
        self._check(file, plan.fingerprint)
        return _Base(file, changes.added)

    def _check(self, file: Path, fingerprint: str) -> None:
        """Raise NightlightError unless the file is what its name says: once per file and process."""
        import duckdb

        status = file.stat()
        seen = (file.name, status.st_mtime_ns, status.st_size)
        if seen in self._checked:
            return
        try:
            with duckdb.connect(str(file), read_only=True) as connection:
                found = connection.execute("SELECT name FROM main.identity").fetchall()
        except duckdb.Error:
            found = []
        if found != [(file.stem,)] or not file.stem.startswith(fingerprint):
            file.unlink(missing_ok=True)
            raise NightlightError(
                "an extract is damaged and was removed", where=str(file), remedy="ask again: it is built anew"
            )
        self._checked.add(seen)

    def _drop(self, keep: Path) -> None:
        """Delete extracts that newer ones replace, and the least recently used ones beyond the cache's size."""
        files = sorted(self.home.extracts.glob("*.duckdb"), key=_used, reverse=True)
        room = self.home.settings.extract_cache_mb * 1_000_000
        fresh: set[str] = {keep.name.partition("-")[0]}
        for file in files:
            fingerprint = file.name.partition("-")[0]
            size = file.stat().st_size if file.exists() else 0
            replaced = file != keep and fingerprint in fresh
            if (replaced or size > room) and file != keep and _idle(file) > IDLE_SECONDS:
                file.unlink(missing_ok=True)
                continue
            room -= size
            fresh.add(fingerprint)


@dataclass(frozen=True)
class _Base:
    """An extract to continue, and the files that have been added to its table since."""

    file: Path
    added: list[DataFile]


def _conditions(within: TimeBounds | None) -> Iterator[str]:
    for column, (low, high) in (within or {}).items():
        if low is not None:
            yield f"{quoted(column)} >= {_time(low)}"
        if high is not None:
            yield f"{quoted(column)} <= {_time(high)}"


def _time(value: date | datetime) -> str:
    if not isinstance(value, datetime):
        return f"DATE {literal(value.isoformat())}"
    return f"{'TIMESTAMPTZ' if value.tzinfo else 'TIMESTAMP'} {literal(value.isoformat(sep=' '))}"


def _used(file: Path) -> float:
    """When a file was last used: the time of access is ours to set; that of writing tells whether it was changed."""
    try:
        return file.stat().st_atime
    except FileNotFoundError:
        return 0.0


def _touch(file: Path, used: float | None = None) -> None:
    os.utime(file, (time.time() if used is None else used, file.stat().st_mtime))


def _idle(file: Path) -> float:
    """Seconds since a file was last used."""
    return time.time() - _used(file)


def _write(file: Path, text: str) -> None:
    new = file.with_suffix(f".{uuid.uuid4().hex}")
    new.touch(mode=0o600)
    new.write_text(text, encoding="utf-8")
    new.rename(file)


def _cannot_be_built(table: str, error: Exception) -> NightlightError:
    return NightlightError(f"the extract of {table} cannot be built ({type(error).__name__})")
