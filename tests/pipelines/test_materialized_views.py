"""A view brought up to date key by key is the view computed as a whole, whatever arrived in whatever order."""

import random
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nightlight.pipelines.plan import Action
from nightlight.pipelines.writing import REJECTED_AT, UPDATE

if TYPE_CHECKING:
    from tests.pipelines.conftest import Pipeline

PROJECT = """
CREATE STREAMING TABLE silver.messages TBLPROPERTIES (
  'deduplicate.key' = 'message_id', 'deduplicate.first' = 'position',
  'expect.known_author' = "DROP author IN ('texter', 'counselor')"
) AS SELECT message_id, conversation_id, sent_at, author, position FROM STREAM bronze.messages;

CREATE STREAMING TABLE silver.events AS SELECT * FROM STREAM bronze.events;

CREATE MATERIALIZED VIEW silver.conversations TBLPROPERTIES (
  'refresh.key' = 'conversation_id',
  'expect.was_queued' = 'DROP queued_at IS NOT NULL',
  'expect.was_answered' = 'WARN counselor_messages > 0'
) AS
WITH turns AS (
  SELECT conversation_id, sent_at, author,
    CASE WHEN author = 'counselor'
      AND lag(author) OVER (PARTITION BY conversation_id ORDER BY sent_at, message_id) = 'texter'
      THEN unix_millis(sent_at)
        - unix_millis(lag(sent_at) OVER (PARTITION BY conversation_id ORDER BY sent_at, message_id)) END AS response_ms
  FROM silver.messages
),
messages AS (
  SELECT conversation_id, count(*) AS messages, max(sent_at) AS last_at, max(response_ms) AS longest_ms,
    count(CASE WHEN author = 'counselor' THEN 1 END) AS counselor_messages
  FROM turns GROUP BY conversation_id
),
events AS (
  SELECT conversation_id, min(at) AS queued_at, max(rating) AS rating, max(topic) AS topic
  FROM silver.events GROUP BY conversation_id
)
SELECT e.conversation_id AS conversation_id, CAST(e.queued_at AS DATE) AS day, hour(e.queued_at) AS hour,
  e.queued_at, e.rating, e.topic, m.last_at, m.longest_ms, coalesce(m.messages, 0L) AS messages,
  coalesce(m.counselor_messages, 0L) AS counselor_messages
FROM events e LEFT JOIN messages m ON e.conversation_id = m.conversation_id;

CREATE TEMPORARY VIEW everything AS
SELECT day, hour, topic, messages, longest_ms, rating, 'here' AS partner FROM silver.conversations
UNION ALL
SELECT day, hour, topic, messages, NULL AS longest_ms, rating, 'there' AS partner FROM bronze.partner;

CREATE MATERIALIZED VIEW gold.daily TBLPROPERTIES ('refresh.key' = 'day') AS
SELECT day, partner, count(*) AS conversations, sum(messages) AS messages, percentile(messages, 0.5) AS messages_p50,
  percentile(longest_ms, 0.9) AS longest_p90, count(DISTINCT topic) AS topics, avg(rating) AS rating
FROM everything GROUP BY day, partner;

CREATE MATERIALIZED VIEW gold.hourly TBLPROPERTIES ('refresh.key' = 'day, hour') AS
SELECT day, hour, count(*) AS conversations, max(messages) AS longest FROM everything GROUP BY day, hour;

CREATE MATERIALIZED VIEW gold.labelled TBLPROPERTIES ('refresh.key' = 'day') AS
SELECT c.day AS day, t.label AS label, count(*) AS conversations
FROM silver.conversations c LEFT JOIN bronze.topics t ON c.topic = t.topic GROUP BY c.day, t.label;

CREATE MATERIALIZED VIEW gold.messages TBLPROPERTIES ('refresh.key' = 'conversation_id') AS
SELECT conversation_id, author, count(*) AS messages FROM silver.messages GROUP BY conversation_id, author;

CREATE MATERIALIZED VIEW gold.total AS
SELECT count(*) AS conversations, sum(messages) AS messages, min(day) AS first FROM silver.conversations;
"""
TABLES = [
    *("silver.messages", "silver.events", "silver.conversations"),
    *("gold.daily", "gold.hourly", "gold.labelled", "gold.messages", "gold.total"),
    *("quarantine.silver_messages", "quarantine.silver_conversations"),
]
START = datetime(2026, 3, 1, tzinfo=UTC)


