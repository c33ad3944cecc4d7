"""An engine of its own for a dataset with Python functions in its plan, which run inside the engine that computes it.

It is a process that can read the dataset's sources and write its staged files, and reach nothing else of the home."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from nightlight.errors import NightlightError
from nightlight.pipelines.engines.product_functions import Folders
from nightlight.pipelines.engines.sail import write_options
from nightlight.pipelines.engines.session import STAGING, Session
from nightlight.sandbox.confinement import keeps_apart
from nightlight.settings import Home


def can_confine_functions(home: Home, session: Session) -> bool:
    """Whether Python functions can be kept from the home; on a cluster they run where its workers may read all."""
    return session.engine == "sail" and keeps_apart(home.root)


@contextmanager
def confined_session(
    home: Home,
    *,
    read: Sequence[Path] = (),
    target: Path | None = None,
    configuration: Mapping[str, str] | None = None,
    folders: Folders | None = None,
) -> Iterator[Session]:
    """A session whose engine can read these folders, and write staged files in `target` and nowhere else; `folders`:
    what the product's own functions read beside."""
    from pyspark.sql import SparkSession

    temporary = tempfile.mkdtemp(prefix="nightlight-")
    staging = None
    if target is not None:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=target))
    process = subprocess.Popen(
        [sys.executable, "-P", "-s", "-m", f"{__package__}.confined_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"LANG": "C.UTF-8", "TMPDIR": temporary, "RUST_LOG": "off", "OPENBLAS_NUM_THREADS": "1"},
        cwd="/",
        start_new_session=True,
    )
    try:
        port = _port(process, read, staging, temporary, home.settings.engine_memory_mb, folders or {})
        spark = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").create()
        spark.client.set_retry_policies([])  # an engine that a function ended does not come back
        try:
            session = Session("sail", spark, write_options, staging=staging)
            for key, value in (configuration or {}).items():
                spark.conf.set(key, value)
            yield session
        finally:
            spark.client.close()
    finally:
        process.kill()
        process.communicate()
        shutil.rmtree(temporary, ignore_errors=True)
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)


def _port(
    process: "subprocess.Popen[bytes]",
    read: Sequence[Path],
    staging: Path | None,
    temporary: str,
    memory_mb: int,
    folders: Folders,
) -> int:
    question = {
        "read": [str(path) for path in read if os.path.isdir(path)],
        "write": [str(staging)] if staging else [],
        "temporary": temporary,
        "memory_mb": memory_mb,
        "folders": {name: str(folder) for name, folder in folders.items()},
    }
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(question).encode() + b"\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    if not answer.strip().isdigit():
        raise NightlightError("the engine for Python functions did not start", remedy="run `nightlight doctor`")
    return int(answer)
