"""The floor: bronze messages decoded, cast and encoded again, with no logic at all. What the engine itself costs."""

import sys
from pathlib import Path

from benchmarks.bronze import read_parquet
from benchmarks.measure import measured, report
from benchmarks.raw import copy, open_connection, parts
from nightlight.lakehouse.tables import Lake

COLUMNS = (
    "message_id, conversation_id, sent_at, author, channel, text, _position AS position, _ingested_at AS ingested_at"
)

if __name__ == "__main__":
    files, out = Lake(Path(sys.argv[1]) / "lake").table("bronze.messages").files(), Path(sys.argv[2])
    with measured() as work:
        connection = open_connection(out)
        for number, part in enumerate(parts(files)):
            copy(connection, f"SELECT {COLUMNS} FROM {read_parquet(part)}", out, "messages", number)
    report(work_seconds=work.cpu_seconds)
