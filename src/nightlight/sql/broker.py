"""The one way in for people's SQL: purpose, gate, authorization, extracts, worker, audit, answer - in this order.

Only the broker reads the lake for people, and it hands a worker nothing but what the person may read."""

import hashlib
import time
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Self

from nightlight.catalog.access import TableAccess
from nightlight.catalog.audit import Entry, append
from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import Lake, TableName
from nightlight.settings import Home
from nightlight.sql.answers import Answers
from nightlight.sql.commands import Command, read_command
from nightlight.sql.decisions import Decision, Decisions
from nightlight.sql.extracts import Extracts, Plan, Ready, TimeBounds
from nightlight.sql.failures import QueryFailed
from nightlight.sql.gate import Query, TableReference, lower, no_table
from nightlight.sql.pushdown import time_bounds
from nightlight.sql.results import with_whole_numbers
from nightlight.sql.workers import Extract, Limits, Rows, Workers

if TYPE_CHECKING:
    import pyarrow as pa

RESULT_BYTES = 256_000_000
CUT = "cut after"
UNSANDBOXED = "this query ran without a sandbox, which is allowed for trying out only"


@dataclass(frozen=True)
class Question:
    """Who asks what, and for what purpose; `schema` is where unqualified tables are looked up.

    `person` is who asks through a principal that several share, for the audit alone: it gives no right.
    """

    text: str
    principal: str
    purpose: str | None
    schema: str | None = None
    person: str = ""


@dataclass(frozen=True)
class Result:
    """An answer: its rows, whether there were more, and what the person should know about it.

    `standing` names what the person might read when asking; `versions` are the tables' versions that were read,
    `cpu_seconds` what the worker used.
    """

    table: "pa.Table"
    truncated: bool
    notes: tuple[str, ...]
    standing: str
    versions: Mapping[str, int]
    cpu_seconds: float = 0.0
    columns: tuple[str, ...] = ()  # that the question can have read, as the audit has them: schema.table.column


@dataclass
class _Account:
    """What the audit will say, as far as it is known: a refusal half way says what was known until then."""

    tables: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    fingerprint: str = ""
    standing: str = ""
    versions: dict[str, int] = field(default_factory=dict)
    rows: int | None = None

    def entry(self, action: str, question: Question, outcome: str, detail: str, seconds: float) -> Entry:
        return Entry(
            action=action,
            principal=question.principal,
            purpose=question.purpose,
            outcome=outcome,
            statement=question.text,
            fingerprint=self.fingerprint,
            tables=self.tables,
            columns=self.columns,
            versions=self.versions,
            rows=self.rows,
            detail=detail,
            seconds=round(seconds, 3),
            person=question.person,
        )


@dataclass(frozen=True)
class _Run:
    """How a question is run: its bounds, who hears of progress and who may cancel it."""

    limits: Limits
    on_progress: Callable[[float], None] | None = None
    cancelled: Callable[[], bool] | None = None


