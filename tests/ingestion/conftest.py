"""A home in a temporary folder, and the few things every test of ingestion does with it."""

import gzip
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from nightlight.ingestion import ingest
from nightlight.ingestion.runs import SourceRun
from nightlight.lakehouse.tables import Lake
from nightlight.settings import Home

MESSAGES = """
kind = "jsonl"
path = "exports/*.jsonl*"
table = "bronze.messages"
key = ["message_id"]
cursor = "sent_at"
[columns.message_id]
type = "bigint"
required = true
[columns.sent_at]
type = "timestamp"
required = true
[columns.author]
one_of = ["texter", "counselor"]
[columns.text]
sensitivity = "text"
"""


class Line:
    """A home with sources and exports, seen from outside."""

    def __init__(self, root: Path) -> None:
        self.home = Home.create(root)
        self.exports = self.home.root / "exports"
        self.exports.mkdir(exist_ok=True)
        self.lake = Lake(self.home.lake)

    def declare(self, name: str, toml: str) -> None:
        (self.home.sources / f"{name}.toml").write_text(toml, encoding="utf-8")

    def export(self, name: str, rows: Iterable[dict[str, Any]]) -> Path:
        return self.export_bytes(name, "".join(json.dumps(row) + "\n" for row in rows).encode())

    def export_bytes(self, name: str, data: bytes) -> Path:
        path = self.exports / name
        path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
        return path

    def run(self, *names: str) -> SourceRun:
        """Run one source (or the only one there is) and return how it went."""
        (run,) = ingest.run(self.home, names)
        return run

    def rows(self, table: str = "bronze.messages") -> list[dict[str, Any]]:
        found = self.lake.table(table).fresh()
        return sorted(found.read().to_pylist(), key=lambda row: row["_position"]) if found.exists else []

    def quarantine(self, table: str = "quarantine.bronze_messages") -> list[dict[str, Any]]:
        found = self.lake.table(table).fresh()
        return sorted(found.read().to_pylist(), key=lambda row: (row["file"], row["line"])) if found.exists else []


def message(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "message_id": number,
        "sent_at": f"2026-03-01T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}.250Z",
        "author": "texter",
        "text": f"hello {number}",
        **changes,
    }


@pytest.fixture
def line(tmp_path: Path) -> Line:
    """A home whose only source is `messages`, JSON Lines in exports/."""
    made = Line(tmp_path / "home")
    made.declare("messages", MESSAGES)
    return made


@pytest.fixture
def make_message() -> Callable[..., dict[str, Any]]:
    return message
