"""Reads `sources/*.toml` strictly: an unknown key, a wrong type or a contradiction is one line naming file and line.

Passwords stay out of files: `${NAME}` in `url` is taken from the environment, and nothing else is substituted."""

import codecs
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from nightlight.errors import NightlightError, suggest
from nightlight.ingestion.sources import (
    COLUMN_TYPES,
    DATABASE_KINDS,
    KINDS,
    SENSITIVITIES,
    Column,
    CsvDialect,
    Source,
)
from nightlight.lakehouse.tables import TableName
from nightlight.settings import Home, read_toml

SOURCE_KEYS: Mapping[str, type] = {
    "kind": str,
    "path": str,
    "url": str,
    "from": str,
    "table": str,
    "comment": str,
    "key": list,
    "cursor": str,
    "overlap": object,
    "columns": dict,
    "csv": dict,
}
COLUMN_KEYS: Mapping[str, type] = {
    "type": str,
    "from": str,
    "required": bool,
    "sensitivity": str,
    "comment": str,
    "format": str,
    "time_zone": str,
    "one_of": list,
}
CSV_KEYS: Mapping[str, type] = {"delimiter": str, "encoding": str, "decimal": str}
WORDS = {str: "text in quotes", bool: "true or false", list: "a list of texts", dict: "a table"}
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
RESERVED = re.compile(r"_(source|file|position|ingested_at)")


def source_files(home: Home) -> dict[str, Path]:
    """The declared sources by name (the file's), unread, sorted."""
    return {file.stem: file for file in sorted(home.sources.glob("*.toml"))}


def read_source(file: Path, home: Home) -> Source:
    """The source that `file` declares; raises NightlightError at the first thing that is wrong with it."""
    return _Reader(file, home, read_toml(file)).source()


