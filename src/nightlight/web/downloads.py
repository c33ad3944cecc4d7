"""Answers as files, written batch by batch; and whether an answer may become one.

An answer that was made from text or identities stays on the page: files travel, and nobody sees where."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nightlight.sql.broker import Broker, Result
from nightlight.sql.results import json_rows

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 20_000
CLOSED = ("text", "identity")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Form:
    """A form of file: its content type, and what writes a table as bytes."""

    content_type: str
    write: "Callable[[pa.Table], Iterator[bytes]]"


def closed_columns(broker: Broker, principal: str, result: Result) -> list[str]:
    """The columns tagged text or identity that an answer can have been made from, masked or not: `s.t.c (text)`."""
    read = {name.rpartition(".")[0] for name in result.columns}
    decisions = broker.decisions.look_up(principal, read)
    found = []
    for name in result.columns:
        table, _, column = name.rpartition(".")
        decision = decisions.get(table)
        tags = next((c.tags for c in decision.access.columns if c.name == column), None) if decision else None
        kinds = {"text"} if tags is None else tags.get("sensitivity", frozenset()) & {*CLOSED}
        found += [f"{name} ({kind})" for kind in sorted(kinds)]
    return found


def write_csv(table: "pa.Table") -> Iterator[bytes]:
    """CSV that a spreadsheet shows and does not run; lists and structs are JSON in their cell."""
    yield csv_lines([table.column_names])
    for part in _parts(table):
        yield csv_lines(map(_csv_cell, row.values()) for row in json_rows(part))


def csv_lines(rows: Iterable[Iterable[Any]]) -> bytes:
    """Rows as lines of CSV; what a spreadsheet would take for a formula is made harmless."""
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    for row in rows:
        writer.writerow([harmless(value) if isinstance(value, str) else value for value in row])
    return sheet.getvalue().encode()


def _csv_cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, bool | list | dict) else value


def harmless(text: str) -> str:
    """A text that a spreadsheet would take for a formula gets an apostrophe in front.

    >>> harmless("=1+1"), harmless("1+1")
    ("'=1+1", '1+1')
    """
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip().startswith(FORMULA) else text


def write_json(table: "pa.Table") -> Iterator[bytes]:
    """A list of row objects."""
    before = "["
    for part in _parts(table):
        for row in json_rows(part):
            yield f"{before}\n{json.dumps(row, ensure_ascii=False)}".encode()
            before = ","
    yield b"[]\n" if before == "[" else b"\n]\n"


def write_arrow(table: "pa.Table") -> Iterator[bytes]:
    """An Arrow IPC stream, compressed by zstd."""
    import pyarrow as pa

    sink = _Sink()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(pa.PythonFile(sink, "w"), table.schema, options=options) as writer:
        for part in _parts(table):
            writer.write_table(part.combine_chunks())
            yield sink.drain()
    yield sink.drain()


class _Sink(io.RawIOBase):
    """What has been written since it was last drained."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written += data
        return len(data)

    def drain(self) -> bytes:
        written, self._written = bytes(self._written), bytearray()
        return written


def _parts(table: "pa.Table") -> "Iterator[pa.Table]":
    for start in range(0, table.num_rows, ROWS_AT_ONCE):
        yield table.slice(start, ROWS_AT_ONCE)


FORMS = {
    "csv": Form("text/csv; charset=utf-8", write_csv),
    "json": Form("application/json", write_json),
    "arrow": Form("application/vnd.apache.arrow.stream", write_arrow),
}
