"""The example line's raw exports against what their manifest says, read back with the standard library alone."""

import csv
import gzip
import importlib.util
import json
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from nightlight.conversations.corpus import starter_corpus
from nightlight.errors import NightlightError

PACKAGE = Path(__file__).parents[2] / "examples" / "line" / "harbour"
NAME = "nightlight_example_line"
UNTIL = datetime(2026, 11, 1, 3, 20, tzinfo=UTC)
PHONE = re.compile(r"\+?\(?\d[\d ()-]{5,}\d")
FICTIONAL = re.compile(r"(\(555\) )?555-01\d\d|\+44 7700 900\d{3}")


def load_line() -> ModuleType:
    if NAME not in sys.modules:
        places = [str(PACKAGE)]
        spec = importlib.util.spec_from_file_location(NAME, PACKAGE / "__init__.py", submodule_search_locations=places)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[NAME] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[NAME])
    return sys.modules[NAME]


harbour = load_line()


@dataclass(frozen=True)
class Exported:
    """A line of 2 000 conversations, its folder, and the typed chunks of the same line.

    `raw`: by kind every line of the files that can be read; `typed`: the rows of the chunks; in order of delivery."""

    line: Any
    folder: Path
    manifest: Any
    chunks: list[Any]
    raw: dict[str, list[dict[str, Any]]]
    typed: dict[str, list[dict[str, Any]]]

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [row for row in self.typed["events"] if row["event"] == kind]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    folder = tmp_path_factory.mktemp("line") / "exports"
    line = harbour.Line(2_000, until=UNTIL)
    manifest, chunks = harbour.write_exports(line, folder), list(harbour.chunks(line))
    kinds = ("messages", "events")
    typed = {kind: [row for chunk in chunks for row in getattr(chunk, kind).to_pylist()] for kind in kinds}
    return Exported(line, folder, manifest, chunks, {kind: raw_rows(folder / kind) for kind in kinds}, typed)


def raw_rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for file in sorted(folder.glob("*.jsonl.gz")) for line in readable_lines(file)]


def readable_lines(file: Path) -> Iterator[bytes]:
    with gzip.open(file) as lines:
        try:
            yield from (line for line in lines if line.endswith(b"\n"))
        except EOFError:
            return


def instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def recounted(rows: list[dict[str, Any]], *, id_name: str, time_name: str) -> dict[str, int]:
    """The counts that `Delivered` defines, from the rows alone."""
    counts = Counter(rows=len(rows), missing_id=sum(row[id_name] is None for row in rows))
    seen, newest, unknown = set(), datetime(1970, 1, 1, tzinfo=UTC), set()
    for row in rows:
        at = instant(row[time_name])
        counts["bad_timestamp"] += at is None
        if at is None or row[id_name] is None:
            continue
        counts["duplicates"] += row[id_name] in seen
        counts["late"] += at <= newest - timedelta(days=1)
        newest = max(newest, at)
        seen.add(row[id_name])
        if row.get("author") == "bot??":
            unknown.add(row[id_name])
    return {**counts, "distinct": len(seen), "unknown_author": len(unknown)}


@pytest.mark.parametrize(
    ("table", "kind", "id_name", "time_name"),
    [("messages", "messages", "message_id", "sent_at"), ("conversation_events", "events", "event_id", "at")],
)
def test_the_manifest_counts_exactly_what_can_be_read(
    exported: Exported, table: str, kind: str, id_name: str, time_name: str
) -> None:
    said = exported.manifest.tables[table]
    counts = recounted(exported.raw[kind], id_name=id_name, time_name=time_name)
    assert counts == {name: getattr(said, name) for name in counts}
    assert said.rows == said.distinct + said.duplicates + said.bad_timestamp + said.missing_id
    assert said.files == len(list((exported.folder / kind).iterdir()))


def test_every_kind_of_defect_is_there_at_about_its_share(exported: Exported) -> None:
    said = exported.manifest.tables["messages"]
    assert said.duplicates / said.rows == pytest.approx(0.005, rel=0.25)
    assert said.late / said.rows == pytest.approx(0.003, rel=0.3)
    assert 0 < said.bad_timestamp < 0.001 * said.rows
    assert 0 < said.missing_id < 0.001 * said.rows
    assert 0 < said.unknown_author < 0.001 * said.rows
    assert {row["sent_at"][:4] for row in exported.raw["messages"] if instant(row["sent_at"]) is None} == {
        "xxxx",
        "31/0",
    }