class NotPreparedError(NightlightError):
    """What somebody may read cannot be prepared; `reason`, with its names and paths, is for administrators alone."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(
            f"what you may read of {table} cannot be prepared", remedy="ask an administrator: the audit says why"
        )
        self.reason = reason


@contextmanager
def _preparing(table: str) -> Iterator[None]:
    try:
        yield
    except NightlightError as error:
        raise NotPreparedError(table, str(error)) from None


@dataclass(frozen=True)
class Authorized:
    """A decision on a table, and the extract that holds what it allows."""

    access: TableAccess
    plan: Plan


class Broker:
    """Answers questions on one home; made once per process, for any number of threads. Close it at the end.

    `ready` workers wait for questions; `on_build` hears the table whose extract is being built.
    """

    def __init__(self, home: Home, *, ready: int = 1, on_build: Callable[[str], None] = lambda table: None) -> None:
        self.home = home
        self.lake = Lake(home.lake)
        self.extracts = Extracts(home, self.lake, on_build=on_build)
        self._workers = Workers(production=home.settings.production, ready=ready)
        self.decisions = Decisions(home.database_url, self.lake)
        self._answers = Answers()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._workers.close()

    def sql(
        self,
        text: str,
        *,
        principal: str,
        purpose: str | None,
        schema: str | None = None,
        person: str = "",
        action: str = "sql",
        limits: Limits | None = None,
        on_progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        gate: bool = True,
    ) -> Result:
        """Answer a question; raises NightlightError (refused) or QueryFailed (it failed while running).

        The audit has it, as `action`, before anything is returned or raised. `gate=False` hands the text to the worker
        unread, which must leak nothing either: the tests' way to prove it, refused in production.
        """
        question = Question(text, principal, purpose, schema, person)
        run = _Run(limits or self.limits(), on_progress, cancelled)
        return self.audited(action, question, lambda account: self._answer(question, run, account, gate=gate))

    def open(self, question: Question, load: "Callable[[], tuple[pa.Table, tuple[str, ...]]]", standing: str) -> Result:
        """An answer given before, with its notes, to the one who asked: if they may still read what it was made of."""

        def answer(account: _Account) -> Result:
            self.decisions.admit(question.principal, question.purpose)
            table, notes = load()
            command = read_command(question.text)
            if command.kind == "show tables":
                return self._list_tables(question, account)
            self._authorize(command, question, account)
            if account.standing != standing:
                raise NightlightError("what you may read has changed since this was answered", remedy="ask it again")
            account.rows = table.num_rows
            cut = any(note.startswith(CUT) for note in notes)
            return Result(table, cut, notes, account.standing, {}, columns=account.columns)

        return self.audited("open result", question, answer)

    def admit(self, question: Question) -> None:
        """Raise NightlightError, with a record in the audit, unless the person may ask for this purpose."""
        try:
            self.decisions.admit(question.principal, question.purpose)
        except NightlightError as refusal:
            append(self.home, _Account().entry("admit", question, "refused", str(refusal), 0.0))
            raise

    def audited(self, action: str, question: Question, answer: Callable[[_Account], Result]) -> Result:
        """Answer, and have it in the audit before anything is returned or raised."""
        account, begun = _Account(), time.monotonic()

        def record(outcome: str, detail: str = "") -> None:
            append(self.home, account.entry(action, question, outcome, detail, time.monotonic() - begun))

        try:
            result = answer(account)
        except QueryFailed as failure:
            record("refused" if failure.kind == "refused" else "failed", str(failure))
            raise
        except NotPreparedError as failure:
            record("failed", f"{failure}: {failure.reason}")
            raise
        except NightlightError as refusal:
            record("refused", str(refusal))
            raise
        except Exception as error:  # its text may quote anything
            record("failed", type(error).__name__)
            raise NightlightError(f"the question could not be answered ({type(error).__name__})") from None
        except BaseException:
            record("failed", "stopped")
            raise
        record("done")
        return result

    def limits(self) -> Limits:
        """The bounds of a question that somebody waits for."""
        settings = self.home.settings
        return Limits(settings.query_seconds, settings.query_memory_mb, settings.query_rows, RESULT_BYTES)

    def _answer(self, question: Question, run: _Run, account: _Account, *, gate: bool) -> Result:
        self.decisions.admit(question.principal, question.purpose)
        command = self._read(question, gate=gate)
        if command.kind == "show tables":
            return self._list_tables(question, account)
        authorized = self._authorize(command, question, account)
        account.versions = {name: version for each in authorized for name, version in each.plan.versions.items()}
        key = _key(command, question, authorized, run) if gate else None
        rows = self._answers.answer(key, lambda: self._ask(command, question, authorized, run))
        account.rows = rows.table.num_rows
        table = with_whole_numbers(rows.table)
        versions = {each.access.table: account.versions[each.access.table] for each in authorized}
        return Result(
            table, rows.truncated, _notes(rows), account.standing, versions, rows.cpu_seconds, account.columns
        )

    def _ask(self, command: Command, question: Question, authorized: Collection[Authorized], run: _Run) -> Rows:
        """The rows that a worker gives, on extracts made ready for it."""
        ready: dict[str, Ready] = {}
        try:
            self._prepare(command.query, authorized, ready)
            return self._run(command, question, ready, run)
        finally:
            for extract in ready.values():
                if extract.once:
                    extract.file.unlink(missing_ok=True)

    def _read(self, question: Question, *, gate: bool) -> Command:
        if gate:
            return read_command(question.text)
        if self.home.settings.production:
            raise NightlightError("the gate cannot be left out in production")
        return Command("query", None, question.text)

    def _decide(self, command: Command, question: Question) -> list[Decision]:
        """What the person may read of the tables of a command, all of which show them something.

        An unqualified name that is a CTE somewhere may be a table elsewhere: it is there if the person may read it.
        """
        if command.query is None:
            return list(
                self.decisions.look_up(question.principal, self.decisions.visible_tables(question.principal)).values()
            )
        references = sorted(command.query.tables, key=lambda reference: (reference.schema or "", reference.table))
        named = {_resolve(reference, question.schema): reference for reference in references}
        maybe = {f"{question.schema}.{name}" for name in command.query.ctes if question.schema}
        names = [name for name in {*named, *maybe} if TableName.is_valid(name)]
        found = self.decisions.look_up(question.principal, names)
        for name, reference in named.items():
            if name not in found:
                remedy = None if reference.schema else "write schema.table, or name the schema with --schema"
                raise no_table(str(reference), remedy)
        return list(found.values())

    def _authorize(self, command: Command, question: Question, account: _Account) -> list[Authorized]:
        """What the person may read of each table of the question, as the extracts that hold it."""
        authorized = []
        for decision in self._decide(command, question):
            with _preparing(decision.access.table):
                plan = self.extracts.plan(decision.authorization, decision.table)
            authorized.append(Authorized(decision.access, plan))
        accesses = [each.access for each in authorized]
        account.tables = tuple(access.table for access in accesses)
        account.columns = tuple(_columns_read(command.query, accesses))
        account.fingerprint = _joint(each.plan.fingerprint for each in authorized)
        account.standing = _joint(each.plan.standing for each in authorized)
        return authorized

    def _prepare(self, query: Query | None, authorized: Collection[Authorized], ready: dict[str, Ready]) -> None:
        """Add each table's extract to `ready`: also what was prepared before one that fails is to be put away."""
        columns = None if query is None or query.every_column else query.columns
        for each in authorized:
            with _preparing(each.access.table):
                within = partial(_time_bounds, query, each.access)
                ready[each.access.table] = self.extracts.prepare(each.plan, columns=columns, within=within)

    def _run(self, command: Command, question: Question, ready: Mapping[str, Ready], run: _Run) -> Rows:
        extracts = [Extract(*TableName.parse(name), extract.file) for name, extract in ready.items()]
        path = question.schema if any(extract.schema == question.schema for extract in extracts) else None

        def execute(text: str) -> Rows:
            return self._workers.run(
                text, extracts, run.limits, search_path=path, on_progress=run.on_progress, cancelled=run.cancelled
            )

        query = command.query
        if query is None or query.pivot is None:
            return execute(command.text)
        values = execute(query.pivot.values_query.text).table
        rows = [tuple(row.values()) for row in values.to_pylist()]
        return execute(command.text.removesuffix(query.text) + query.pivot.with_values(rows).text)

    def _list_tables(self, question: Question, account: _Account) -> Result:
        """SHOW TABLES: the tables of which the person may read something."""
        import pyarrow as pa

        names = [TableName.parse(name) for name in self.decisions.visible_tables(question.principal)]
        shown = [name for name in names if question.schema in (None, name.schema)]
        table = pa.table({"schema": [n.schema for n in shown], "table": [n.table for n in shown]}, schema=_listing())
        account.rows = table.num_rows
        return Result(table, False, (), "", {})