class History:
    """A year in a line's life in miniature, drawn from a seed: what is delivered, when, and what befalls the tables."""

    def __init__(self, pipeline: "Pipeline", seed: int) -> None:
        self.pipeline, self.chance = pipeline, random.Random(seed)  # noqa: S311
        self.position = 0
        self.sent: list[dict[str, Any]] = []
        self.conversations = self.chance.randint(3, 25)
        self.ascending = self.chance.random() < 0.5

    def begin(self) -> None:
        self.deliver_topics()
        self.deliver_partner()
        self.deliver_messages()
        self.deliver_events()

    def go_on(self) -> None:
        """One to three things happen, in any order, some of them twice."""
        happenings: list[Callable[[], None]] = [
            *([self.deliver_messages] * 4),
            *([self.deliver_events] * 3),
            self.deliver_partner,
            self.deliver_topics,
            self.compact,
        ]
        for happening in self.chance.choices(happenings, k=self.chance.randint(1, 3)):
            happening()

    def update(self) -> None:
        self.pipeline.limit_batches(self.chance.choice([5, 20, 1_000_000]))
        self.pipeline.update_well()

    def deliver_messages(self) -> None:
        rows = [self._message() for _ in range(self.chance.randint(0, 30))]
        self.sent += rows
        again = self.chance.sample(self.sent, min(len(self.sent), self.chance.randint(0, 6)))
        rows += [{**row, "author": self.chance.choice([row["author"], "counselor"])} for row in again]
        self.chance.shuffle(rows)
        for row in rows:
            self.position += 1
            row["position"] = self.position
        self.pipeline.deliver("bronze.messages", rows)

    def deliver_events(self) -> None:
        import pyarrow as pa

        rows = [
            {
                "conversation_id": self._conversation(),
                "at": self._moment() if self.chance.random() < 0.8 else None,
                "rating": self.chance.choice([None, 1, 2, 3, 4, 5]),
                "topic": self.chance.choice([None, "school", "family", "sleep", "work"]),
            }
            for _ in range(self.chance.randint(0, 8))
        ]
        schema = pa.schema(
            {"conversation_id": pa.int64(), "at": pa.timestamp("us", "UTC"), "rating": pa.int32(), "topic": pa.string()}
        )
        self.pipeline.deliver_as("bronze.events", rows, schema)

    def deliver_partner(self) -> None:
        import pyarrow as pa

        rows = [
            {
                "day": self._moment().date(),
                "hour": self.chance.randint(0, 23),
                "topic": "work",
                "messages": 7,
                "rating": 3,
            }
            for _ in range(self.chance.randint(0, 5))
        ]
        kinds = {
            "day": pa.date32(),
            "hour": pa.int32(),
            "topic": pa.string(),
            "messages": pa.int64(),
            "rating": pa.int32(),
        }
        self.pipeline.deliver_as("bronze.partner", rows, pa.schema(kinds))

    def deliver_topics(self) -> None:
        import pyarrow as pa

        topic = self.chance.choice(["school", "family", "sleep", "work"])
        row = {"topic": topic, "label": self.chance.choice(["everyday", "other"])}
        self.pipeline.deliver_as("bronze.topics", [row], pa.schema({"topic": pa.string(), "label": pa.string()}))

    def compact(self) -> None:
        name = self.chance.choice([name for name in TABLES if self.pipeline.table(name).exists] + ["bronze.messages"])
        if self.pipeline.table(name).rows:
            self.pipeline.compact(name)

    def _message(self) -> dict[str, Any]:
        return {
            "message_id": len(self.sent) + self.chance.randint(0, 40),  # some ids come twice
            "conversation_id": self._conversation(),
            "sent_at": self._moment(),
            "author": self.chance.choice(["texter", "texter", "counselor", "counselor", "unknown", None]),
            "text": "hello",
        }

    def _conversation(self) -> int | None:
        """Some rows have none; in some histories ids ascend with time, so that files have bounds apart."""
        if self.chance.random() < 0.08:
            return None
        begun = self.position // 3 if self.ascending else 0
        return begun + self.chance.randint(1, self.conversations)

    def _moment(self) -> datetime:
        return START + timedelta(minutes=self.chance.randint(0, 5 * 24 * 60))


def contents(pipeline: "Pipeline") -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    for name in TABLES:
        columns = [column for column in pipeline.table(name).schema.names if column not in (UPDATE, REJECTED_AT)]
        found[name] = pipeline.rows(name, *columns)
    return found


