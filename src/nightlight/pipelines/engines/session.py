"""What a pipeline needs of an engine, on any Spark Connect session: views over files, analysis, one write.

Engines write Parquet into a folder and know nothing of Delta; `lakehouse.commit` makes the files part of a table.
Errors of the engine are put into our words: their texts may quote values of rows, which must not reach a log."""

import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError
from nightlight.lakehouse.commit import COMPRESSION, COMPRESSION_LEVEL, ROW_GROUP_ROWS
from nightlight.pipelines.engines.plans import PythonPlan, filled
from nightlight.pipelines.expectations import VERDICT

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession


STAGING = "_staging-"  # readers of a table leave out names that begin with _


@dataclass(frozen=True)
class Written:
    """Files that an engine wrote, by verdict, and their rows."""

    files: Mapping[str, Sequence[Path]]
    rows: Mapping[str, int]


class Session:
    """One Spark Connect session. `write_options(schema)` gives the engine's own Parquet options."""

    def __init__(
        self,
        engine: str,
        spark: "SparkSession",
        write_options: Callable[["pa.Schema"], Mapping[str, str]],
        *,
        staging: Path | None = None,
    ) -> None:
        """`staging` is the only folder that the engine can write, where it is not free to write any."""
        self.engine, self.spark, self._write_options, self._staging = engine, spark, write_options, staging
        self.spark.conf.set("spark.sql.session.timeZone", "UTC")
        self.spark.client.disable_reattachable_execute()  # its second call per query buys nothing on one machine

    def frame_of_files(self, files: Sequence[str], schema: "pa.Schema") -> "DataFrame":
        """The rows of Parquet files; columns that older files lack are NULL."""
        from pyspark.sql.pandas.types import from_arrow_schema

        struct = from_arrow_schema(schema)
        if not files:
            return self.spark.createDataFrame([], schema=struct)
        return self.spark.read.schema(struct).parquet(*files)

    def frame_of_rows(self, rows: "pa.Table") -> "DataFrame":
        return self.spark.createDataFrame(rows) if rows.num_rows else self.frame_of_files([], rows.schema)

    def frame_of_sql(self, text: str, views: "Mapping[str, DataFrame] | None" = None) -> "DataFrame":
        """A query over `views` by name, sent to the engine with them and not before it is used."""
        from pyspark.sql.connect.dataframe import DataFrame as ConnectFrame
        from pyspark.sql.connect.plan import SQL, SubqueryAlias

        plans = [SubqueryAlias(_plan_of(frame), name) for name, frame in (views or {}).items()]
        return ConnectFrame(SQL(text, views=plans), self.spark)  # type: ignore[arg-type]

    def frame_of_plan(self, plan: PythonPlan, sources: "Mapping[tuple[str, bool], DataFrame]") -> "DataFrame":
        """A Python definition's query, with the rows that stand for its (table, streaming) sources put in."""
        from pyspark.sql.connect.dataframe import DataFrame as ConnectFrame

        relation = filled(plan, lambda table: _plan_of(sources[table]).plan(self.spark.client))
        return ConnectFrame(_FixedPlan(relation), self.spark)  # type: ignore[arg-type]

    def with_column(self, frame: "DataFrame", name: str, expression: str) -> "DataFrame":
        """The rows with one more column, computed by a SQL expression over them."""
        from pyspark.sql import functions as F  # noqa: N812 - the name all of Spark's users know

        return frame.withColumn(name, F.expr(expression))

    def schema_of(self, frame: "DataFrame") -> "pa.Schema":
        """The columns of a query, without running it; its errors speak of the query and are shown."""
        from pyspark.errors import PySparkException
        from pyspark.sql.pandas.types import to_arrow_schema

        try:
            return to_arrow_schema(frame.schema, timezone="UTC")
        except PySparkException as error:
            raise NightlightError(first_line(error)) from None

    def collect(self, frame: "DataFrame") -> "pa.Table":
        """The rows of a small result."""
        with self._explained(frame):
            return frame.toArrow()

    @contextmanager
    def _explained(self, frame: "DataFrame") -> Iterator[None]:
        """Put the engine's errors in words that quote no row.

        Whatever its class, an error of a query that can be analyzed came out of running it.
        """
        from pyspark.errors import PySparkException

        try:
            yield
        except PySparkException as error:
            self.schema_of(frame)
            raise NightlightError(explain_run_error(error)) from None

    @contextmanager
    def write(self, frame: "DataFrame", folder: Path, schema: "pa.Schema") -> Iterator[Written]:
        """Write `frame` (with its `_verdict` column) as Parquet under `folder`; what is not moved away is deleted."""
        staging = (self._staging or folder) / f"{STAGING}{uuid.uuid4().hex}"
        staging.mkdir(mode=0o700, parents=True)
        try:
            writer = frame.write.mode("overwrite").partitionBy(VERDICT)
            options = {"compression": f"{COMPRESSION}({COMPRESSION_LEVEL})", "max_row_group_size": str(ROW_GROUP_ROWS)}
            for option, value in {**options, **self._write_options(schema)}.items():
                writer = writer.option(option, value)
            with self._explained(frame):
                writer.parquet(str(staging))
            yield _written(staging)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def clear_staging(folder: Path) -> None:
    """Delete what a killed update left in a table's folder; nobody else may be writing there."""
    for staging in folder.glob(f"{STAGING}*"):
        shutil.rmtree(staging, ignore_errors=True)


