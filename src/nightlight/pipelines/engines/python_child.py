"""The process in which Python definition files run: it can read Python and the project, and reach nothing else.

It is started by `python_files`, takes the files' names on a socket, restricts itself, runs the files with a session
that has no engine, and answers what they declared. What it answers is judged by whoever started it."""

import base64
import importlib.util
import json
import os
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from nightlight.errors import NightlightError
from nightlight.pipelines.definitions import Kind
from nightlight.pipelines.engines.pieces import cut
from nightlight.sandbox.confinement import python_folders, restrict_calls
from nightlight.sandbox.landlock import restrict_files
from nightlight.sandbox.limits import limit_process

NO_ENGINE = "collect(), df.columns, df.schema, mapInPandas() and the like ask the engine, which definitions have not"


def main(descriptor: int) -> None:
    """Answer one question `{"files": [..], "root": "..", "beside": [..], "confined": bool}` by `{"files": [..]}`."""
    connection = Connection(descriptor)
    question = json.loads(connection.recv_bytes())
    if question["confined"]:
        restrict_files([*python_folders(), Path(question["root"]), *map(Path, question["beside"])])
        restrict_calls()
    limit_process(memory=question["memory_mb"] << 20, cpu_seconds=question["seconds"])
    sys.setrecursionlimit(10_000)  # plans are as deep as they have steps
    spark = _session(connection)
    answer = {"files": [_read(Path(file), spark) for file in question["files"]]}
    connection.send_bytes(json.dumps(answer).encode())
    os._exit(0)  # what the files left running ends here


def _session(connection: Connection) -> Any:
    """A session that builds plans and asks the other side of `connection` for the little it must know."""
    from pyspark.sql.connect.client import ChannelBuilder
    from pyspark.sql.connect.dataframe import DataFrame
    from pyspark.sql.connect.plan import SQL
    from pyspark.sql.connect.session import SparkSession
    from pyspark.sql.connect.sql_formatter import SQLStringFormatter

    class Builder(ChannelBuilder):
        def toChannel(self) -> Any:  # noqa: N802 - pyspark's name
            return _Questions(connection)

    class Offline(SparkSession):
        def sql(self, sqlQuery: str, args: Any = None, **frames: Any) -> Any:  # noqa: N803 - pyspark's name
            """A query as part of the plan; pyspark's own would run it."""
            from pyspark.sql.connect import functions as F  # noqa: N812
            from pyspark.sql.connect.plan import SubqueryAlias

            named = {name: F.lit(value) for name, value in args.items()} if isinstance(args, dict) else {}
            positional = [F.lit(value) for value in args] if isinstance(args, list) else []
            formatter = SQLStringFormatter(self)
            text = formatter.format(sqlQuery, **frames) if frames else sqlQuery
            views = [SubqueryAlias(frame._plan, name) for frame, name in formatter._temp_views]
            return DataFrame(SQL(text, positional, named, views), self)

    spark = Offline(Builder())  # type: ignore[arg-type]  # any builder will do
    SparkSession._set_default_and_active_session(spark)
    return spark


