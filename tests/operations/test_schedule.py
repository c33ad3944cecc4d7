"""Promises of the schedule: rounds go on whatever fails, and end between two commits when asked to."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from tests.practice.test_live_checks import LEAK, SPOKEN
from tests.practice.test_live_checks import lines as practised
from tests.quality.conftest import a_flag, take_in
from tests.quality.test_drift import OTHERWISE, USUAL, fill

from nightlight.catalog.audit import Entry, append, verify
from nightlight.errors import NightlightError
from nightlight.ingestion import ingest
from nightlight.lakehouse.tables import Lake
from nightlight.operations import alerts
from nightlight.operations.schedule import Ending, Round, keep_fresh, parse_duration
from nightlight.settings import Home, WordingSettings

SOURCE = """kind = "csv"
path = "{name}/*.csv"
table = "bronze.{name}"

[columns.id]
type = "bigint"
required = true
"""
PROJECT = "name: small\nlibraries:\n  - glob:\n      include: transformations/**\n"
LETTERS = "CREATE STREAMING TABLE silver.letters AS SELECT id FROM STREAM bronze.letters;\n"
COUNTS = "CREATE MATERIALIZED VIEW gold.letters AS SELECT count(*) AS letters FROM silver.letters;\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with one source, `letters`, of one file, and one project of two datasets."""
    home = Home.create(tmp_path / "home")
    declare(home, "letters")
    deliver(home, "letters", 1, 2, 3)
    project = home.pipelines / "small"
    (project / "transformations").mkdir(parents=True)
    (project / "spark-pipeline.yml").write_text(PROJECT)
    (project / "transformations" / "1.sql").write_text(LETTERS)
    (project / "transformations" / "2.sql").write_text(COUNTS)
    return home


def declare(home: Home, name: str) -> None:
    (home.sources / f"{name}.toml").write_text(SOURCE.format(name=name))


def deliver(home: Home, name: str, *ids: int) -> None:
    folder = home.root / name
    folder.mkdir(exist_ok=True)
    (folder / f"{ids[0]}.csv").write_text("id\n" + "".join(f"{number}\n" for number in ids))


def counted(home: Home) -> int:
    return int(Lake(home.lake).table("gold.letters").read().column("letters")[0].as_py())


def rounds(home: Home, number: int, between: Callable[[], object] = lambda: None) -> list[str]:
    """Run rounds, and `between` instead of each pause; what was said."""
    said: list[str] = []
    keep_fresh(
        home,
        timedelta(minutes=5),
        rounds=number,
        sleep=lambda seconds: between(),
        ending=Ending(),
        say=said.append,
    )
    return said


def test_each_round_takes_what_is_new_and_updates_what_depends_on_it(home: Home) -> None:
    first, second = rounds(home, 2, between=lambda: deliver(home, "letters", 4, 5))
    assert "3 rows in, 0 quarantined, 2 datasets changed, 0 failures" in first
    assert "2 rows in, 0 quarantined, 2 datasets changed, 0 failures" in second
    assert counted(home) == 5


def test_a_round_without_news_changes_nothing(home: Home) -> None:
    assert "0 rows in, 0 quarantined, 0 datasets changed, 0 failures" in rounds(home, 2)[1]


def test_once_a_day_small_files_are_merged_and_no_row_changes(home: Home) -> None:
    days = iter(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number) for number in range(0, 1000, 5))
    said: list[str] = []

    def more(_: float) -> None:
        for number in range(10):
            first = 100 + 1000 * len(said) + 10 * number
            deliver(home, "letters", first, first + 1)
            ingest.run(home, ["letters"])

    keep_fresh(
        home, timedelta(hours=1), rounds=6, sleep=more, clock=lambda: next(days), ending=Ending(), say=said.append
    )
    letters = Lake(home.lake).table("bronze.letters")
    assert len(letters.files()) < 20 < letters.version
    assert counted(home) == letters.rows == 3 + 5 * 10 * 2
    assert all("0 failures" in line for line in said)


