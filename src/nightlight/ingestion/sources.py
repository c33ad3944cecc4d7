"""What a source is: where exports lie, which table they feed, and the contract its rows must keep.

A `Source` is plain data, read from one TOML file by `declaration`; every column it does not declare counts as text."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightlight.lakehouse.tables import COMMENT, IDENTITY, SENSITIVITY, TEXT, TableName

if TYPE_CHECKING:
    import pyarrow as pa

COLUMN_TYPES = ("bigint", "int", "double", "boolean", "string", "date", "timestamp", "array<string>")
FILE_KINDS = ("jsonl", "csv", "parquet", "esconv")
DATABASE_KINDS = ("sqlite", "postgres")
KINDS = (*FILE_KINDS, *DATABASE_KINDS, "delta")
SENSITIVITIES = (TEXT, IDENTITY)


@dataclass(frozen=True)
class Column:
    """One column of the contract: its name in the table and, in `origin`, in the source.

    `format` and `time_zone` read local times: strptime notation, IANA name; times without a zone count as that zone's.
    """

    name: str
    type: str = "string"
    origin: str = ""
    required: bool = False
    sensitivity: str = ""
    comment: str = ""
    format: str = ""
    time_zone: str = "UTC"
    one_of: tuple[str, ...] = ()

    @property
    def field(self) -> "pa.Field":
        import pyarrow as pa

        tags = {SENSITIVITY: self.sensitivity.encode(), COMMENT: self.comment.encode()}
        return pa.field(self.name, arrow_type(self.type), metadata={key: value for key, value in tags.items() if value})


@dataclass(frozen=True)
class CsvDialect:
    """How a CSV file is written; `encoding` is one that leaves ASCII as it is (utf-8, latin-1, cp1252, ..)."""

    delimiter: str = ","
    encoding: str = "utf-8"
    decimal: str = "."


@dataclass(frozen=True)
class Source:
    """One declared source.

    `path` is a glob of files, a database file or a Delta folder, absolute once read; `url` names a database server.
    `relation` is the table or view read there. `cursor` is the column (name in the target table) whose growth says
    what is new in a database; for files it only tells how fresh the rows are. `overlap` is how far behind the cursor
    a database is read again for late rows: microseconds of a timestamp, or steps of an integer.
    """

    name: str
    kind: str
    table: TableName
    path: str = ""
    url: str = field(default="", repr=False)
    relation: str = ""
    key: tuple[str, ...] = ()
    cursor: str = ""
    overlap: int = 0
    comment: str = ""
    columns: tuple[Column, ...] = ()
    csv: CsvDialect = CsvDialect()
    file: Path | None = None

    @property
    def where(self) -> str:
        """How errors name this source."""
        return str(self.file) if self.file else self.name

    @property
    def cursor_column(self) -> Column | None:
        """The cursor's column; every database source has one."""
        return self.column(self.cursor)

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


def arrow_type(name: str) -> "pa.DataType":
    import pyarrow as pa

    types: dict[str, Any] = {
        "bigint": pa.int64(),
        "int": pa.int32(),
        "double": pa.float64(),
        "boolean": pa.bool_(),
        "string": pa.string(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", tz="UTC"),
        "array<string>": pa.list_(pa.string()),
    }
    return types[name]


def type_name(kind: "pa.DataType") -> str:
    """The contract's word for an Arrow type; whatever has none is carried as a string."""
    import pyarrow.types as types

    if types.is_int32(kind):
        return "int"
    if types.is_integer(kind):
        return "bigint"
    if types.is_floating(kind) or types.is_decimal(kind):
        return "double"
    if types.is_boolean(kind):
        return "boolean"
    if types.is_date(kind):
        return "date"
    if types.is_timestamp(kind):
        return "timestamp"
    if types.is_list(kind) and (types.is_string(kind.value_type) or types.is_null(kind.value_type)):
        return "array<string>"
    return "string"