class _Questions:
    """Stands where a channel to the engine would: asks for the engine's configuration and types, refuses the rest."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._answers: dict[bytes, bytes] = {}

    def unary_unary(
        self, path: str, request_serializer: Any, response_deserializer: Any, **_: Any
    ) -> Callable[..., Any]:
        def ask(request: Any, **_: Any) -> Any:
            name = path.rsplit("/", 1)[-1]
            plain = type(request)()
            plain.CopyFrom(request)
            for field in ("session_id", "user_context", "client_type", "client_observed_server_side_session_id"):
                plain.ClearField(field)
            response = response_deserializer(self._ask(name, request_serializer(plain)))
            response.session_id = request.session_id
            response.ClearField("server_side_session_id")
            return response

        return ask

    def _ask(self, name: str, request: bytes) -> bytes:
        key = name.encode() + request
        if key not in self._answers:
            question = {"ask": name, "request": base64.b64encode(request).decode()}
            self._connection.send_bytes(json.dumps(question).encode())
            answer = json.loads(self._connection.recv_bytes())
            if "response" not in answer:
                raise NightlightError(NO_ENGINE)
            self._answers[key] = base64.b64decode(answer["response"])
        return self._answers[key]

    def __getattr__(self, kind: str) -> Any:
        def refuse(*_: Any, **__: Any) -> Any:
            raise NightlightError(NO_ENGINE)

        return lambda *_, **__: refuse


def _read(file: Path, spark: Any) -> dict[str, Any]:
    """What one file declares, or the error and the line where it ended."""
    from pyspark.pipelines.block_session_mutations import block_session_mutations
    from pyspark.pipelines.graph_element_registry import graph_element_registration_context

    collected = _collector(spark)
    try:
        spec = importlib.util.spec_from_file_location(f"nightlight_pipeline_{file.stem}", file)
        if spec is None or spec.loader is None:
            return {"error": "not a Python file", "line": 1}
        module = importlib.util.module_from_spec(spec)
        module.spark = spark  # type: ignore[attr-defined]  # what Spark gives definition files too
        with graph_element_registration_context(collected), block_session_mutations():
            spec.loader.exec_module(module)
            for flow in collected.flows:
                flow |= _plan(flow.pop("function"), spark)
    except SyntaxError as error:
        return {"error": f"not valid Python: {error.msg}", "line": error.lineno or 1}
    except Declined as error:
        return {"error": error.what, "line": error.line, "remedy": error.remedy}
    except BaseException as error:  # SystemExit too: other files go on
        return {"error": _first_line(error), "line": _line_in(file)}
    return {"datasets": collected.datasets, "flows": collected.flows}


def _plan(function: Callable[[], Any], spark: Any) -> dict[str, Any]:
    """The plan that a definition's function returns, or why it gave none."""
    from pyspark.sql.connect.dataframe import DataFrame

    try:
        frame = function()
        if not isinstance(frame, DataFrame):
            return {"error": "the dataset's function must return a DataFrame"}
        pieces = cut(frame._plan.plan(spark.client))
    except BaseException as error:
        return {"error": f"the dataset's function failed: {_first_line(error)}"}
    return {"plan": [base64.b64encode(piece).decode() for piece in pieces]}


class Declined(Exception):  # noqa: N818 - an answer: what a file may not declare
    def __init__(self, what: str, line: int, remedy: str | None = None) -> None:
        super().__init__(what)
        self.what, self.line, self.remedy = what, line, remedy


def _collector(spark: Any) -> Any:
    from pyspark.pipelines.graph_element_registry import GraphElementRegistry
    from pyspark.pipelines.output import MaterializedView, Output, StreamingTable, TemporaryView

    kinds = {
        MaterializedView: Kind.MATERIALIZED_VIEW,
        StreamingTable: Kind.STREAMING_TABLE,
        TemporaryView: Kind.TEMPORARY_VIEW,
    }

    class Collector(GraphElementRegistry):
        def __init__(self) -> None:
            self.datasets: list[dict[str, Any]] = []
            self.flows: list[dict[str, Any]] = []

        def register_output(self, output: Output) -> None:
            if type(output) not in kinds:
                raise Declined(f"'{output.name}': sinks are not part of the portable subset", _line(output))
            properties = dict(getattr(output, "table_properties", None) or {})
            comment = " ".join((output.comment or "").split())
            kind = str(kinds[type(output)])
            self.datasets.append(
                {"name": output.name, "kind": kind, "line": _line(output), "comment": comment, "properties": properties}
            )

        def register_flow(self, flow: Any) -> None:
            self.flows.append({"name": flow.name, "target": flow.target, "line": _line(flow), "function": flow.func})

        def register_auto_cdc_flow(self, flow: Any) -> None:
            remedy = "write a materialized view with 'refresh.key' that keeps the latest row per key"
            raise Declined("AUTO CDC is not part of the portable subset", _line(flow), remedy)

        def register_sql(self, sql_text: str, file_path: Path) -> None:
            raise Declined("SQL belongs into .sql files", 1)

    return Collector()


def _line(element: Any) -> int:
    return element.source_code_location.line_number or 1


def _first_line(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    if isinstance(error, NightlightError):
        return text[0]
    return f"{type(error).__name__}: {text[0] if text else 'failed'}"


def _line_in(file: Path) -> int:
    """The line of `file` where the exception being handled came from."""
    line, frame = 1, sys.exc_info()[2]
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == str(file):
            line = frame.tb_lineno
        frame = frame.tb_next
    return line


if __name__ == "__main__":
    main(int(sys.argv[1]))