def test_each_round_anchors_the_audit_where_the_settings_say(home: Home) -> None:
    (home.root / "nightlight.toml").write_text('audit_anchor = "heads"\n')
    home = Home.open(home.root)

    def ask() -> None:
        append(home, Entry("query", "ana", "quality", "done"))

    ask()
    assert all("0 failures" in line for line in rounds(home, 3, between=ask))
    assert [line.split()[0] for line in (home.root / "heads").read_text().splitlines()] == ["1", "2", "3"]
    assert verify(home, home.root / "heads").ok


def test_an_audit_that_was_changed_is_announced_and_not_anchored(home: Home) -> None:
    (home.root / "nightlight.toml").write_text('audit_anchor = "heads"\n')
    home = Home.open(home.root)
    append(home, Entry("query", "sam", None, "refused"))
    with closing(sqlite3.connect(home.root / "catalog.db", isolation_level=None)) as connection:
        connection.execute("UPDATE audit SET principal = 'ana'")
    line, failure = rounds(home, 1)
    assert "2 datasets changed, 1 failures" in line
    assert failure.startswith("  audit anchor: ")
    assert (home.root / "heads").read_text() == ""


def test_a_failing_source_stops_neither_the_others_nor_the_next_round(home: Home) -> None:
    declare(home, "absent")
    first, failure, *_ = said = rounds(home, 2, between=lambda: deliver(home, "absent", 1))
    assert "3 rows in, 0 quarantined, 2 datasets changed, 1 failures" in first
    assert failure.startswith("  source absent: ")
    assert "0 failures" in said[-1]
    assert counted(home) == 3


def test_a_failing_dataset_is_named_and_works_again_once_mended(home: Home) -> None:
    file = home.pipelines / "small" / "transformations" / "2.sql"
    file.write_text(COUNTS.replace("count(*)", "sum(nothing)"))
    said = rounds(home, 2, between=lambda: file.write_text(COUNTS))
    assert any(line.startswith("  dataset gold.letters: ") for line in said)
    assert "0 failures" in said[-1]
    assert counted(home) == 3


def test_a_broken_project_is_named_and_ingestion_goes_on(home: Home) -> None:
    (home.pipelines / "small" / "spark-pipeline.yml").write_text("name: [\n")
    first, failure = rounds(home, 1)
    assert "3 rows in" in first
    assert failure.startswith("  project small: ")


def test_a_report_that_cannot_be_sent_is_named_and_all_else_goes_on(home: Home) -> None:
    (home.reports / "monthly.yml").write_text("title: [\n")
    first, failure = rounds(home, 1)
    assert "2 datasets changed, 1 failures" in first
    assert failure.startswith("  report monthly: reports/monthly.yml:")


def test_labels_that_moved_are_named_until_a_week_is_as_before(home: Home) -> None:
    fill(home, {0: USUAL, 1: OTHERWISE, **dict.fromkeys(range(2, 12), USUAL)})
    said: list[str] = []
    for days in (1, 8):
        at = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=days)
        keep_fresh(
            home, timedelta(minutes=5), rounds=1, ending=Ending(), say=said.append, clock=partial(at.astimezone, UTC)
        )
    named = [line for line in said if "label drift" in line]
    assert len(named) == 1
    assert named[0].startswith("  label drift: in the week of 2026-02-23 phases (PSI ")