@dataclass(frozen=True)
class _Reader:
    file: Path
    home: Home
    values: Mapping[str, Any]

    def source(self) -> Source:
        values = self.values
        self._check(values, SOURCE_KEYS, "")
        kind = self._choice(values, "kind", KINDS, "")
        columns = tuple(self._column(name, spec) for name, spec in values.get("columns", {}).items())
        source = Source(
            name=self.file.stem,
            kind=kind,
            table=self._table(),
            path=self._path(kind),
            url=self._url(),
            relation=values.get("from", ""),
            key=self._texts(values, "key", ""),
            cursor=values.get("cursor", ""),
            comment=values.get("comment", ""),
            columns=columns,
            csv=self._csv(values.get("csv", {})),
            file=self.file,
        )
        self._check_cursor(source)
        return self._with_overlap(source)

    def _check(self, values: Mapping[str, Any], known: Mapping[str, type], section: str) -> None:
        for key, value in values.items():
            if key not in known:
                raise self._error(f"unknown key '{key}'", key, section, suggest(key, known))
            if not isinstance(value, known[key]):
                raise self._error(f"'{key}' must be {WORDS[known[key]]}", key, section)

    def _choice(self, values: Mapping[str, Any], key: str, choices: tuple[str, ...], section: str) -> str:
        if key not in values:
            raise self._error(f"'{key}' is missing", "", section, f"one of {', '.join(choices)}")
        value: str = values[key]
        if value not in choices:
            raise self._error(f"unknown {key} '{value}'", key, section, suggest(value, choices))
        return value

    def _texts(self, values: Mapping[str, Any], key: str, section: str) -> tuple[str, ...]:
        items = values.get(key, [])
        if not all(isinstance(item, str) for item in items):
            raise self._error(f"'{key}' must be {WORDS[list]}", key, section)
        return tuple(items)

    def _table(self) -> TableName:
        if "table" not in self.values:
            raise self._error("'table' is missing", "", "", 'say which table is fed, such as table = "bronze.messages"')
        try:
            return TableName.parse(self.values["table"])
        except NightlightError as error:
            raise self._error(error.what, "table", "", error.remedy) from error

    def _path(self, kind: str) -> str:
        path, url = self.values.get("path", ""), self.values.get("url", "")
        if kind == "postgres":
            if path or not url:
                raise self._error("a postgres source has a 'url' and no 'path'", "path" if path else "kind", "")
            return ""
        if url or not path:
            raise self._error(f"a {kind} source has a 'path' and no 'url'", "url" if url else "kind", "")
        return str(self.home.root / path)

    def _url(self) -> str:
        def value(match: re.Match[str]) -> str:
            if match[1] not in os.environ:
                raise self._error(f"the environment variable {match[1]} is not set", "url", "")
            return os.environ[match[1]]

        return re.sub(r"\$\{(\w+)\}", value, self.values.get("url", ""))

    def _column(self, name: str, spec: Any) -> Column:
        section = f"columns.{name}"
        if not isinstance(spec, dict):
            raise self._error(f"column '{name}' must be a table", name, "columns", f"write [{section}]")
        if not name.isidentifier() or name != name.lower() or RESERVED.fullmatch(name):
            raise self._error(
                f"'{name}' cannot name a column", name, section, "use a lower-case word, without _ in front"
            )
        self._check(spec, COLUMN_KEYS, section)
        column = Column(
            name=name,
            type=self._choice({"type": "string", **spec}, "type", COLUMN_TYPES, section),
            origin=spec.get("from", name),
            required=spec.get("required", False) or name == self._row_cursor,
            sensitivity=self._choice(spec, "sensitivity", SENSITIVITIES, section) if "sensitivity" in spec else "",
            comment=spec.get("comment", ""),
            format=spec.get("format", ""),
            time_zone=spec.get("time_zone", "UTC"),
            one_of=self._texts(spec, "one_of", section),
        )
        self._check_times(column, spec, section)
        if column.one_of and column.type != "string":
            raise self._error("'one_of' is for strings", "one_of", section)
        return column

    def _check_times(self, column: Column, spec: Mapping[str, Any], section: str) -> None:
        for key, types in (("format", ("timestamp", "date")), ("time_zone", ("timestamp",))):
            if key in spec and column.type not in types:
                raise self._error(f"'{key}' is for a {' or '.join(types)}, not a {column.type}", key, section)
        try:
            ZoneInfo(column.time_zone)
        except (KeyError, ValueError, OSError) as error:
            remedy = "use an IANA name such as Europe/Berlin"
            raise self._error(f"unknown time zone '{column.time_zone}'", "time_zone", section, remedy) from error

    @property
    def _row_cursor(self) -> str:
        """The column that must not be missing because it says what is new."""
        return self.values.get("cursor", "") if self.values["kind"] in DATABASE_KINDS else ""

    def _csv(self, spec: Mapping[str, Any]) -> CsvDialect:
        self._check(spec, CSV_KEYS, "csv")
        dialect = CsvDialect(**spec)
        for key, value in (("delimiter", dialect.delimiter), ("decimal", dialect.decimal)):
            if len(value) != 1 or not value.isascii() or value in '"\n\r' or dialect.delimiter == dialect.decimal:
                raise self._error(f"'{key}' must be one character, different from the other marks", key, "csv")
        try:
            kept = "\n;\"'a1".encode(dialect.encoding) == b"\n;\"'a1"
        except LookupError as error:
            raise self._error(f"unknown encoding '{dialect.encoding}'", "encoding", "csv") from error
        if not kept or codecs.lookup(dialect.encoding).name in ("utf-7", "punycode", "idna"):
            remedy = "convert the files to UTF-8 first"
            raise self._error(f"encoding '{dialect.encoding}' does not keep ASCII", "encoding", "csv", remedy)
        return dialect

    def _check_cursor(self, source: Source) -> None:
        names = [column.name for column in source.columns]
        for key, columns in (("key", source.key), ("cursor", (source.cursor,) if source.cursor else ())):
            for name in columns:
                if name not in names:
                    raise self._error(f"'{key}' names the undeclared column '{name}'", key, "", suggest(name, names))
        cursor = source.cursor_column
        if cursor and cursor.type not in ("bigint", "int", "timestamp"):
            raise self._error(f"the cursor must be a whole number or a timestamp, not {cursor.type}", "cursor", "")
        if source.kind in DATABASE_KINDS and not cursor:
            remedy = 'name a column that grows with every new or changed row, such as cursor = "updated_at"'
            raise self._error("a database source needs a 'cursor'", "cursor", "", remedy)

    def _with_overlap(self, source: Source) -> Source:
        if "overlap" not in self.values:
            return source
        if source.kind not in DATABASE_KINDS or not source.key:
            raise self._error("'overlap' is for databases, and needs a 'key' to know rows again", "overlap", "")
        value, cursor = self.values["overlap"], source.cursor_column
        if cursor and cursor.type == "timestamp":
            if isinstance(value, str) and (match := re.fullmatch(r"(\d+)([smhd])", value)):
                span = timedelta(**{UNITS[match[2]]: int(match[1])})
                return replace(source, overlap=span // timedelta(microseconds=1))
            raise self._error('\'overlap\' of a timestamp is a time such as "2h", "30m" or "1d"', "overlap", "")
        if type(value) is not int or value < 0:
            raise self._error("'overlap' of a whole number is a whole number", "overlap", "")
        return replace(source, overlap=value)

    def _error(self, what: str, key: str, section: str, remedy: str | None = None) -> NightlightError:
        line = _line(self.file, key, section)
        where = f"{self.file}:{line}" if line else str(self.file)
        return NightlightError(f"{what} in [{section}]" if section else what, where=where, remedy=remedy)


def _line(file: Path, key: str, section: str) -> int | None:
    """The line where `key` of `section` stands, as far as a look at the text can tell."""
    current, header = "", None
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if text.startswith("["):
            current = text.strip("[] ").replace('"', "")
            header = number if current == section else header
        elif current == section and key and re.match(rf"\"?{re.escape(key)}\"?\s*[=.]", text):
            return number
    return header
