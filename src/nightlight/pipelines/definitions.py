"""What a project's files declare: datasets, the flows that fill them, and where in the user's files each stands.

Definition files are those of Spark Declarative Pipelines. What its SQL has no words for travels in table properties:
`expect.<name>`, `refresh.key`, `deduplicate.key`, `deduplicate.first`, `event.time`, `owner`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from nightlight.errors import NightlightError
from nightlight.pipelines.expectations import Expectation, parse_expectation

KEY, DEDUPLICATE_KEY, DEDUPLICATE_FIRST = "refresh.key", "deduplicate.key", "deduplicate.first"
EVENT_TIME, OWNER = "event.time", "owner"
EXPECT = "expect."


class Kind(StrEnum):
    MATERIALIZED_VIEW = "materialized view"
    STREAMING_TABLE = "streaming table"
    TEMPORARY_VIEW = "temporary view"


@dataclass(frozen=True)
class Location:
    """A place in a user's file.

    >>> str(Location(Path("a.sql"), 3))
    'a.sql:3'
    """

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Reference:
    """A table that a SQL query reads; `start:end` is where the reference stands in the query's text."""

    name: str
    streaming: bool
    start: int
    end: int
    alias: bool  # whether the text gives it an alias of its own


@dataclass(frozen=True)
class SqlQuery:
    """A query as the user wrote it; `line` is the line of the file on which the text begins."""

    text: str
    references: tuple[Reference, ...]
    line: int


@dataclass(frozen=True)
class PythonQuery:
    """What a function of a definition file returned: a plan message of Spark Connect, or why it gave none."""

    pieces: tuple[bytes, ...]
    error: str | None = None


@dataclass(frozen=True)
class Flow:
    """A query that fills a dataset."""

    name: str
    target: str
    query: SqlQuery | PythonQuery
    location: Location


@dataclass(frozen=True)
class Dataset:
    """A table or view of the project, by its full name (`schema.table`; temporary views have no schema)."""

    name: str
    kind: Kind
    location: Location
    comment: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def expectations(self) -> tuple[Expectation, ...]:
        """In the order declared; raises NightlightError at the dataset's line when one cannot be understood."""
        return tuple(
            parse_expectation(key.removeprefix(EXPECT), value, where=str(self.location))
            for key, value in self.properties.items()
            if key.startswith(EXPECT)
        )

    @property
    def quarantine(self) -> str:
        """The table that holds the rows this dataset refused."""
        return "quarantine." + self.name.replace(".", "_")

    @property
    def key(self) -> tuple[str, ...]:
        """Columns by which a materialized view can be refreshed piece by piece; empty: always as a whole."""
        return _columns(self.properties.get(KEY, ""))

    @property
    def deduplicate(self) -> tuple[str, str] | None:
        """(key column, column whose smallest value is kept) of a streaming table, None when it keeps duplicates."""
        key, first = self.properties.get(DEDUPLICATE_KEY), self.properties.get(DEDUPLICATE_FIRST)
        if not key and not first:
            return None
        if not (key and first) or self.kind is not Kind.STREAMING_TABLE:
            raise NightlightError(
                f"{self.name}: '{DEDUPLICATE_KEY}' and '{DEDUPLICATE_FIRST}' belong together, on a streaming table",
                where=str(self.location),
            )
        return key, first

    def check_properties(self) -> None:
        """Raise NightlightError for a property nobody can use: a misspelt expectation must not pass unseen."""
        for name in (KEY, DEDUPLICATE_KEY, DEDUPLICATE_FIRST):  # which become part of our own queries' text
            if not all(column.isidentifier() for column in _columns(self.properties.get(name, ""))):
                raise NightlightError(
                    f"{self.name}: '{name}' names no column", where=str(self.location), remedy="write column names"
                )
        known = (KEY, DEDUPLICATE_KEY, DEDUPLICATE_FIRST, EVENT_TIME, OWNER)
        for name in self.properties:
            if name not in known and not name.startswith((EXPECT, "delta.", "pipelines.")):
                raise NightlightError(
                    f"{self.name}: unknown table property '{name}'",
                    where=str(self.location),
                    remedy=f"known: {', '.join(known)}, {EXPECT}<name>",
                )


def _columns(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
