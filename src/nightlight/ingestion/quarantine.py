"""Rows that broke the contract, kept in `quarantine.<schema>_<table>` with the rule they broke; each of them once.

They are committed before the rows that were delivered with them: a run killed in between finds them here."""

from collections.abc import Sequence
from datetime import datetime

from nightlight.ingestion.blocks import Rejected
from nightlight.ingestion.sources import Column, Source
from nightlight.lakehouse.commit import write
from nightlight.lakehouse.tables import TEXT, Lake, Table, TableName

COLUMNS = (
    Column("rule", comment="Rule of the contract that the row breaks"),
    Column("source", comment="Source that delivered it"),
    Column("file", comment="File or table it came from"),
    Column("line", "bigint", comment="Line in the file, or number of the row in its delivery"),
    Column("row", sensitivity=TEXT, comment="The row as it was delivered"),
    Column("_ingested_at", "timestamp", comment="When it was taken"),
)


def quarantine_table(lake: Lake, name: TableName) -> Table:
    return lake.table(TableName("quarantine", f"{name.schema}_{name.table}"))


def keep(lake: Lake, source: Source, rejected: Sequence[tuple[str, Rejected]], now: datetime) -> int:
    """Write the (file, rejected) pairs that are not there yet; returns how many those were.

    The table is made with the first delivery even if nothing is rejected, so that datasets can count its rows.
    """
    import pyarrow as pa

    table = quarantine_table(lake, source.table).fresh()
    new = _not_kept(table, source, rejected)
    if not new and table.exists:
        return 0
    schema = pa.schema([column.field for column in COLUMNS])
    rows = [
        {
            "rule": item.rule,
            "source": source.name,
            "file": file,
            "line": item.line,
            "row": item.row,
            "_ingested_at": now,
        }
        for file, item in new
    ]
    transactions: dict[str, int] = {}
    for _, item in new:
        if item.mark:
            transactions[item.mark] = max(item.version, transactions.get(item.mark, 0))
    write(
        table,
        pa.Table.from_pylist(rows, schema).to_batches(max_chunksize=32_768),
        schema=schema,
        transactions=transactions,
        description=f"Rows delivered for {source.table} that broke its contract",
    )
    return len(new)


def _not_kept(table: Table, source: Source, rejected: Sequence[tuple[str, Rejected]]) -> list[tuple[str, Rejected]]:
    reached = {mark: table.transaction(mark) for mark in {item.mark for _, item in rejected if item.mark}}
    texts = _texts(table, source) if any(item.mark is None for _, item in rejected) else set()
    new: list[tuple[str, Rejected]] = []
    for file, item in rejected:
        if item.mark is None:
            if item.row not in texts:
                texts.add(item.row)
                new.append((file, item))
        elif item.version > (reached[item.mark] or 0):
            new.append((file, item))
    return new


def _texts(table: Table, source: Source) -> set[str | None]:
    if not table.exists:
        return set()
    found: set[str | None] = set()
    for batch in table.batches(["source", "row"]):
        found.update(row["row"] for row in batch.to_pylist() if row["source"] == source.name)
    return found
