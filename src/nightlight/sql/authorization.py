"""What a principal is authorized to read of one table, as it stands for them: columns, masks, filters, fingerprint.

Two principals for whom the same stands share the fingerprint, and so the extract."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from nightlight.catalog.access import Mask, TableAccess
from nightlight.errors import NightlightError
from nightlight.sql.filters import read_filter
from nightlight.sql.gate import lower
from nightlight.sql.masks import literal, masked

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 1  # of extracts: another one makes all fingerprints, and so all extracts, anew


@dataclass(frozen=True)
class Authorization:
    """The columns and rows of `table`; `reads` are the tables its filters read besides.

    `principal` and `groups` are what the filters may know of the person: None and empty unless they ask.
    `is_lasting`: what the filters let through stays the same while the tables do; not so when they ask for the time.
    `is_by_row`: each row is let through or not whatever the other rows are; not so when a filter reads a table.
    """

    table: str
    columns: tuple[tuple[str, Mask | None], ...]
    filters: tuple[str, ...]
    reads: tuple[str, ...]
    principal: str | None
    groups: tuple[str, ...]
    is_lasting: bool
    is_by_row: bool

    @classmethod
    def of(
        cls, access: TableAccess, principal: str, groups: Iterable[str], existing: frozenset[str]
    ) -> "Authorization":
        """What `access` says for a principal in `groups`; `existing` are all groups there are.

        Raises NightlightError for a filter that cannot be obeyed: one that is none, or asks about a group that is not
        there (any more).
        """
        filters = [read_filter(row_filter.expression) for row_filter in access.filters]
        if gone := {group for condition in filters for group in condition.groups} - existing:
            raise NightlightError(
                f"a row filter of {access.table} asks about the group '{min(gone)}', which is not there"
            )
        member = frozenset(groups)
        if not any(condition.uses_any_group for condition in filters):
            member &= frozenset().union(*(condition.groups for condition in filters))
        reads = {str(reference) for condition in filters for reference in condition.tables}
        return cls(
            table=access.table,
            columns=tuple((column.name, column.mask) for column in access.allowed),
            filters=tuple(condition.expression for condition in filters),
            reads=tuple(sorted(reads - {access.table})),
            principal=principal if any(condition.uses_principal for condition in filters) else None,
            groups=tuple(sorted(member)),
            is_lasting=not any(condition.uses_clock for condition in filters),
            is_by_row=not reads,
        )

    @property
    def sources(self) -> tuple[str, ...]:
        """Every table whose rows decide what the extract holds."""
        return (self.table, *self.reads)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Authorization":
        columns = tuple((name, Mask(**mask) if mask else None) for name, mask in content["columns"])
        plain = {name: tuple(content[name]) for name in ("filters", "reads", "groups")}
        return cls(**{**content, **plain, "columns": columns})

    def fingerprint(self, schema: "pa.Schema", key: bytes) -> str:
        """A name for exactly this, which nobody without the home's key can guess or read anything from."""
        columns = [
            (name, str(schema.field(name).type), mask and (mask.function, mask.argument)) for name, mask in self.columns
        ]
        content = [FORMAT, self.table, columns, self.filters, self.reads, self.principal, self.groups]
        return hmac.new(key, json.dumps(content).encode(), hashlib.sha256).hexdigest()[:40]

    def select_list(self, schema: "pa.Schema", key: bytes, only: frozenset[str] | None = None) -> str:
        """The columns as SQL expressions over the table, all of them or those of `only` (lower-case)."""
        wanted = [(name, mask) for name, mask in self.columns if only is None or lower(name) in only]
        return ", ".join(masked(name, schema.field(name).type, mask, key) for name, mask in wanted or self.columns[:1])

    def macros(self) -> list[str]:
        """Statements that give the filters the functions they may ask about the person."""
        members = ", ".join(map(literal, self.groups)) or "NULL"
        who = "NULL" if self.principal is None else literal(self.principal)
        return [
            f"CREATE MACRO current_principal() AS {who}",
            f"CREATE MACRO is_member(name) AS coalesce(name IN ({members}), false)",
        ]