@pytest.mark.parametrize("seed", range(20))
def test_after_any_history_all_tables_are_those_of_a_full_refresh(
    seed: int, tmp_path: Path, make_pipeline: "Callable[[Path], Pipeline]"
) -> None:
    pipeline = make_pipeline(tmp_path / "home")
    pipeline.define(PROJECT)
    history = History(pipeline, seed)
    history.begin()
    for _ in range(seed % 4):
        history.update()
        history.go_on()
    history.update()
    afresh = make_pipeline(tmp_path / "afresh")
    shutil.copytree(pipeline.home.lake / "bronze", afresh.home.lake / "bronze")
    afresh.define(PROJECT)
    afresh.update_well()
    assert contents(pipeline) == contents(afresh)


GROUPS = """
CREATE MATERIALIZED VIEW gold.groups TBLPROPERTIES ('refresh.key' = 'conversation_id') AS
SELECT conversation_id, count(*) AS messages, count(CASE WHEN author = 'texter' THEN 1 END) AS of_texters
FROM bronze.messages GROUP BY conversation_id;
"""


def conversations(*ids: int | None, author: str = "texter") -> list[dict[str, Any]]:
    return [{"conversation_id": number, "author": author} for number in ids]


def test_rows_without_a_key_are_counted_wherever_they_lie(pipeline: "Pipeline") -> None:
    pipeline.define(GROUPS)
    pipeline.limit_batches(4)
    pipeline.deliver("bronze.messages", conversations(1, 1, 2, 2, None, None))
    pipeline.deliver("bronze.messages", conversations(11, 11, 12, 12))
    pipeline.deliver("bronze.messages", conversations(21, 21, 22, 22))
    pipeline.update_well()
    assert pipeline.rows("gold.groups", "conversation_id", "messages") == sorted(
        [(1, 2), (2, 2), (11, 2), (12, 2), (21, 2), (22, 2), (None, 2)], key=repr
    )
    pipeline.deliver("bronze.messages", conversations(None, 30))
    pipeline.update_well()
    assert (None, 3) in pipeline.rows("gold.groups", "conversation_id", "messages")


def test_only_the_keys_that_changed_are_computed_again(pipeline: "Pipeline") -> None:
    pipeline.define(GROUPS)
    pipeline.deliver("bronze.messages", conversations(*range(100)))
    pipeline.update_well()
    pipeline.deliver("bronze.messages", conversations(7, 7, 200))
    (event,) = pipeline.update_well().events
    assert event.action == Action.REFRESH_KEYS
    assert (event.rows_in, event.rows_out) == (3, 2)
    assert pipeline.rows("gold.groups", "conversation_id", "messages")[-3:] == [(97, 1), (98, 1), (99, 1)]
    assert (7, 3) in pipeline.rows("gold.groups", "conversation_id", "messages")
    assert (200, 1) in pipeline.rows("gold.groups", "conversation_id", "messages")


def test_rows_that_only_move_to_another_file_are_no_change_for_what_reads_the_view(pipeline: "Pipeline") -> None:
    pipeline.define(
        GROUPS + "CREATE MATERIALIZED VIEW gold.sizes TBLPROPERTIES ('refresh.key' = 'conversation_id') AS "
        "SELECT conversation_id, max(messages) AS messages FROM gold.groups GROUP BY conversation_id;"
    )
    pipeline.deliver("bronze.messages", conversations(*range(100)))
    pipeline.update_well()
    pipeline.deliver("bronze.messages", conversations(7))  # the file that held all 100 groups is written anew
    events = {event.dataset: event for event in pipeline.update_well().events}
    assert (events["gold.groups"].rows_out, events["gold.sizes"].rows_out) == (1, 1)
    assert len(pipeline.rows("gold.sizes")) == 100
    pipeline.deliver("bronze.messages", conversations(7, 8))
    events = {event.dataset: event for event in pipeline.update_well().events}
    assert (events["gold.groups"].rows_out, events["gold.sizes"].rows_out) == (2, 2)
    assert {(6, 1), (7, 3), (8, 2)} <= set(pipeline.rows("gold.sizes", "conversation_id", "messages"))


