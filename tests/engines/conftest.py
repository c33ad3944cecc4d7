"""The engines under test: Sail in this process, and a Spark Connect server where NIGHTLIGHT_SPARK_REMOTE names one."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MESSAGES = (Path(__file__).parent / "conformance" / "messages.sql").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def sail_session() -> Iterator["SparkSession"]:
    os.environ["RUST_LOG"] = "off"  # Sail logs the failures these tests expect
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer(port=0)
    server.start(background=True)
    address, port = server.listening_address
    yield from connected(f"sc://{address}:{port}")
    server.stop()


@pytest.fixture(scope="session")
def spark_session() -> Iterator["SparkSession"]:
    remote = os.environ.get("NIGHTLIGHT_SPARK_REMOTE")
    if not remote:
        pytest.skip("NIGHTLIGHT_SPARK_REMOTE names no Spark Connect server, such as sc://localhost:15002")
    yield from connected(remote)


def connected(remote: str) -> Iterator["SparkSession"]:
    from pyspark.sql import SparkSession

    session = SparkSession.builder.remote(remote).create()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    session.sql(MESSAGES).collect()
    yield session
    session.stop()