def test_exactly_one_file_is_truncated_and_its_first_rows_remain(exported: Exported) -> None:
    broken = []
    for file in sorted(exported.folder.rglob("*.gz")):
        try:
            gzip.decompress(file.read_bytes())
        except EOFError:
            broken.append(str(file.relative_to(exported.folder)))
    assert broken == [exported.manifest.truncated]
    said = exported.manifest.tables["messages"]
    assert said.lost > 0
    assert said.rows + said.lost == sum(chunk.messages.num_rows for chunk in exported.chunks)
    assert 0 < sum(1 for _ in readable_lines(exported.folder / broken[0])) < said.rows


def test_equal_lines_give_equal_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    for name, seed in (("first", 7), ("second", 7), ("third", 8)):
        harbour.write_exports(harbour.Line(60, until=UNTIL, seed=seed), tmp_path / name)
    first, second, third = (contents(tmp_path / name) for name in ("first", "second", "third"))
    assert first == second
    assert first != third


def test_typed_chunks_are_the_rows_of_the_files(exported: Exported) -> None:
    typed = {row["message_id"]: row for row in exported.typed["messages"]}
    for row in exported.raw["messages"]:
        if row["message_id"] is not None and (sent_at := instant(row["sent_at"])):
            assert {**row, "sent_at": sent_at, "channel": row.get("channel")} == typed[row["message_id"]]
    events = {row["event_id"]: row for row in exported.typed["events"]}
    for row in exported.raw["events"]:
        if row["event_id"] is not None and (at := instant(row["at"])):
            known = {name: value for name, value in events[row["event_id"]].items() if value is not None}
            assert {**row, "at": at} == known


def test_rows_are_delivered_in_the_same_order_typed_and_raw(exported: Exported) -> None:
    ids = [row["event_id"] for row in exported.raw["events"]]
    typed = [row["event_id"] for row in exported.typed["events"]]
    assert all(raw in (None, whole) for raw, whole in zip(ids, typed, strict=True))


def test_ids_ascend_with_time_and_nothing_happens_after_the_end(exported: Exported) -> None:
    rows = sorted(exported.typed["messages"], key=lambda row: int(row["message_id"]))
    times = [row["sent_at"] for row in rows]
    assert times == sorted(times)
    assert times[-1] < UNTIL
    arrivals = {row["conversation_id"]: row["at"] for row in exported.events("queued")}
    assert [arrivals[key] for key in sorted(arrivals)] == sorted(arrivals.values())


def test_the_channel_appears_half_way_through_the_year(exported: Exported) -> None:
    files = sorted((exported.folder / "messages").iterdir())
    has_channel = [all("channel" in json.loads(line) for line in readable_lines(file)) for file in files]
    assert has_channel == sorted(has_channel)
    assert has_channel.count(True) == pytest.approx(len(files) / 2, abs=1)
    assert {row.get("channel") for row in exported.raw["messages"]} == {None, "sms", "web", "whatsapp"}


def test_some_conversations_are_under_way_at_the_end(exported: Exported) -> None:
    queued = {row["conversation_id"] for row in exported.events("queued") if row["at"] > UNTIL - timedelta(hours=5)}
    closed = {row["conversation_id"] for row in exported.events("closed")}
    assert len(queued - closed) == exported.manifest.in_progress > 0
    assert max(row["sent_at"] for row in exported.typed["messages"]) > UNTIL - timedelta(minutes=30)


def test_evenings_are_busy_on_the_lines_own_clock(exported: Exported) -> None:
    zone = ZoneInfo("America/New_York")
    hours = Counter(row["at"].astimezone(zone).hour for row in exported.events("queued"))
    evening, morning = (sum(hours[hour] for hour in part) for part in ((20, 21, 22, 23, 0), range(4, 9)))
    assert evening > 4 * morning
    assert evening / hours.total() == pytest.approx(0.41, abs=0.06)