def test_a_group_that_becomes_empty_vanishes(pipeline: "Pipeline") -> None:
    pipeline.define(
        """
        CREATE MATERIALIZED VIEW silver.latest TBLPROPERTIES ('refresh.key' = 'conversation_id') AS
        SELECT conversation_id, CAST(max(sent_at) AS DATE) AS day FROM bronze.messages GROUP BY conversation_id;
        CREATE MATERIALIZED VIEW gold.by_day TBLPROPERTIES ('refresh.key' = 'day') AS
        SELECT day, count(*) AS conversations FROM silver.latest GROUP BY day;
        CREATE MATERIALIZED VIEW gold.silent TBLPROPERTIES ('refresh.key' = 'conversation_id') AS
        SELECT conversation_id, count(*) AS messages FROM bronze.messages GROUP BY conversation_id HAVING count(*) < 3;
        """
    )
    pipeline.deliver(
        "bronze.messages", [{"conversation_id": 1, "sent_at": START}, {"conversation_id": 2, "sent_at": START}]
    )
    pipeline.update_well()
    assert pipeline.rows("gold.by_day") == [(START.date(), 2)]
    later = START + timedelta(days=1)
    pipeline.deliver("bronze.messages", [{"conversation_id": n, "sent_at": later} for n in (1, 2, 2)])
    pipeline.update_well()
    assert pipeline.rows("gold.by_day") == [(later.date(), 2)]
    assert pipeline.rows("gold.silent") == [(1, 2)]


def test_a_view_over_rewritten_rows_follows_them(pipeline: "Pipeline") -> None:
    pipeline.define(GROUPS)
    pipeline.deliver("bronze.messages", conversations(1, 1, 2, 3))
    pipeline.update_well()
    pipeline.deliver("bronze.messages", conversations(2, 4), overwrite=True)
    pipeline.update_well()
    assert pipeline.rows("gold.groups", "conversation_id", "messages") == [(2, 1), (4, 1)]


def test_keys_of_different_width_meet(pipeline: "Pipeline") -> None:
    import pyarrow as pa

    pipeline.define(
        """
        CREATE MATERIALIZED VIEW gold.both TBLPROPERTIES ('refresh.key' = 'conversation_id') AS
        SELECT conversation_id, 1 AS side FROM bronze.messages
        UNION ALL SELECT conversation_id, 2 AS side FROM bronze.narrow;
        """
    )
    narrow = pa.schema({"conversation_id": pa.int32()})
    for number in (1, 2):
        pipeline.deliver("bronze.messages", conversations(number))
        pipeline.deliver_as("bronze.narrow", [{"conversation_id": number}], narrow)
        pipeline.update_well()
    assert pipeline.rows("gold.both") == [(1, 1), (1, 2), (2, 1), (2, 2)]


@pytest.mark.parametrize("key", ["author", "sent_at", "day", "half", "is_new"])
def test_a_key_may_have_any_simple_type(pipeline: "Pipeline", key: str) -> None:
    pipeline.define(
        f"""
        CREATE MATERIALIZED VIEW silver.keyed TBLPROPERTIES ('refresh.key' = 'message_id') AS
        SELECT message_id, author, sent_at, CAST(sent_at AS DATE) AS day, message_id / 2.0D AS half,
          message_id > 2 AS is_new
        FROM bronze.messages;
        CREATE MATERIALIZED VIEW gold.counts TBLPROPERTIES ('refresh.key' = '{key}') AS
        SELECT {key}, count(*) AS n FROM silver.keyed GROUP BY {key};
        """
    )
    rows = [
        {"message_id": n, "author": "ab"[n % 2], "sent_at": START + timedelta(days=n % 3)} for n in (1, 2, 3, 4, 5, 6)
    ] + [{"message_id": None, "author": None, "sent_at": None}]
    for part in (rows[:3], rows[3:5], rows[5:], rows[6:]):
        pipeline.deliver("bronze.messages", part)
        pipeline.update_well()
    stepwise = pipeline.rows("gold.counts")
    assert sum(n for _, n in stepwise) == 8
    pipeline.refresh_in_full()
    assert pipeline.rows("gold.counts") == stepwise


def test_a_changed_definition_computes_the_view_anew_with_its_new_columns(pipeline: "Pipeline") -> None:
    pipeline.define("CREATE MATERIALIZED VIEW gold.v AS SELECT conversation_id AS x, 1 AS gone FROM bronze.messages;")
    pipeline.deliver("bronze.messages", [{"conversation_id": 7, "text": "seven"}])
    pipeline.update_well()
    pipeline.define("CREATE MATERIALIZED VIEW gold.v AS SELECT text AS x, 2.5D AS come FROM bronze.messages;")
    (event,) = pipeline.update_well().events
    assert (event.action, event.reason) == (Action.RECOMPUTE, "its definition changed")
    assert pipeline.table("gold.v").schema.names == ["x", "come"]
    assert pipeline.rows("gold.v") == [("seven", 2.5)]
    assert pipeline.tags("gold.v") == {"x": "text"}


