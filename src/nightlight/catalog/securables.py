"""What privileges are granted on: the catalog, its schemas and tables with their columns, models, dashboards, ..

Names are lower case, whatever they are written in; privileges inherit downwards: catalog, schema, table."""

import re
from dataclasses import dataclass
from typing import Self

from nightlight.errors import NightlightError

WRITTEN = re.compile(r'(?:([a-z]+)\s+)?([^\s"]+?)(?:\."((?:[^"]|"")*)")?')
PRIVILEGES = {
    "catalog": ("USE SCHEMA", "SELECT", "MODIFY", "EXECUTE", "VIEW", "MANAGE"),
    "schema": ("USE SCHEMA", "SELECT", "MODIFY", "MANAGE"),
    "table": ("SELECT", "MODIFY", "MANAGE"),
    "model": ("EXECUTE", "MANAGE"),
    "dashboard": ("VIEW", "MANAGE"),
    "pipeline": ("EXECUTE", "MANAGE"),
    "export": ("EXECUTE", "MANAGE"),
    "workspace": ("EXECUTE", "MANAGE"),
    "app": ("EXECUTE", "MODIFY", "MANAGE"),  # practice, studio: use it, write in it, decide in it
}
ALL_PRIVILEGES = PRIVILEGES["catalog"]
IN_NO_SCHEMA = ("model", "dashboard", "pipeline", "export", "workspace", "app")
KINDS_BY_PARTS = {1: "schema", 2: "table", 3: "column"}


@dataclass(frozen=True)
class Securable:
    """One thing that privileges are granted on; `column` only with a table.

    >>> str(Securable.parse("silver.messages.text")), str(Securable.parse("model labeller"))
    ('COLUMN silver.messages.text', 'MODEL labeller')
    """

    kind: str
    name: str = ""  # "" for the catalog
    column: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `CATALOG`, `s`, `s.t`, `s.t.c`, or a kind and a name: `model m`, `TABLE s.t`, `s.t."any column"`."""
        match = WRITTEN.fullmatch(text.strip().lower())
        kind, names, quoted = match.groups() if match else ("", "", None)
        parts = names.split(".") + ([] if quoted is None else [quoted.replace('""', '"')])
        if kind is None and names == "catalog":
            return cls("catalog")
        if match is None or not all(part.isidentifier() for part in names.split(".")) or parts[-1] == "":
            raise _unreadable(text)
        if kind in IN_NO_SCHEMA and len(parts) == 1:
            return cls(kind, *parts)
        expected = KINDS_BY_PARTS.get(len(parts))
        if expected is None or kind not in (None, expected) or (quoted is not None and expected != "column"):
            raise _unreadable(text)
        return cls("schema" if len(parts) == 1 else "table", ".".join(parts[:2]), *parts[2:])

    @property
    def schema(self) -> str:
        """The schema that this is, or lies in; "" for what lies in none."""
        return self.name.split(".")[0] if self.kind in ("schema", "table") else ""

    @property
    def privileges(self) -> tuple[str, ...]:
        return PRIVILEGES[self.kind]

    def __str__(self) -> str:
        if self.column:
            return f"COLUMN {self.name}.{quote(self.column)}"
        return f"{self.kind.upper()} {self.name}".strip()


def quote(column: str) -> str:
    """A column's name as it is written: in double quotes unless it is a plain one."""
    return column if column.isidentifier() else '"' + column.replace('"', '""') + '"'


def _unreadable(text: str) -> NightlightError:
    return NightlightError(
        f"'{text}' names nothing that privileges are granted on",
        remedy="write CATALOG, schema, schema.table, schema.table.column, or a kind and a name (model labeller)",
    )