def test_waits_are_longer_at_night_and_some_texters_give_up(exported: Exported) -> None:
    zone = ZoneInfo("America/New_York")
    arrived = {row["conversation_id"]: row["at"] for row in exported.events("queued")}
    waits: dict[bool, list[float]] = {True: [], False: []}
    for row in exported.events("accepted"):
        at = arrived.get(row["conversation_id"], row["at"])
        waits[at.astimezone(zone).hour in (20, 21, 22, 23, 0, 1)].append((row["at"] - at).total_seconds())
    night, day = (sorted(waits[part])[len(waits[part]) // 2] for part in (True, False))
    assert 120 < night < 200
    assert 60 < day < 115
    outcomes = Counter(row["outcome"] for row in exported.events("closed"))
    assert outcomes["abandoned"] / outcomes.total() == pytest.approx(0.18, abs=0.035)


def test_an_abandoned_conversation_has_a_few_texter_messages_and_no_counselor(exported: Exported) -> None:
    abandoned = {row["conversation_id"] for row in exported.events("closed") if row["outcome"] == "abandoned"}
    assert not abandoned & {row["conversation_id"] for row in exported.events("accepted")}
    messages = {row["message_id"]: row for row in exported.typed["messages"] if row["conversation_id"] in abandoned}
    assert {row["author"] for row in messages.values()} <= {"texter", "bot??"}
    assert set(Counter(row["conversation_id"] for row in messages.values()).values()) <= {1, 2, 3}


def test_lengths_risk_and_topics_are_those_of_a_crisis_line(exported: Exported) -> None:
    distinct = {row["message_id"] for row in exported.typed["messages"]}
    assert len(distinct) / 2_000 == pytest.approx(46, rel=0.08)
    assessed = [row for row in exported.events("closed") if row["outcome"] != "abandoned"]
    shares = [sum(row["risk_level"] == level for row in assessed) / len(assessed) for level in range(5)]
    assert shares == pytest.approx([0.45, 0.29, 0.14, 0.1, 0.03], abs=0.05)
    assert {len(row["topics"]) for row in assessed} == {1, 2, 3}
    about_suicide = [row["risk_level"] >= 3 for row in assessed if "suicide" in row["topics"]]
    assert sum(about_suicide) / len(about_suicide) > 2 * sum(shares[3:])


def test_whoever_answers_is_on_shift_then_or_belongs_to_the_staff(exported: Exported) -> None:
    staff = {row["volunteer_id"] for row in harbour.volunteers(exported.line).to_pylist() if row["team"] == "Keepers"}
    worked = {
        (row["volunteer_id"], hour) for row in harbour.shifts(exported.line).to_pylist() for hour in hours_of(row)
    }
    for row in exported.events("accepted"):
        hour = row["at"].replace(minute=0, second=0, microsecond=0)
        assert row["counselor_id"] in staff or (row["counselor_id"], hour) in worked


def hours_of(shift: dict[str, Any]) -> Iterator[datetime]:
    for hour in range((shift["ends_at"] - shift["starts_at"]) // timedelta(hours=1)):
        yield shift["starts_at"] + timedelta(hours=hour)


def test_volunteers_join_and_leave_through_the_year_and_work_only_between(exported: Exported) -> None:
    people = {row["volunteer_id"]: row for row in harbour.volunteers(exported.line).to_pylist()}
    start = (UNTIL - timedelta(days=365)).date()
    assert 0.2 < sum(row["joined_on"] >= start for row in people.values()) / len(people) < 0.8
    assert 0.3 < sum(row["left_on"] is not None for row in people.values()) / len(people) < 0.8
    for shift in harbour.shifts(exported.line).to_pylist():
        volunteer = people[shift["volunteer_id"]]
        assert volunteer["joined_on"] <= shift["starts_at"].date()
        assert volunteer["left_on"] is None or shift["starts_at"].date() < volunteer["left_on"]
        assert shift["ends_at"] - shift["starts_at"] in {timedelta(hours=hours) for hours in (2, 3, 4)}


def test_the_roster_database_holds_the_typed_tables(exported: Exported) -> None:
    database = sqlite3.connect(exported.folder / "roster.db")
    for name, typed in (("volunteers", harbour.volunteers), ("shifts", harbour.shifts)):
        rows = database.execute(f"SELECT * FROM {name}").fetchall()
        expected = typed(exported.line)
        assert len(rows) == exported.manifest.tables[name].rows == expected.num_rows
        first = [str(value) for value in expected.slice(0, 1).to_pylist()[0].values()]
        assert [str(value).replace("T", " ").replace("Z", "+00:00") for value in rows[0]][-1] == first[-1]
        assert rows[0][0] == 1
    database.close()


def test_the_partners_csv_is_latin_1_with_decimal_commas_local_time_and_one_short_row(exported: Exported) -> None:
    rows: list[list[str]] = []
    for file in sorted((exported.folder / "partner").glob("*.csv")):
        with file.open(encoding="latin-1", newline="") as lines:
            header, *body = csv.reader(lines, delimiter=";")
        assert header[7] == "Gefährdung"
        rows += body
    said = exported.manifest.tables["partner_conversations"]
    assert len(rows) == said.rows == pytest.approx(160, abs=2)
    assert [len(row) for row in rows].count(9) == said.distinct == said.rows - said.wrong_fields == said.rows - 1
    typed = {row["case_number"]: row for row in harbour.partner_conversations(exported.line).to_pylist()}
    for row in rows:
        if len(row) == 9:
            expected = typed[row[0]]
            assert expected["received_at"].astimezone(ZoneInfo("Europe/Berlin")) == berlin(row[1], expected)
            assert (float(row[2].replace(",", ".")) if row[2] else None) == expected["wait_minutes"]
            assert row[5:8] == [str(expected["messages"]), expected["topic"], expected["risk"] or ""]
    assert any("Ã" not in row[6] and not row[6].isascii() for row in rows if len(row) == 9)


def berlin(text: str, expected: dict[str, Any]) -> datetime:
    """The local time, in the hour that comes twice a year the one of the typed row."""
    zone = ZoneInfo("Europe/Berlin")
    fold = expected["received_at"].astimezone(zone).fold
    return datetime.strptime(text, "%d.%m.%Y %H:%M:%S").replace(tzinfo=zone, fold=fold)


def test_the_partners_conversations_arrive_in_its_night(exported: Exported) -> None:
    arrivals = harbour.partner_conversations(exported.line)["received_at"].to_pylist()
    hours = {at.astimezone(ZoneInfo("Europe/Berlin")).hour for at in arrivals}
    assert hours == {22, 23, 0, 1, 2, 3, 4, 5}


def test_identities_in_texters_messages_are_known_and_counted(exported: Exported) -> None:
    text = {row["message_id"]: row["text"] for row in exported.typed["messages"]}
    truth = [row for chunk in exported.chunks for row in chunk.identities.to_pylist()]
    assert all(row["value"] in text[row["message_id"]] for row in truth)
    rows = [row for row in exported.raw["messages"] if instant(row["sent_at"]) and row["author"] == "texter"]
    delivered = {row["message_id"] for row in rows}
    kinds = {row["message_id"]: row["kind"] for row in truth if row["message_id"] in delivered}
    assert Counter(kinds.values()) == exported.manifest.identities
    assert len(kinds) / len(delivered) == pytest.approx(0.006, rel=0.2)


def test_no_number_address_or_link_could_belong_to_someone(exported: Exported) -> None:
    for row in exported.typed["messages"]:
        text = row["text"]
        assert all(FICTIONAL.fullmatch(found) for found in PHONE.findall(text))
        assert not re.search(r"@(?!example\.(org|com|net)\b)\w", text)
        assert not re.search(r"(https?://|www\.)(?!(www\.)?example\.(org|com|net))", text)


def test_counselors_say_only_lines_of_skilled_and_mixed_scripts_without_probing(exported: Exported) -> None:
    corpus = starter_corpus()
    spoken = [(script.quality, message) for script in corpus.scripts for message in script.messages]
    allowed = {message.text for quality, message in spoken if quality != "poor" and "graphic_probe" not in message.acts}
    said = {row["text"] for row in exported.typed["messages"] if row["author"] == "counselor"}
    assert said <= allowed
    assert len(said) > 1_000


def test_a_line_of_one_conversation_and_one_day_is_possible(tmp_path: Path) -> None:
    line = harbour.Line(1, until=UNTIL, days=1)
    manifest = harbour.write_exports(line, tmp_path / "exports")
    assert manifest.tables["conversation_events"].rows >= 1
    assert manifest.tables["partner_conversations"].rows == 0


def test_progress_ends_with_everything_done(tmp_path: Path) -> None:
    heard: list[tuple[str, float]] = []
    harbour.write_exports(harbour.Line(20, until=UNTIL), tmp_path / "x", progress=lambda *said: heard.append(said))
    assert [share for _, share in heard] == sorted(share for _, share in heard)
    assert heard[-1][1] == 1.0


def test_it_writes_into_no_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    with pytest.raises(NightlightError, match="not empty"):
        harbour.write_exports(harbour.Line(10, until=UNTIL), tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]


def test_a_folder_that_cannot_be_written_gives_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NightlightError, match="cannot write the exports"):
        harbour.write_exports(harbour.Line(10, until=UNTIL), tmp_path / "file")


@pytest.mark.parametrize("wrong", [{"conversations": 0}, {"days": 0}, {"seed": -1}, {"until": datetime(2026, 1, 1)}])
def test_an_impossible_line_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(NightlightError):
        harbour.Line(**{"conversations": 10, "until": UNTIL, **wrong})


def test_it_runs_as_a_module_and_prints_its_manifest(tmp_path: Path) -> None:
    arguments = ["-m", "harbour", str(tmp_path / "exports"), "--conversations", "30", "--until", "2026-11-01T00:00Z"]
    run = subprocess.run([sys.executable, *arguments], cwd=PACKAGE.parent, capture_output=True, text=True, check=True)
    assert json.loads(run.stdout)["tables"]["messages"]["rows"] > 300
    again = subprocess.run([sys.executable, *arguments], cwd=PACKAGE.parent, capture_output=True, text=True)
    assert again.returncode == 1
    assert again.stderr.count("\n") == 1
