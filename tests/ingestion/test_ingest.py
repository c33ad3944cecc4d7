"""What a run promises for files: everything that is new, exactly once, and nothing broken lost."""

import gzip
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from nightlight.errors import NightlightError
from nightlight.ingestion import ingest
from nightlight.ingestion.seen import TABLE as SEEN
from nightlight.lakehouse.lock import run_lock

if TYPE_CHECKING:
    from tests.ingestion.conftest import Line

Message = Callable[..., dict[str, Any]]


def ids(line: "Line") -> list[int]:
    return [row["message_id"] for row in line.rows()]


def test_rows_arrive_typed_in_order_of_delivery_and_say_where_they_come_from(
    line: "Line", make_message: Message
) -> None:
    line.export("b.jsonl", [make_message(3)])
    line.export("a.jsonl.gz", [make_message(1), make_message(2)])
    run = line.run()
    assert (run.rows, run.quarantined, run.files, run.error) == (3, 0, 2, None)
    rows = line.rows()
    assert [(row["message_id"], row["_file"], row["_position"]) for row in rows] == [
        (1, "a.jsonl.gz", 1),
        (2, "a.jsonl.gz", 2),
        (3, "b.jsonl", 3),
    ]
    assert rows[0]["sent_at"] == datetime(2026, 3, 1, 0, 0, 1, 250_000, UTC)
    assert {row["_source"] for row in rows} == {"messages"}
    assert len({row["_ingested_at"] for row in rows}) == 1


def test_a_second_run_does_nothing_and_says_so(line: "Line", make_message: Message) -> None:
    line.export("a.jsonl", [make_message(1)])
    line.run()
    version = line.lake.table("bronze.messages").fresh().version
    run = line.run()
    assert (run.rows, run.did_something, run.note) == (0, False, "nothing new")
    assert line.lake.table("bronze.messages").fresh().version == version


def test_an_unchanged_file_is_not_even_opened(line: "Line", make_message: Message) -> None:
    file = line.export("a.jsonl.gz", [make_message(1)])
    line.run()
    status = file.stat()
    file.write_bytes(b"\0" * status.st_size)  # same size, and below the same time: only reading it would show
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert line.run().error is None


def test_without_the_memory_of_files_nothing_arrives_twice(line: "Line", make_message: Message) -> None:
    import shutil

    line.export("a.jsonl", [make_message(1), make_message(2, author="robot")])
    line.run()
    shutil.rmtree(line.lake.table(SEEN).path)
    assert not line.run().did_something
    assert ids(line) == [1]
    assert len(line.quarantine()) == 1


def test_a_file_that_grew_is_read_on_where_it_ended(line: "Line", make_message: Message) -> None:
    for name in ("a.jsonl", "b.jsonl.gz"):
        line.export(name, [make_message(1)])
    line.run()
    for name in ("a.jsonl", "b.jsonl.gz"):
        line.export(name, [make_message(1), make_message(2)])
    assert line.run().rows == 2
    assert ids(line) == [1, 1, 2, 2]


def test_an_unfinished_last_line_waits_for_the_next_run(line: "Line", make_message: Message) -> None:
    whole = "".join(json.dumps(make_message(number)) + "\n" for number in (1, 2)).encode()
    line.export_bytes("a.jsonl", whole[:-10])
    run = line.run()
    assert (run.rows, run.quarantined, run.waiting) == (1, 0, 1)
    assert "unfinished last line" in run.note
    line.export_bytes("a.jsonl", whole)
    assert line.run().rows == 1
    assert ids(line) == [1, 2]


def test_a_last_line_without_line_end_counts_once_nobody_writes_the_file_any_more(
    line: "Line", make_message: Message
) -> None:
    file = line.export_bytes("a.jsonl", json.dumps(make_message(1)).encode())
    assert line.run().rows == 0
    os.utime(file, (1, 1))
    assert line.run().rows == 1
    assert not line.run().did_something


