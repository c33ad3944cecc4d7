"""JSON Lines: one object a line. Whole blocks are parsed at once; a block with anything odd in it, line by line."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from nightlight.ingestion.blocks import Block, Partition, Prefix, Rejected
from nightlight.ingestion.connectors.files import Lines, partitions, read_lines
from nightlight.ingestion.sources import Source

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["blocks", "partitions"]


def blocks(source: Source, partition: Partition, start: int | None, known: Prefix | None) -> Iterator[Block]:
    schema = _raw_schema(source)
    for lines in read_lines(partition, start or 0, known, where=source.where):
        yield _whole_block(lines, schema) or _line_by_line(lines, schema)


def _raw_schema(source: Source) -> "pa.Schema":
    """What Arrow's parser is told: JSON's own types where the contract has them, else strings."""
    import pyarrow as pa

    types = {
        "bigint": pa.int64(),
        "int": pa.int64(),
        "double": pa.float64(),
        "boolean": pa.bool_(),
        "array<string>": pa.list_(pa.string()),
    }
    return pa.schema([(column.origin, types.get(column.type, pa.string())) for column in source.columns])


def _whole_block(lines: Lines, schema: "pa.Schema") -> Block | None:
    """The block parsed in one go; None when that fails or does not give exactly one object a line."""
    import pyarrow as pa
    import pyarrow.types as types

    if not lines.data or b"\n\n" in lines.data:
        return None
    try:
        lines.data.decode()  # Arrow's parser lets broken UTF-8 through
        table = _parse(lines.data, schema)
        new = [field for field in table.schema if field.name not in schema.names]
        if any(types.is_nested(field.type) for field in new):
            return None
        if any(types.is_temporal(field.type) for field in new):  # as they were written, not as they were guessed
            table = _parse(lines.data, pa.schema([*schema, *((field.name, pa.string()) for field in new)]))
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    if table.num_rows != lines.data.count(b"\n"):
        return None
    batch = table.combine_chunks().to_batches()[0]
    return lines.block(batch, range(lines.first, lines.first + table.num_rows), [])


def _parse(data: bytes, schema: "pa.Schema") -> "pa.Table":
    import pyarrow as pa
    from pyarrow import json as arrow_json

    return arrow_json.read_json(
        pa.BufferReader(data),
        read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(data) + 1),
        parse_options=arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="infer"),
    )


def _line_by_line(lines: Lines, schema: "pa.Schema") -> Block:
    import pyarrow as pa

    rows: list[dict[str, Any]] = []
    numbers: list[int] = []
    rejected: list[Rejected] = []
    for number, line in enumerate(lines.data.split(b"\n")[:-1], lines.first):
        if not line.strip():
            continue
        row = _object(line)
        if isinstance(row, str):
            rejected.append(Rejected(row, number, lines.text(number)))
        else:
            rows.append(row)
            numbers.append(number)
    names = list(dict.fromkeys([*schema.names, *(name for row in rows for name in row)]))
    arrays = [_column([row.get(name) for row in rows], name, schema) for name in names]
    return lines.block(pa.RecordBatch.from_arrays(arrays, names=names), numbers, rejected)


def _object(line: bytes) -> dict[str, Any] | str:
    """The line's object, or the name of the rule it breaks."""
    if b"\\ud" in line.lower() and _has_half_character(line):
        return "not valid text"
    try:
        row = json.loads(line, parse_constant=_refuse)
    except UnicodeDecodeError:
        return "not UTF-8"
    except (ValueError, RecursionError):
        return "not valid JSON"
    return row if isinstance(row, dict) else "not a JSON object"


def _has_half_character(line: bytes) -> bool:
    try:
        json.dumps(json.loads(line), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    except (ValueError, RecursionError):
        return False  # broken in another way, which the caller names
    return False


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _column(values: list[Any], name: str, schema: "pa.Schema") -> "pa.Array":
    """Values as strings, lists of strings as lists; the contract takes it from there."""
    import pyarrow as pa
    import pyarrow.types as types

    if name in schema.names and types.is_list(schema.field(name).type) and all(map(_is_list, values)):
        return pa.array(values, pa.list_(pa.string()))
    return pa.array([_text(value) for value in values], pa.string())


def _is_list(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(item, str | None) for item in value))


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
