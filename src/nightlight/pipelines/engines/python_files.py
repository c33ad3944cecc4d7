"""Python definition files: run once with a session as the global `spark`, collecting what they declare."""

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError
from nightlight.pipelines.definitions import Dataset, Flow, Kind, Location, PythonQuery

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def read_python_file(file: Path, spark: "SparkSession") -> tuple[list[Dataset], list[Flow]]:
    """The datasets and flows that `file` declares with `pyspark.pipelines`; its errors name the user's line."""
    from pyspark.errors import PySparkException
    from pyspark.pipelines.block_session_mutations import block_session_mutations
    from pyspark.pipelines.graph_element_registry import graph_element_registration_context

    spec = importlib.util.spec_from_file_location(f"nightlight_pipeline_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise NightlightError("not a Python file", where=str(file))
    module = importlib.util.module_from_spec(spec)
    module.spark = spark  # type: ignore[attr-defined]  # what Spark gives definition files too
    collected = _collector(file)
    try:
        with graph_element_registration_context(collected), block_session_mutations():
            spec.loader.exec_module(module)
    except SyntaxError as error:
        raise NightlightError(f"not valid Python: {error.msg}", where=f"{file}:{error.lineno}") from error
    except (PySparkException, Exception) as error:
        if isinstance(error, NightlightError):
            raise
        line = _line_in(file)
        text = str(error).strip().splitlines()
        raise NightlightError(
            f"{type(error).__name__}: {text[0] if text else 'failed'}", where=str(Location(file, line))
        ) from error
    return collected.datasets, collected.flows


def _collector(file: Path) -> Any:
    from pyspark.pipelines.graph_element_registry import GraphElementRegistry
    from pyspark.pipelines.output import MaterializedView, Output, StreamingTable, TemporaryView

    kinds = {
        MaterializedView: Kind.MATERIALIZED_VIEW,
        StreamingTable: Kind.STREAMING_TABLE,
        TemporaryView: Kind.TEMPORARY_VIEW,
    }

    class Collector(GraphElementRegistry):
        def __init__(self) -> None:
            self.datasets: list[Dataset] = []
            self.flows: list[Flow] = []

        def register_output(self, output: Output) -> None:
            location = _location(output, file)
            if type(output) not in kinds:
                raise NightlightError(
                    f"'{output.name}': sinks are not part of the portable subset", where=str(location)
                )
            properties = dict(getattr(output, "table_properties", None) or {})
            comment = " ".join((output.comment or "").split())
            self.datasets.append(Dataset(output.name, kinds[type(output)], location, comment, properties))

        def register_flow(self, flow: Any) -> None:
            self.flows.append(Flow(flow.name, flow.target, PythonQuery(flow.func), _location(flow, file)))

        def register_auto_cdc_flow(self, flow: Any) -> None:
            raise NightlightError(
                "AUTO CDC is not part of the portable subset",
                where=str(_location(flow, file)),
                remedy="write a materialized view with 'refresh.key' that keeps the latest row per key",
            )

        def register_sql(self, sql_text: str, file_path: Path) -> None:
            raise NightlightError("SQL belongs into .sql files", where=str(file_path))

    return Collector()


def _location(element: Any, file: Path) -> Location:
    place = element.source_code_location
    return Location(file, place.line_number or 1)


def _line_in(file: Path) -> int:
    """The line of `file` where the exception being handled came from."""
    line, frame = 1, sys.exc_info()[2]
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == str(file):
            line = frame.tb_lineno
        frame = frame.tb_next
    return line