def test_a_truncated_file_is_quarantined_and_the_rest_arrives(line: "Line", make_message: Message) -> None:
    rows = "".join(json.dumps(make_message(number, text=os.urandom(40).hex())) + "\n" for number in range(1, 200))
    packed = gzip.compress(rows.encode(), mtime=0)
    file = line.exports / "a.jsonl.gz"
    file.write_bytes(packed[: len(packed) // 2])
    line.export("b.jsonl", [make_message(1000)])
    run = line.run()
    assert 50 < run.rows < 150
    assert run.error is None
    (entry,) = line.quarantine()
    assert (entry["rule"], entry["file"], entry["line"], entry["row"]) == (
        "truncated file",
        "a.jsonl.gz",
        run.rows - 1,
        None,
    )
    assert not line.run().did_something
    file.write_bytes(packed)
    line.run()
    assert sorted(ids(line)) == [*range(1, 200), 1000]
    assert len(line.quarantine()) == 1


def test_a_truncated_file_is_recorded_once_even_when_its_memory_is_lost(line: "Line", make_message: Message) -> None:
    import shutil

    packed = gzip.compress(json.dumps(make_message(1)).encode() * 50, mtime=0)
    (line.exports / "a.jsonl.gz").write_bytes(packed[:-12])
    line.run()
    shutil.rmtree(line.lake.table(SEEN).path)
    line.run()
    assert [entry["rule"] for entry in line.quarantine()] == ["truncated file"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_file_that_shrank_is_refused_and_other_files_are_taken(
    line: "Line", make_message: Message, name: str
) -> None:
    line.export(name, [make_message(1), make_message(2)])
    line.run()
    line.export(name, [make_message(1)])
    line.export("b.jsonl", [make_message(3)])
    run = line.run()
    assert run.error is not None
    assert f"{name} has 1 lines, fewer than the 2 taken before" in run.error
    assert ids(line) == [1, 2, 3]


def test_a_file_whose_earlier_part_changed_is_refused(line: "Line", make_message: Message) -> None:
    line.export("a.jsonl", [make_message(1), make_message(2)])
    line.run()
    line.export("a.jsonl", [make_message(8), make_message(2), make_message(3)])
    run = line.run()
    assert "a.jsonl was changed in the part that was taken before" in str(run.error)
    assert ids(line) == [1, 2]


def test_rows_that_break_the_contract_go_to_quarantine_with_rule_place_and_row(
    line: "Line", make_message: Message
) -> None:
    broken = [
        json.dumps(make_message(1)),
        "{not json",
        json.dumps(make_message(3, sent_at="31/02/2026 25:61")),
        json.dumps(make_message(4, message_id=None)),
        "",
        json.dumps(make_message(6, author="robot")),
        json.dumps(make_message(7, message_id="seven")),
        '["a list"]',
        '{"message_id": 9, "text": "\\ud800"}',
        json.dumps(make_message(10)),
    ]
    line.export_bytes("a.jsonl", "\n".join(broken).encode() + b'\n{"text": "\xff"}\n')
    run = line.run()
    assert ids(line) == [1, 10]
    assert run.quarantined == 8
    entries = line.quarantine()
    assert [(entry["line"], entry["rule"]) for entry in entries] == [
        (2, "not valid JSON"),
        (3, "sent_at: not a timestamp"),
        (4, "message_id: missing"),
        (6, "author: not one of the values"),
        (7, "message_id: not a bigint"),
        (8, "not a JSON object"),
        (9, "not valid text"),
        (11, "not UTF-8"),
    ]
    assert entries[1]["row"] == broken[2]
    assert {(entry["source"], entry["file"]) for entry in entries} == {("messages", "a.jsonl")}
    assert not line.run().did_something


def test_a_block_parsed_at_once_and_one_parsed_line_by_line_give_the_same_rows(
    line: "Line", make_message: Message
) -> None:
    rows = [make_message(number, text=["x", 'é \n "', "", None][number % 4]) for number in range(1, 50)]
    line.export("a.jsonl", rows)
    line.export_bytes("b.jsonl", b"\n" + "".join(json.dumps(row) + "\n" for row in rows).encode())
    line.run()
    at_once = [row for row in line.rows() if row["_file"] == "a.jsonl"]
    by_line = [row for row in line.rows() if row["_file"] == "b.jsonl"]
    kept = ("message_id", "sent_at", "author", "text")
    assert [[row[name] for name in kept] for row in at_once] == [[row[name] for name in kept] for row in by_line]
    assert len(at_once) == 49


def test_a_new_column_is_added_as_text_announced_once_and_null_before(line: "Line", make_message: Message) -> None:
    line.export("a.jsonl", [make_message(1)])
    line.run()
    line.export("b.jsonl", [make_message(2, channel="web", since="2026-01-01T00:00:00Z", extra={"deep": [1]})])
    run = line.run()
    assert run.new_columns == ("channel", "since", "extra")
    assert "new columns: channel, since, extra" in run.note
    assert [(row["channel"], row["since"], row["extra"]) for row in line.rows()] == [
        (None, None, None),
        ("web", "2026-01-01T00:00:00Z", '{"deep": [1]}'),
    ]
    field = line.lake.table("bronze.messages").fresh().schema.field("channel")
    assert field.metadata[b"nightlight.sensitivity"] == b"text"
    line.export("c.jsonl", [make_message(3, channel="sms"), make_message(4, channel=5)])
    run = line.run()
    assert (run.new_columns, run.error) == ((), None)
    assert [row["channel"] for row in line.rows()] == [None, "web", "sms", "5"]


def test_a_column_that_appears_within_one_run_costs_no_row(line: "Line", make_message: Message) -> None:
    line.export("a.jsonl", [make_message(1)])
    line.export("b.jsonl", [make_message(2, channel="web")])
    line.export("c.jsonl", [make_message(3)])
    assert line.run().rows == 3
    assert [(row["_position"], row["message_id"], row["channel"]) for row in line.rows()] == [
        (1, 1, None),
        (2, 2, "web"),
        (3, 3, None),
    ]


def test_names_that_may_be_somebodys_words_never_become_columns(line: "Line", make_message: Message) -> None:
    line.export("a.jsonl", [make_message(1, **{"i wanted to tell you, please listen": 1})])
    run = line.run()
    assert "not plain words" in str(run.error)
    assert "listen" not in str(run.error)


def test_a_changed_type_is_refused_before_anything_is_taken(line: "Line", make_message: Message) -> None:
    line.export("a.jsonl", [make_message(1)])
    line.run()
    toml = (line.home.sources / "messages.toml").read_text()
    line.declare("messages", toml.replace("[columns.text]\n", '[columns.text]\ntype = "double"\n'))
    line.export("b.jsonl", [make_message(2)])
    assert "column 'text' of bronze.messages has type string, not double" in str(line.run().error)
    assert ids(line) == [1]


def test_a_column_none_of_whose_values_fits_any_more_is_refused_not_quarantined(
    line: "Line", make_message: Message
) -> None:
    line.export("a.jsonl", [make_message(number, sent_at="soon") for number in range(1, 1200)])
    line.export("b.jsonl", [make_message(2)])
    run = line.run()
    assert "column 'sent_at' is declared as timestamp" in str(run.error)
    assert (run.quarantined, ids(line)) == (0, [2])


def test_one_failing_source_stops_no_other(line: "Line", make_message: Message) -> None:
    line.declare("broken", "kind = ")
    line.declare("nowhere", 'kind = "csv"\npath = "nowhere/*.csv"\ntable = "bronze.nowhere"\n')
    line.export("a.jsonl", [make_message(1)])
    runs = {run.source: run for run in ingest.run(line.home)}
    assert "not valid TOML" in str(runs["broken"].error)
    assert "no file matches" in str(runs["nowhere"].error)
    assert runs["messages"].rows == 1


def test_an_unknown_source_is_refused_with_the_nearest_name(line: "Line") -> None:
    with pytest.raises(NightlightError, match="did you mean 'messages'"):
        ingest.run(line.home, ["message"])


def test_two_runs_at_once_do_not_collide(line: "Line", make_message: Message) -> None:
    line.export("a.jsonl", [make_message(1)])
    with run_lock(line.home.root, "ingestion"), pytest.raises(NightlightError, match="another ingestion is running"):
        line.run()
    assert line.run().rows == 1


def test_utf_16_is_refused_with_a_line_that_says_so(line: "Line", make_message: Message) -> None:
    line.export_bytes("a.jsonl", json.dumps(make_message(1)).encode("utf-16") + b"\n\0")
    assert "a.jsonl is UTF-16" in str(line.run().error)
