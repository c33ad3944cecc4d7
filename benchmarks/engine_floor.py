"""The floor of our engine: bronze messages decoded and encoded again with no logic, as an update would write them."""

import sys
from pathlib import Path

from pyspark.sql import functions as F  # noqa: N812

from benchmarks.measure import measured, report
from benchmarks.raw import parts
from benchmarks.subject import Platform
from nightlight.lakehouse.tables import Lake
from nightlight.pipelines.expectations import GOOD, VERDICT
from nightlight.settings import Home

COLUMNS = ["message_id", "conversation_id", "sent_at", "author", "channel", "text", "_position", "_ingested_at"]

if __name__ == "__main__":
    home, out = Home.open(Path(sys.argv[1])), Path(sys.argv[3])
    session = Platform.start(home, sys.argv[2]).session
    messages = Lake(home.lake).table("bronze.messages")
    with measured() as work:
        for part in parts(messages.files()):
            rows = session.frame_of_files([file.path for file in part], messages.schema).select(*COLUMNS)
            with session.write(rows.withColumn(VERDICT, F.lit(GOOD)), out, messages.schema):
                pass  # what is not moved away is deleted
    report(work_seconds=work.cpu_seconds)
