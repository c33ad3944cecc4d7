"""The example line's labels and flags through an engine: the labeller's own, of what is new, and the same on both."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import Deliver
from tests.labelling.registered import let_people_decide, looked_up_at_once, to_production, write_other

from nightlight.labelling.datasets import LABEL_COLUMNS, label_messages
from nightlight.lakehouse.tables import SENSITIVITY, Lake
from nightlight.pipelines.engines import open_session
from nightlight.pipelines.plan import Selection
from nightlight.pipelines.project import read_project
from nightlight.pipelines.update import Update, run_update
from nightlight.settings import Home, shipped

if TYPE_CHECKING:
    import pyarrow as pa

    from nightlight.pipelines.engines.session import Session

REMOTE = os.environ.get("NIGHTLIGHT_SPARK_REMOTE")
BEGUN = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
SAID = (
    ("texter", "hi, i cant sleep and i feel so alone"),
    ("counselor", "Hi, I'm glad you wrote. What keeps you awake?"),
    ("system", "You are now connected with a counselor."),
    ("texter", "sometimes i think about killing myself"),
    ("counselor", "What did you do today?"),
    ("texter", "nothing"),
    ("counselor", "Did you eat something?"),
    ("texter", "no"),
    ("counselor", "What is your favorite food?"),
    ("texter", "i dont know anymore"),
)
ENGINES = [
    "sail",
    pytest.param("spark", marks=[pytest.mark.spark, pytest.mark.skipif(not REMOTE, reason="there is no Spark")]),
]


class Line:
    """A home with messages and conversations as silver has them, and the example's own definition of labels."""

    def __init__(self, home: Home, session: "Session", deliver: Deliver) -> None:
        self.home, self.session, self.deliver = home, session, deliver
        self.root = home.pipelines / "labels"
        self.root.mkdir(parents=True)
        (self.root / "spark-pipeline.yml").write_text("name: labels\nlibraries:\n  - glob:\n      include: '*.py'\n")
        file = shipped("examples/line/pipelines/harbour/transformations/gold_labels.py")
        # Owners are the example's own matter, and tested with its policies.
        (self.root / file.name).write_text(file.read_text().replace('"owner": "quality",', ""))

    def say(self, conversation: int, *said: tuple[str, str], first: int = 0) -> None:
        rows = [
            {
                "message_id": 1000 * conversation + first + number,
                "conversation_id": conversation,
                "sent_at": BEGUN + timedelta(minutes=first + number),
                "author": author,
                "text": text,
            }
            for number, (author, text) in enumerate(said)
        ]
        self.deliver(self.home, "silver.messages", rows, message_columns())

    def end(self, *conversations: int, open_ones: tuple[int, ...] = ()) -> None:
        ended = BEGUN + timedelta(hours=1)
        rows: list[dict[str, Any]] = [{"conversation_id": each, "closed_at": ended} for each in conversations]
        rows += [{"conversation_id": each, "closed_at": None} for each in open_ones]
        self.deliver(self.home, "silver.conversations", rows, conversation_columns(), overwrite=True)

    def update(self, selection: Selection | None = None) -> Update:
        update = run_update(read_project(self.root, self.session), self.home, self.session, selection)
        assert [event.error for event in update.failed] == []
        return update

    def rows(self, table: str) -> list[dict[str, Any]]:
        rows = Lake(self.home.lake).table(table).read().to_pylist()
        return sorted(rows, key=lambda row: (row["conversation_id"], row.get("message_id", 0), row.get("rule", "")))

    def labels(self, conversation: int) -> list[tuple[Any, ...]]:
        """The labels of a conversation, in order, as the labeller's function gives them."""
        rows = [row for row in self.rows("gold.message_labels") if row["conversation_id"] == conversation]
        return [tuple(row[name] for name in LABEL_COLUMNS) for row in rows]

    def rules(self, conversation: int) -> set[str]:
        return {row["rule"] for row in self.rows("gold.conversation_flags") if row["conversation_id"] == conversation}


def message_columns() -> "pa.Schema":
    import pyarrow as pa

    return pa.schema(
        [
            pa.field("message_id", pa.int64()),
            pa.field("conversation_id", pa.int64()),
            pa.field("sent_at", pa.timestamp("us", "UTC")),
            pa.field("author", pa.string()),
            pa.field("text", pa.string(), metadata={SENSITIVITY: b"text"}),
        ]
    )


def conversation_columns() -> "pa.Schema":
    import pyarrow as pa

    return pa.schema([("conversation_id", pa.int64()), ("closed_at", pa.timestamp("us", "UTC"))])


@pytest.fixture(params=ENGINES)
def line(request: pytest.FixtureRequest, home: Home, deliver: Deliver) -> Iterator[Line]:
    session = open_session(request.param, settings=home.settings, remote=REMOTE)
    yield Line(home, session, deliver)
    session.spark.client.close()