def _written(staging: Path) -> Written:
    import pyarrow.parquet as pq

    files: dict[str, list[Path]] = {}
    rows: dict[str, int] = {}
    for file in sorted(staging.glob(f"{VERDICT}=*/*.parquet")):
        verdict = file.parent.name.removeprefix(f"{VERDICT}=").replace("%2B", "+")
        if count := pq.read_metadata(file).num_rows:
            files.setdefault(verdict, []).append(file)
            rows[verdict] = rows.get(verdict, 0) + count
    return Written(files, rows)


def _plan_of(frame: Any) -> Any:
    """A frame's plan object: private in pyspark, and what its own pipelines use."""
    return frame._plan


class _FixedPlan:
    """A plan whose message exists already; stands where pyspark keeps its plan objects."""

    def __new__(cls, relation: Any) -> Any:
        from pyspark.sql.connect.plan import LogicalPlan

        class FixedPlan(LogicalPlan):
            def plan(self, session: Any) -> Any:
                return relation

        return FixedPlan(None)


def first_line(error: Exception) -> str:
    """What an engine says of a query that cannot be analyzed, in one line; Sail's way to name a column put in ours."""
    if "_InactiveRpcError" in str(error):
        return NO_ANSWER
    missing = re.search(r"attribute ObjectName\(\[(.*?)\]\) is missing", str(error))
    if missing:
        return "unknown column '{}'".format(".".join(re.findall(r'Identifier\("(.*?)"\)', missing[1])))
    return str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__


def explain_run_error(error: Exception) -> str:
    """What went wrong while rows were computed, without the values an engine's message may quote."""
    text = str(error).lower()
    for pattern, meaning in _RUN_ERRORS.items():
        if re.search(pattern, text):
            return meaning
    return f"the engine failed while computing rows ({type(error).__name__})"


NO_ANSWER = "the engine does not answer"
_RUN_ERRORS = {
    r"no space left|os error (27|28)|disk quota|file too large": (
        "the disk is full; nothing was lost: make room and run again"
    ),
    r"resources exhausted|memory": "the engine's memory is used up; raise engine_memory_mb or lower max_batch_rows",
    r"cast|parse|invalid.*(timestamp|date|number|input)": "a value cannot be converted; use try_cast, or filter first",
    r"divide by zero|division": "a division by zero; use try_divide or nullif",
    r"overflow": "a number is too large for its type",
    r"permission denied|os error 13": "a file of the lake may not be read or written",
    r"not found|no such file": "a file of the lake is missing; restore it from a backup",
    r"connection|unavailable|deadline": NO_ANSWER,
}
