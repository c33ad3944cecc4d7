"""CSV with a header line. Whole blocks are parsed at once; a block with anything odd in it, record by record.

A quoted value may hold line ends; a quote that does not close within a thousand lines rejects its first line only."""

import csv as standard_csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from nightlight.errors import NightlightError
from nightlight.ingestion.blocks import Block, Partition, Prefix, Rejected
from nightlight.ingestion.connectors.files import Lines, partitions, read_lines
from nightlight.ingestion.sources import CsvDialect, Source

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["blocks", "partitions"]

LONGEST_RECORD = 1000  # lines


def blocks(source: Source, partition: Partition, start: int | None, known: Prefix | None) -> Iterator[Block]:
    """Blocks whose columns are the header's, all strings; an empty value is null."""
    parser = _parser(source, partition)
    open_lines, end = b"", 0
    for lines in read_lines(partition, start or 0, known, where=source.where):
        if lines.first == 1 and lines.data:
            lines = replace(lines, data=lines.data.partition(b"\n")[2], first=2)
        lines = replace(lines, data=open_lines + lines.data, first=lines.first - open_lines.count(b"\n"))
        block, open_lines = parser.parse(lines)
        yield block
        end = lines.end
    if open_lines:
        first = end - open_lines.count(b"\n") + 1
        yield parser.last_record(replace(lines, data=open_lines, first=first, rejected=[]), whole=partition.at_rest)


def _parser(source: Source, partition: Partition) -> "_Parser":
    """The parser of this file's columns; raises NightlightError when its header cannot be read."""
    first = next(read_lines(partition, 0, None, where=source.where))
    line = first.data.partition(b"\n")[0].rstrip(b"\r").removeprefix(b"\xef\xbb\xbf")
    try:
        names = next(standard_csv.reader([line.decode(source.csv.encoding)], delimiter=source.csv.delimiter))
    except (UnicodeDecodeError, standard_csv.Error) as error:
        raise NightlightError(
            f"the header of {partition.name} cannot be read as {source.csv.encoding}",
            where=source.where,
            remedy="set 'encoding' and 'delimiter' in [csv]",
        ) from error
    if len(set(names)) < len(names) or "" in names:
        raise NightlightError(f"the header of {partition.name} has a name twice, or an empty one", where=source.where)
    numbers = frozenset(column.origin for column in source.columns if column.type == "double")
    return _Parser(tuple(names), source.csv, numbers)