def direct(*said: tuple[str, str]) -> list[tuple[Any, ...]]:
    """What the function says that the dataset calls, called here."""
    wanted = [(author, text) for author, text in said if author != "system"]
    return label_messages([author for author, _ in wanted], [text for _, text in wanted], [0] * len(wanted))


def test_labels_are_the_labellers_and_flags_follow_from_them(line: Line) -> None:
    line.say(1, *SAID)
    line.say(2, ("texter", "thank you for yesterday"), ("counselor", "You are welcome. How are you today?"))
    line.end(1, open_ones=(2,))
    line.update()
    assert line.labels(1) == direct(*SAID)
    assert "risk_not_assessed" in line.rules(1)
    assert line.rules(2) == set()
    (flag,) = [row for row in line.rows("gold.conversation_flags") if row["rule"] == "risk_not_assessed"]
    assert set(flag["message_ids"]) <= {1000 + number for number in range(len(SAID))}
    assert flag["ended_at"] == BEGUN + timedelta(hours=1)


def test_a_conversation_with_new_messages_is_read_anew_and_no_other(line: Line) -> None:
    line.say(1, *SAID[:4])
    line.say(2, *SAID)
    line.end(open_ones=(1, 2))
    line.update()
    before = line.labels(2)
    line.say(1, ("counselor", "Are you thinking about killing yourself tonight?"), first=4)
    update = line.update()
    events = {event.dataset: event for event in update.events}
    assert [str(events[name].action) for name in ("gold.message_labels", "gold.conversation_flags")] == [
        "refresh changed keys"
    ] * 2
    assert events["gold.message_labels"].rows_in == 1
    assert line.labels(1) == direct(*SAID[:4], ("counselor", "Are you thinking about killing yourself tonight?"))
    assert line.labels(2) == before
    assert "risk_not_assessed" not in line.rules(1)
    assert "risk_not_assessed" in line.rules(2)
    assert [event.outcome for event in line.update().events] == ["unchanged", "unchanged"]


def test_an_end_is_looked_at_when_it_comes(line: Line) -> None:
    line.say(1, *SAID)
    line.end(open_ones=(1,))
    line.update()
    running = line.rules(1)
    line.end(1)
    line.update()
    assert running < line.rules(1)


def test_other_thresholds_are_another_query(line: Line) -> None:
    line.say(1, *SAID)
    line.end(open_ones=(1,))
    line.update()
    (line.home.root / "flags.toml").write_text("unassessed_messages = 50\nunassessed_minutes = 500\n")
    events = {event.dataset: event for event in line.update().events}
    assert events["gold.message_labels"].outcome == "unchanged"
    assert events["gold.conversation_flags"].reason == "its definition changed"
    assert "risk_not_assessed" not in line.rules(1)


def test_a_new_champion_reads_what_comes_and_all_else_when_it_is_asked_to(
    line: Line, empty_registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if line.session.engine != "sail":
        pytest.skip("the workers of a cluster read with the shipped labeller")
    looked_up_at_once(monkeypatch)
    shutil.copytree(empty_registry, line.home.registry)
    let_people_decide(line.home)
    line.say(1, *SAID)
    line.end(1)
    line.update()
    before = line.labels(1)
    to_production(line.home, write_other(tmp_path / "other"))
    assert [event.outcome for event in line.update().events] == ["unchanged", "unchanged"]
    line.say(2, *SAID)
    line.update()
    assert line.labels(1) == before
    levels, version = list(LABEL_COLUMNS).index("risk"), list(LABEL_COLUMNS).index("labeller")
    assert {row[levels] for row in line.labels(2)} == {4, None}
    assert {row[version] for row in line.labels(2)}.isdisjoint(row[version] for row in before)
    line.update(Selection(full=frozenset({"gold.message_labels"})))
    assert line.labels(1) == line.labels(2)


def test_many_conversations_are_read_in_pieces_and_the_result_is_the_same(
    line: Line, tmp_path: Path, make_home: Callable[[Path], Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    for conversation in range(6):
        line.say(conversation, *SAID)
    line.end(*range(6))
    line.update()
    whole = line.rows("gold.message_labels"), line.rows("gold.conversation_flags")
    monkeypatch.setattr(
        "nightlight.pipelines.update.RANGE_BATCHES_OF_FUNCTIONS", 20 / line.home.settings.max_batch_rows
    )
    other = tmp_path / "other"
    shutil.copytree(line.home.root, other)
    line.home = Home.open(other)
    line.update(Selection(full_all=True))
    assert (line.rows("gold.message_labels"), line.rows("gold.conversation_flags")) == whole
    for conversation in range(6):
        line.say(conversation, ("texter", "are you there"), first=20)
    line.update()
    assert [len(line.labels(conversation)) for conversation in range(6)] == [len(SAID)] * 6
