"""Python definition files, run in a process of their own that cannot reach the home: one for all files of a project.

Only what the files declare comes back, as text and plan messages; both are checked here as if a stranger had sent
them, for whoever's code ran in that process could have sent anything."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError
from nightlight.pipelines.definitions import Dataset, Flow, Kind, Location, PythonQuery
from nightlight.sandbox.confinement import keeps_apart

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PROJECTS = "pipelines"  # the home's folder of projects
BESIDE = ("flags.toml", "macros.txt")  # numbers and prepared texts that a line sets: no rows, no secrets
SECONDS, MEMORY_MB, ANSWER_BYTES = 60, 8192, 64 << 20
ANSWERED = ("get", "get_with_default", "get_option", "ddl_parse", "json_to_ddl", "spark_version")
ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",  # pickled functions are part of a plan, whose text has to stay the same
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class PythonFile:
    """What a file declares."""

    datasets: tuple[Dataset, ...] = ()
    flows: tuple[Flow, ...] = ()


def read_python_files(
    files: Sequence[Path], root: Path, spark: "SparkSession", *, production: bool
) -> dict[Path, PythonFile | NightlightError]:
    """By file, what it declares or the error that ended it. Raises NightlightError when they cannot be run at all.

    Without Landlock the files run unconfined, which production refuses.
    """
    if not files:
        return {}
    confined = keeps_apart(root)
    if production and not confined:
        raise NightlightError(
            "Python definition files cannot be kept from the lake on this system",
            where=str(files[0]),
            remedy="write them in SQL, or use Linux 6.7 or newer with Landlock",
        )
    answers = _run(files, root, spark, confined=confined)
    return {file: _understood(file, answer) for file, answer in zip(files, answers, strict=True)}


def _run(files: Sequence[Path], root: Path, spark: "SparkSession", *, confined: bool) -> list[Any]:
    question = {
        "files": [str(file) for file in files],
        "root": str(root.resolve()),
        "beside": [str(file) for file in _beside(root)],
        "confined": confined,
        "seconds": SECONDS,
        "memory_mb": MEMORY_MB,
    }
    ours, theirs = socket.socketpair()
    with ours, theirs:
        child = subprocess.Popen(
            [sys.executable, "-P", "-s", "-m", f"{__package__}.python_child", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
        theirs.close()
        try:
            with _ended_after(SECONDS, child) as ended, Connection(os.dup(ours.fileno())) as connection:
                answers = _converse(connection, question, spark)
        except (EOFError, OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            why = f"took longer than {SECONDS} seconds" if ended.is_set() else "ended without an answer"
            where = str(files[0] if len(files) == 1 else root)
            raise NightlightError(f"the process that reads the Python files {why}", where=where) from error
    if not isinstance(answers, list) or len(answers) != len(files):
        raise NightlightError("the process that reads the Python files gave no sound answer", where=str(root))
    return answers


def _beside(root: Path) -> list[Path]:
    """The home's settings that definitions may read besides their project's folder, where they exist."""
    folder = next((each for each in (root, *root.parents) if each.name == PROJECTS), None)
    return [file.resolve() for name in BESIDE if folder and (file := folder.parent / name).is_file()]


@contextmanager
def _ended_after(seconds: float, child: "subprocess.Popen[bytes]") -> Iterator[threading.Event]:
    """End the child and what it started when this block ends, or when it has taken too long, which the event tells."""
    late = threading.Event()

    def end() -> None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)

    def end_late() -> None:
        late.set()
        end()

    timer = threading.Timer(seconds, end_late)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
        end()
        child.wait()


def _converse(connection: Connection, question: Mapping[str, Any], spark: "SparkSession") -> Any:
    """Put the question and answer the child's own, until it says what the files declare."""
    connection.send_bytes(json.dumps(question).encode())
    while "ask" in (said := json.loads(connection.recv_bytes(ANSWER_BYTES))):
        connection.send_bytes(json.dumps(_answer(said, spark)).encode())
    return said["files"]


def _answer(asked: Mapping[str, Any], spark: "SparkSession") -> dict[str, str]:
    """The engine's answer to a question about its configuration or the spelling of a type; anything else: none."""
    import grpc
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from pyspark.sql.connect.proto import AnalyzePlanRequest, ConfigRequest

    kinds = {"Config": ConfigRequest, "AnalyzePlan": AnalyzePlanRequest}
    if asked["ask"] not in kinds:
        return {}
    request, client = kinds[asked["ask"]](), spark.client
    try:
        request.ParseFromString(base64.b64decode(asked["request"]))
        what = (
            request.WhichOneof("analyze") if asked["ask"] == "AnalyzePlan" else request.operation.WhichOneof("op_type")
        )
        if what not in ANSWERED:
            return {}
        request.session_id = client._session_id
        if client._user_id:
            request.user_context.user_id = client._user_id
        response = getattr(client._stub, asked["ask"])(request, metadata=client._builder.metadata())
    except (grpc.RpcError, DecodeError):
        return {}
    return {"response": base64.b64encode(response.SerializeToString()).decode()}


def _understood(file: Path, answer: Any) -> PythonFile | NightlightError:
    try:
        if "error" in answer:
            remedy = answer.get("remedy")
            line = int(answer["line"])
            return NightlightError(
                _one_line(answer["error"]), where=f"{file}:{line}", remedy=remedy and _one_line(remedy)
            )
        datasets = tuple(
            Dataset(
                str(each["name"]),
                Kind(each["kind"]),
                Location(file, int(each["line"])),
                " ".join(str(each["comment"]).split()),
                {str(name): str(value) for name, value in each["properties"].items()},
            )
            for each in answer["datasets"]
        )
        return PythonFile(datasets, tuple(_flow(file, each) for each in answer["flows"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        return NightlightError("what the file declares cannot be understood", where=str(file))


def _flow(file: Path, each: Mapping[str, Any]) -> Flow:
    error = each.get("error")
    pieces = tuple(base64.b64decode(piece) for piece in each.get("plan", ()))
    query = PythonQuery(pieces, error and _one_line(error))
    return Flow(str(each["name"]), str(each["target"]), query, Location(file, int(each["line"])))


def _one_line(text: Any) -> str:
    return " ".join(str(text).split())[:500]