def test_a_view_can_be_empty_and_fill_later(pipeline: "Pipeline") -> None:
    pipeline.define(GROUPS)
    pipeline.deliver("bronze.messages", [])
    pipeline.update_well()
    assert pipeline.rows("gold.groups") == []
    pipeline.deliver("bronze.messages", conversations(5))
    pipeline.update_well()
    assert pipeline.rows("gold.groups", "conversation_id") == [(5,)]


def test_days_begin_at_local_midnight_also_when_clocks_change(pipeline: "Pipeline") -> None:
    pipeline.define(
        """
        CREATE MATERIALIZED VIEW gold.by_day AS
        SELECT CAST(from_utc_timestamp(sent_at, 'America/New_York') AS DATE) AS day,
          hour(from_utc_timestamp(sent_at, 'America/New_York')) AS hour, count(*) AS n
        FROM bronze.messages GROUP BY 1, 2;
        """
    )
    moments = ["2026-03-08T04:59", "2026-03-08T05:00", "2026-03-08T06:59", "2026-03-08T07:00", "2026-03-09T03:59"]
    moments += ["2026-11-01T03:59", "2026-11-01T04:00", "2026-11-01T05:30", "2026-11-01T06:30", "2026-11-02T04:59"]
    rows = [{"sent_at": datetime.fromisoformat(moment).replace(tzinfo=UTC)} for moment in moments]
    pipeline.deliver("bronze.messages", rows)
    pipeline.update_well()
    march = [(date(2026, 3, 7), 23, 1), (date(2026, 3, 8), 0, 1), (date(2026, 3, 8), 1, 1), (date(2026, 3, 8), 3, 1)]
    autumn = [(date(2026, 10, 31), 23, 1), (date(2026, 11, 1), 0, 1), (date(2026, 11, 1), 1, 2)]
    ends = [(date(2026, 3, 8), 23, 1), (date(2026, 11, 1), 23, 1)]
    assert pipeline.rows("gold.by_day") == sorted(march + autumn + ends, key=repr)


def test_percentiles_are_exact_and_of_nothing_are_null(pipeline: "Pipeline") -> None:
    pipeline.define(
        """
        CREATE MATERIALIZED VIEW gold.waits AS
        SELECT author, percentile(position, 0.5) AS p50, percentile(position, 0.9) AS p90, max(position) AS longest
        FROM bronze.messages GROUP BY author;
        """
    )
    rows: list[dict[str, Any]] = [{"author": "a", "position": n} for n in range(1, 101)]
    rows += [{"author": "b", "position": n} for n in (1, 2)] + [{"author": "c", "position": None}]
    pipeline.deliver("bronze.messages", rows)
    pipeline.update_well()
    (p50, p90), (b50, b90) = [row[1:3] for row in pipeline.rows("gold.waits")[:2]]
    assert (p50, b50) == (50.5, 1.5)
    assert (p90, b90) == (pytest.approx(90.1), pytest.approx(1.9))
    assert pipeline.rows("gold.waits")[2] == ("c", None, None, None)


REFUSING = """
CREATE MATERIALIZED VIEW gold.answered TBLPROPERTIES (
  'refresh.key' = 'conversation_id', 'expect.has_counselor' = 'DROP counselors > 0'
) AS
SELECT conversation_id, count(CASE WHEN author = 'counselor' THEN 1 END) AS counselors
FROM bronze.messages GROUP BY conversation_id;
"""


def test_the_quarantine_of_a_view_holds_each_refused_row_once(pipeline: "Pipeline") -> None:
    pipeline.define(REFUSING)
    for _ in range(3):
        pipeline.deliver("bronze.messages", conversations(1, 2))
        pipeline.update_well()
    assert pipeline.rows("quarantine.gold_answered", "conversation_id", "_rule") == [
        (1, "has_counselor"),
        (2, "has_counselor"),
    ]


def test_the_quarantine_of_a_view_lets_go_of_rows_that_became_good(pipeline: "Pipeline") -> None:
    pipeline.define(REFUSING)
    pipeline.deliver("bronze.messages", conversations(1, 2))
    pipeline.update_well()
    pipeline.deliver("bronze.messages", conversations(2, author="counselor"))
    pipeline.update_well()
    assert pipeline.rows("gold.answered") == [(2, 1)]
    assert pipeline.rows("quarantine.gold_answered", "conversation_id") == [(1,)]
