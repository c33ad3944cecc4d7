"""Canaries: no byte of what people wrote stands where anybody but a reader of the table would see it."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nightlight.ingestion import ingest

if TYPE_CHECKING:
    from tests.ingestion.conftest import Line

Message = Callable[..., dict[str, Any]]

CANARY = "canary-bird"


def footer(data: bytes) -> bytes:
    """A Parquet file's footer: its length stands in the last eight bytes."""
    return data[-8 - int.from_bytes(data[-8:-4], "little") :]


def test_no_text_stands_in_a_delta_log_or_a_parquet_footer(line: "Line", make_message: Message) -> None:
    import pyarrow.parquet as pq

    rows = [make_message(number, text=f"{CANARY} {number}", note=CANARY) for number in range(50)]
    broken = [
        json.dumps(make_message(51, author=CANARY)),
        f"{{{CANARY}",
        json.dumps(make_message(52, message_id=CANARY)),
    ]
    line.export_bytes("a.jsonl", "\n".join([*map(json.dumps, rows), *broken, ""]).encode())
    runs = ingest.run(line.home)
    assert runs[0].quarantined == 3
    assert CANARY not in repr(runs)
    logs = [file for file in line.home.lake.rglob("_delta_log/*") if file.is_file()]
    parquets = list(line.home.lake.rglob("*.parquet"))
    assert {file.parent.name for file in parquets} >= {"messages", "bronze_messages", "ingest_runs"}
    assert all(CANARY.encode() not in file.read_bytes() for file in logs)
    for file in parquets:
        assert CANARY.encode() not in footer(file.read_bytes())
        metadata = pq.read_metadata(file)
        columns = [metadata.row_group(0).column(index) for index in range(metadata.num_columns)]
        assert not any(column.is_stats_set for column in columns if column.physical_type == "BYTE_ARRAY")
    assert any(row["text"].startswith(CANARY) for row in line.rows())
    assert all(CANARY in row["row"] for row in line.quarantine())