def _key(command: Command, question: Question, authorized: Collection[Authorized], run: _Run) -> Hashable | None:
    """All that the rows depend on; None where the same question may give others, or somebody may want to cancel it."""
    lasting = all(each.plan.authorization.is_lasting for each in authorized)
    if command.query is None or not command.query.is_repeatable or not lasting or run.cancelled is not None:
        return None
    read = tuple(sorted((each.plan.fingerprint, *sorted(each.plan.states.items())) for each in authorized))
    return command.text, question.schema, run.limits, read


def _resolve(reference: TableReference, schema: str | None) -> str:
    """`schema.table` of a reference, "" when it names no schema and there is none to look in."""
    found = reference.schema or schema
    return f"{found}.{reference.table}" if found else ""


def _time_bounds(query: Query | None, access: TableAccess) -> TimeBounds:
    """The range of time that the query asks for: on columns the person sees as they are."""
    times = {
        column.name: column.type
        for column in access.allowed
        if column.mask is None and column.type.startswith(("date", "timestamp"))
    }
    name = TableName.parse(access.table)
    references = [] if query is None else [ref for ref in query.tables if ref.table == name.table]
    return time_bounds(query, references[0], times) if query is not None and len(references) == 1 else {}


def _columns_read(query: Query | None, accesses: Collection[TableAccess]) -> list[str]:
    """The columns that a query can have read, as `schema.table.column`."""
    return [
        f"{access.table}.{column.name}"
        for access in accesses
        for column in access.allowed
        if query is None or query.every_column or lower(column.name) in query.columns
    ]


def _joint(fingerprints: Iterable[str]) -> str:
    """One fingerprint for all that a question could read; "" when that is nothing of the lake."""
    parts = sorted(fingerprints)
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:40] if parts else ""


def _notes(rows: Rows) -> tuple[str, ...]:
    cut = [f"{CUT} {rows.table.num_rows:,} rows"] if rows.truncated else []
    return (*cut, *([] if rows.sandboxed else [UNSANDBOXED]))


def _listing() -> "pa.Schema":
    import pyarrow as pa

    return pa.schema([("schema", pa.string()), ("table", pa.string())])
