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
        spark.conf.set("spark.sql.runSQLOnFiles", "false")  # a second wall: see tables_only
    except (PySparkException, OSError, ValueError) as error:
        raise NightlightError(
            "Spark does not answer", where=address, remedy="start its Connect server, or use --engine sail"
        ) from error
    return Session("spark", spark, write_options)


def write_options(schema: "pa.Schema") -> Mapping[str, str]:
    """Spark names columns one by one whose statistics stay out of the file."""
    from nightlight.lakehouse.commit import has_statistics

    hidden = [path for field in schema if not has_statistics(field.type) for path in _leaves(field)]
    return {"compression": "zstd", **{f"parquet.column.statistics.enabled#{name}": "false" for name in hidden}}


def _leaves(field: "pa.Field", path: str = "") -> list[str]:
    """The paths of a column's leaves as Parquet names them.

    >>> import pyarrow as pa
    >>> _leaves(pa.field("topics", pa.list_(pa.string()))), _leaves(pa.field("text", pa.string()))
    (['topics.list.element'], ['text'])
    """
    import pyarrow as pa
    import pyarrow.types as types

    here = f"{path}.{field.name}" if path else field.name
    if types.is_list(field.type):
        return _leaves(pa.field("element", field.type.value_type), f"{here}.list")
    if types.is_map(field.type):
        parts = (pa.field("key", field.type.key_type), pa.field("value", field.type.item_type))
        return [leaf for part in parts for leaf in _leaves(part, f"{here}.key_value")]
    if types.is_struct(field.type):
        return [leaf for index in range(field.type.num_fields) for leaf in _leaves(field.type.field(index), here)]
    return [here]