def test_a_model_that_breaks_a_bar_is_announced_once_until_it_is_well(home: Home) -> None:
    wording = WordingSettings("openai", "", "harbour")
    settings = replace(home.settings, wording=wording, alert_webhook="http://127.0.0.1:9/hook")
    home = replace(home, settings=settings)
    told: list[tuple[dict[str, str], dict[str, str]]] = []
    at = datetime(2026, 3, 2, 20, tzinfo=UTC)

    def round_at(hours: int) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(alerts, "_post", lambda url, news: told.append((dict(news.failing), dict(news.solved))))
            now = at + timedelta(hours=hours)
            keep_fresh(home, timedelta(1), rounds=1, ending=Ending(), say=lambda line: None, clock=lambda: now)

    practised(home, "openai harbour", [LEAK] * 6 + [SPOKEN] * 54, at=at)
    round_at(1)
    round_at(2)
    subject, line = "live check of openai harbour", "10 % of 60 lines would have told too much, at most 5 %"
    assert [failing.get(subject) for failing, _ in told] == [
        f'openai harbour: {line}; set kind = "bank" in the table [wording] of nightlight.toml'
    ]
    round_at(30)  # nobody practised since: too little to say that it is well
    assert len(told) == 1
    practised(home, "openai harbour", [SPOKEN] * 60, at=at + timedelta(hours=31), session="two")
    round_at(32)
    assert [set(solved) for _, solved in told] == [set(), {subject}]


def test_each_round_publishes_what_became_of_flags(home: Home) -> None:
    take_in(home, "c1", "v1", datetime(2026, 3, 2, 20, tzinfo=UTC), a_flag())
    rounds(home, 1)
    assert Lake(home.lake).table("quality.flags").read().column("conversation").to_pylist() == ["c1"]


def test_an_engine_that_does_not_answer_is_a_failure_of_the_round(home: Home) -> None:
    said: list[str] = []
    keep_fresh(home, timedelta(1), engine="spark", rounds=1, ending=Ending(), say=said.append)
    assert said[1] == "  engine spark: engine 'spark' needs the address of a server; add --remote sc://host:15002"


class AskedAfter(Ending):
    """Asked to end once it has been looked at so many times."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    @property
    def asked(self) -> bool:  # type: ignore[override]
        self.looks -= 1
        return self.looks < 0


@pytest.mark.parametrize("looks", range(6))
def test_asked_to_end_anywhere_it_ends_and_the_next_round_completes_the_work(home: Home, looks: int) -> None:
    said: list[str] = []
    keep_fresh(home, timedelta(minutes=5), ending=AskedAfter(looks), say=said.append)
    assert len(said) == 1
    rounds(home, 1)
    assert counted(home) == 3


def test_a_stopped_round_decides_nothing(home: Home) -> None:
    stopped = Round(datetime.now(UTC), stopped=True)
    assert stopped.is_undecided("source letters")
    behind = Round(datetime.now(UTC), failures={"engine sail": "down"}, not_run={"dataset gold.letters"})
    assert behind.is_undecided("dataset silver.letters")
    assert not behind.is_undecided("source letters")


def test_rounds_begin_at_the_interval_and_a_late_one_begins_at_once(home: Home) -> None:
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    # Each round looks twice at the clock, then once for its pause: the first takes 2 minutes, the second 9.
    ticks = iter([0, 2, 2, 5, 14, 14, 14, 15])
    pauses: list[float] = []
    keep_fresh(
        Home.create(home.root / "bare"),
        timedelta(minutes=5),
        rounds=3,
        clock=lambda: begin + timedelta(minutes=next(ticks)),
        sleep=pauses.append,
        ending=Ending(),
        say=lambda line: None,
    )
    assert pauses == [180.0, 0.0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(home: Home, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "nightlight", "pipeline", "run", "--every", "1h", "--home", str(home.root)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "3 rows in" in process.stdout.readline()
    process.send_signal(number)
    said, warned = process.communicate(timeout=20)
    assert said == ""
    assert warned == "nightlight: ending after the commit under way; once more ends at once\n"
    assert process.returncode == 0


@pytest.mark.parametrize("text", ["", "5", "m", "0m", "-5m", "5 minutes", "1.5h", "9999999d"])
def test_a_duration_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(NightlightError, match="write a number and a unit: 30s, 5m, 1h"):
        parse_duration(text)


def test_durations_have_four_units() -> None:
    assert [parse_duration(text) for text in ("30s", "5m", "1h", "2d")] == [
        timedelta(seconds=30),
        timedelta(minutes=5),
        timedelta(hours=1),
        timedelta(days=2),
    ]