@dataclass(frozen=True)
class _Parser:
    """Lines to blocks, for the columns of one header (none where the header is still to come)."""

    names: tuple[str, ...]
    dialect: CsvDialect
    numbers: frozenset[str]

    def parse(self, lines: Lines) -> tuple[Block, bytes]:
        """The block of these lines, and the lines at the end whose record is not complete."""
        whole = self._whole_block(lines)
        return (whole, b"") if whole else self._by_record(lines)

    def last_record(self, lines: Lines, *, whole: bool) -> Block:
        """The record that the file ends in: its first line is rejected when the file is at rest, else all waits."""
        if not whole:
            return self._block(replace(lines, data=b"", end=lines.first - 1, waits=True), [], [], [])
        rejected: list[Rejected] = []
        rows: list[list[str]] = []
        numbers: list[int] = []
        while lines.data:
            line, _, after = lines.data.partition(b"\n")
            rejected.append(Rejected("unclosed quote", lines.first, self._shown(line)))
            found, open_lines = self._records(replace(lines, data=after, first=lines.first + 1), numbers, rejected)
            rows += found
            lines = replace(lines, data=open_lines, first=lines.end - open_lines.count(b"\n") + 1)
        return self._block(lines, rows, numbers, rejected)

    def _whole_block(self, lines: Lines) -> Block | None:
        """The block parsed in one go; None when that fails or does not give exactly one record a line."""
        import pyarrow as pa

        text = self._text(lines.data)
        if not text or "\n\n" in text or text.startswith("\n"):
            return None
        bad: list[int] = []
        try:
            table = self._parse(text.encode(), bad)
        except pa.ArrowInvalid:
            return None
        if table.num_rows + len(bad) != lines.data.count(b"\n"):
            return None
        wrong = set(bad)
        numbers = [lines.first + row for row in range(table.num_rows + len(bad)) if row + 1 not in wrong]
        batch = table.combine_chunks().to_batches()[0] if table.num_rows else self._batch([])
        places = [lines.first + row - 1 for row in bad]
        rejected = [
            Rejected("wrong number of fields", place, lines.text(place, self.dialect.encoding)) for place in places
        ]
        return self._finished(lines, batch, numbers, rejected)

    def _parse(self, data: bytes, bad: list[int]) -> "pa.Table":
        """All rows as strings; the numbers of those with a wrong number of fields go to `bad`."""
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        def reject(row: "arrow_csv.InvalidRow") -> str:
            bad.append(row.number)
            return "skip"

        names = list(self.names)
        return arrow_csv.read_csv(
            pa.BufferReader(data),
            read_options=arrow_csv.ReadOptions(column_names=names, use_threads=False, block_size=len(data) + 1),
            parse_options=arrow_csv.ParseOptions(delimiter=self.dialect.delimiter, invalid_row_handler=reject),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
            ),
        )

    def _by_record(self, lines: Lines) -> tuple[Block, bytes]:
        numbers: list[int] = []
        rejected: list[Rejected] = []
        rows, open_lines = self._records(lines, numbers, rejected)
        end = lines.end - open_lines.count(b"\n")
        return self._block(replace(lines, end=end), rows, numbers, rejected), open_lines

    def _records(self, lines: Lines, numbers: list[int], rejected: list[Rejected]) -> tuple[list[list[str]], bytes]:
        """The complete records (their first lines to `numbers`, broken ones to `rejected`) and what is left over."""
        rows: list[list[str]] = []
        remaining = lines.data.split(b"\n")[:-1]
        at = 0
        while at < len(remaining) and (count := self._record_lines(remaining, at)) is not None:
            number, record = lines.first + at, b"\n".join(remaining[at : at + max(count, 1)])
            at += max(count, 1)
            fields = self._fields(record) if count else "unclosed quote"
            if isinstance(fields, str):
                rejected.append(Rejected(fields, number, self._shown(record)))
            elif fields:
                rows.append(fields)
                numbers.append(number)
        return rows, b"".join(line + b"\n" for line in remaining[at:])

    def _record_lines(self, lines: list[bytes], at: int) -> int | None:
        """How many lines the record at `at` takes: 0 when its quote never closes, None when they are not all here."""
        record = b""
        for count, line in enumerate(islice(lines, at, at + LONGEST_RECORD), 1):
            record += line + b"\n"
            if not self._is_open(record):
                return count
        return 0 if len(lines) - at >= LONGEST_RECORD else None

    def _is_open(self, record: bytes) -> bool:
        return b'"' in record and bool(self._open_field.search(self._closed_field.sub(rb"\1", record)))

    @cached_property
    def _closed_field(self) -> re.Pattern[bytes]:
        mark = re.escape(self.dialect.delimiter).encode()
        return re.compile(rb"(^|" + mark + rb')"(?:[^"]|"")*"(?=' + mark + rb"|\r?\n)")

    @cached_property
    def _open_field(self) -> re.Pattern[bytes]:
        return re.compile(rb"(?:^|" + re.escape(self.dialect.delimiter).encode() + rb')"')

    def _fields(self, record: bytes) -> list[str] | str:
        """The record's values, or the name of the rule it breaks; nothing for an empty line."""
        try:
            text = record.decode(self.dialect.encoding).removesuffix("\r")
            lines = text.split("\n")
            kept = [line + "\n" for line in lines[:-1]] + lines[-1:]
            rows = list(standard_csv.reader(kept, delimiter=self.dialect.delimiter, strict=True))
        except UnicodeDecodeError:
            return f"not {self.dialect.encoding}"
        except standard_csv.Error:
            return "not valid CSV"
        if not rows or not rows[0]:
            return []
        return rows[0] if len(rows) == 1 and len(rows[0]) == len(self.names) else "wrong number of fields"

    def _text(self, data: bytes) -> str | None:
        try:
            return data.decode(self.dialect.encoding)
        except UnicodeDecodeError:
            return None

    def _shown(self, data: bytes) -> str:
        return data.decode(self.dialect.encoding, errors="backslashreplace")

    def _block(self, lines: Lines, rows: list[list[str]], numbers: list[int], rejected: list[Rejected]) -> Block:
        return self._finished(lines, self._batch(rows), numbers, rejected)

    def _batch(self, rows: list[list[str]]) -> "pa.RecordBatch":
        import pyarrow as pa

        columns = [[row[index] or None for row in rows] for index in range(len(self.names))]
        return pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in columns], names=list(self.names))

    def _finished(self, lines: Lines, batch: "pa.RecordBatch", numbers: list[int], rejected: list[Rejected]) -> Block:
        rows = self._with_points(batch) if self.dialect.decimal != "." else batch
        return lines.block(rows, numbers, rejected, encoding=self.dialect.encoding)

    def _with_points(self, batch: "pa.RecordBatch") -> "pa.RecordBatch":
        """Numbers with the decimal mark that parsers know; a point, which would mean thousands, makes them invalid."""
        import pyarrow.compute as pc

        for index, name in enumerate(self.names):
            if name in self.numbers:
                safe = pc.replace_substring(batch.column(index), ".", "_")
                batch = batch.set_column(index, name, pc.replace_substring(safe, self.dialect.decimal, "."))
        return batch
