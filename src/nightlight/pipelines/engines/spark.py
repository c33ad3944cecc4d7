"""Apache Spark over Spark Connect: the same plan, on a cluster that reads and writes the same lake folder."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from nightlight.errors import NightlightError
from nightlight.pipelines.engines.session import Session

if TYPE_CHECKING:
    import pyarrow as pa

REMOTE_VARIABLE = "NIGHTLIGHT_SPARK_REMOTE"


def open_spark(remote: str | None) -> Session:
    """A session on the Connect server at `remote` (sc://host:port), which must see the lake under the same path."""
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    address = remote or os.environ.get(REMOTE_VARIABLE)
    if not address:
        raise NightlightError("engine 'spark' needs the address of a server", remedy="add --remote sc://host:15002")
    try:
        spark = SparkSession.builder.remote(address).create()
        spark.conf.set("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
    except (PySparkException, OSError, ValueError) as error:
        raise NightlightError(
            "Spark does not answer", where=address, remedy="start its Connect server, or use --engine sail"
        ) from error
    return Session("spark", spark, write_options)


def write_options(schema: "pa.Schema") -> Mapping[str, str]:
    """Spark names columns one by one whose statistics stay out of the file."""
    from nightlight.lakehouse.commit import has_statistics

    hidden = [field.name for field in schema if not has_statistics(field.type)]
    return {"compression": "zstd", **{f"parquet.column.statistics.enabled#{name}": "false" for name in hidden}}
