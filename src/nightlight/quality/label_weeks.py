"""Labels counted by week: how many of each, and how sure the labeller was; no conversation can be told from them.

Live labels are online (each message read with what came before it), those of the line's tables are not: they are
counted apart."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from nightlight.catalog.history import database_errors
from nightlight.conversations.labels import Author
from nightlight.db import insert_row, moment, rows_of, transaction, update_rows
from nightlight.lakehouse.tables import Lake, Table
from nightlight.quality.access import Clock
from nightlight.quality.label_rows import labels_from_json
from nightlight.quality.store import LINE, LIVE
from nightlight.settings import Home

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import Connection

LABELS = "gold.message_labels"
AXES = ("phase", "acts", "risk", "confidence", "read")
CONVERSATIONS = "conversations"
NEEDED = (
    *("conversation_id", "sent_at", "phase", "phase_probability", "acts", "act_probabilities", "risk"),
    *("risk_probability", "abstained", "labeller"),
)
EVERY = timedelta(days=1)  # a table of a year is read as a whole: not every few minutes
ANEW = timedelta(weeks=2)  # live messages come late by days, not by months
Key = tuple[date, str, str, str]  # week, labeller, axis, label


@dataclass(frozen=True)
class Count:
    """`probability`: the sum of what the labeller gave each of them; None where it gives none."""

    source: str
    week: date
    labeller: str
    axis: str
    label: str
    number: int
    probability: float | None


def count_labels(home: Home, *, clock: Clock) -> None:
    """Count what is new: live labels of the last two weeks, the table when it has changed, at most once a day."""
    now = clock()
    _count_live(home, now)
    table = Lake(home.lake).table(LABELS)
    if table.exists and set(NEEDED) <= set(table.schema.names):
        _count_table(home, table, now)


def label_counts(home: Home) -> list[Count]:
    """All counts of this home."""
    with transaction(home.database_url) as connection:
        rows = rows_of(connection, "quality_label_weeks", "source, week, labeller, axis, label")
    return [Count(**{**row, "week": as_day(row["week"])}) for row in rows]


def _count_live(home: Home, now: datetime) -> None:
    from sqlalchemy import text

    since = _monday(now - ANEW)
    query = text(
        "SELECT m.conversation, m.message_id, m.author, m.sent_at, m.labels, c.labeller FROM quality_messages m "
        "JOIN quality_cases c ON c.conversation = m.conversation WHERE m.labels IS NOT NULL AND m.sent_at >= :since"
    )
    at = datetime.combine(since, datetime.min.time(), UTC)
    found = _Counts()
    with transaction(home.database_url) as connection:
        for row in connection.execute(query, {"since": at}):
            found.add_message(row)
    _keep(home, LIVE, found, since, mark=str(now.date()), now=now)


def _count_table(home: Home, table: Table, now: datetime) -> None:
    mark = f"{table.identity} {table.version}"
    with transaction(home.database_url) as connection:
        last = next(iter(rows_of(connection, "quality_label_counts", "source", source=LINE)), None)
    if last and (last["mark"] == mark or now - moment(last["counted_at"]) < EVERY):
        return
    found = _Counts()
    for batch in table.batches(list(NEEDED)):
        found.add_batch(batch)
    _keep(home, LINE, found, None, mark=mark, now=now)


def _keep(home: Home, source: str, found: "_Counts", since: date | None, *, mark: str, now: datetime) -> None:
    """Write the weeks from `since` on anew, or all; weeks before stay as they were counted."""
    from sqlalchemy import text

    with database_errors(), transaction(home.database_url) as connection:
        old = "DELETE FROM quality_label_weeks WHERE source = :source AND week >= :since"
        connection.execute(text(old), {"source": source, "since": since or date.min})
        for count in found.counts(source):
            insert_row(connection, "quality_label_weeks", vars(count))
        _mark(connection, source, mark, now)


def _mark(connection: "Connection", source: str, mark: str, now: datetime) -> None:
    values = {"mark": mark, "counted_at": now}
    if not update_rows(connection, "quality_label_counts", {"source": source}, values):
        insert_row(connection, "quality_label_counts", {"source": source, **values})


class _Counts:
    """What has been counted so far."""

    def __init__(self) -> None:
        self._number: dict[Key, int] = defaultdict(int)
        self._probability: dict[Key, float | None] = {}
        self._conversations: dict[tuple[date, str], set[int]] = defaultdict(set)

    def add(self, key: Key, number: int, probability: float | None) -> None:
        self._number[key] += number
        before = self._probability.get(key)
        self._probability[key] = before if probability is None else (before or 0.0) + probability

    def counts(self, source: str) -> Iterator[Count]:
        for (week, labeller, axis, label), number in self._number.items():
            probability = self._probability[week, labeller, axis, label]
            yield Count(source, week, labeller, axis, label, number, probability)
        for (week, labeller), seen in self._conversations.items():
            yield Count(source, week, labeller, CONVERSATIONS, "", len(seen), None)

    def add_message(self, row: Any) -> None:
        """A live message's labels."""
        labels = labels_from_json(row.labels, row.message_id, Author(row.author), moment(row.sent_at))
        week, by = _monday(moment(row.sent_at)), row.labeller
        self._conversations[week, by].add(hash(row.conversation))
        self.add((week, by, "read", "not assessed" if labels.abstained else "assessed"), 1, None)
        if labels.phase is not None:
            self.add((week, by, "phase", str(labels.phase)), 1, labels.phase_probability)
        if labels.phase_probability is not None:
            self.add((week, by, "confidence", _tenth(labels.phase_probability)), 1, labels.phase_probability)
        for done in labels.acts or ():
            self.add((week, by, "acts", str(done.act)), 1, done.probability)
        if labels.risk is not None:
            self.add((week, by, "risk", str(labels.risk.level)), 1, labels.risk.probabilities[labels.risk.level])

    def add_batch(self, batch: "pa.RecordBatch") -> None:
        """Rows of the table of labels."""
        import pyarrow as pa
        import pyarrow.compute as pc

        batch = batch.filter(pc.is_valid(batch.column("sent_at")))
        week = pc.cast(pc.floor_temporal(batch.column("sent_at"), unit="week"), pa.date32())
        by, sure = pc.fill_null(batch.column("labeller"), ""), batch.column("phase_probability")
        each = {"week": week, "labeller": by}
        read = pc.if_else(pc.is_valid(batch.column("abstained")), "not assessed", "assessed")
        tenth = pc.cast(pc.min_element_wise(pc.floor(pc.multiply(sure, 10)), 9, skip_nulls=False), pa.int64())
        level = pc.cast(batch.column("risk"), pa.string())
        self._add_rows("read", {**each, "label": read})
        self._add_rows("phase", {**each, "label": batch.column("phase"), "probability": sure})
        self._add_rows("confidence", {**each, "label": _tenths(tenth), "probability": sure})
        self._add_rows("risk", {**each, "label": level, "probability": batch.column("risk_probability")})
        acts, parents = batch.column("acts"), pc.list_parent_indices(batch.column("acts"))
        done = {"label": pc.list_flatten(acts), "probability": pc.list_flatten(batch.column("act_probabilities"))}
        self._add_rows("acts", {"week": week.take(parents), "labeller": by.take(parents), **done})
        pairs = pa.table({**each, "conversation": pc.cast(batch.column("conversation_id"), pa.string())})
        for row in pairs.group_by(["week", "labeller", "conversation"]).aggregate([]).to_pylist():
            self._conversations[row["week"], row["labeller"]].add(hash(row["conversation"]))

    def _add_rows(self, axis: str, columns: dict[str, Any]) -> None:
        import pyarrow as pa

        has = [("probability", "sum")] if "probability" in columns else []
        grouped = pa.table(columns).group_by(["week", "labeller", "label"]).aggregate([([], "count_all"), *has])
        for row in grouped.to_pylist():
            if row["label"] is not None:
                key = (row["week"], row["labeller"], axis, row["label"])
                self.add(key, row["count_all"], row.get("probability_sum"))


def _tenth(probability: float) -> str:
    """
    >>> _tenth(0.87), _tenth(1.0)
    ('0.8', '0.9')
    """
    return f"0.{min(int(probability * 10), 9)}"


def _tenths(number: "pa.Array") -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(pa.scalar("0."), pc.cast(number, pa.string()), "")


def _monday(at: datetime) -> date:
    day = at.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def as_day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def sources_of(counts: Iterable[Count]) -> tuple[str, ...]:
    """Where labels were counted, the tables first."""
    found = {count.source for count in counts}
    return tuple(source for source in (LINE, LIVE) if source in found)
