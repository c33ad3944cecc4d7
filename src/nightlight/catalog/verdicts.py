"""What a decision answers: allowed or not, through whom, and why in words; the lowest rank of all facts counts."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from nightlight.catalog.history import database_errors

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row, TextClause

# 0 the home's own pipelines, 1 disabled, 2 policy damaged, 3 denied, 4 USE SCHEMA missing, 5 granted by name,
# 6 granted, 7 granted but sensitive, 8 nothing granted
ALLOWED = ("0", "5", "6")


class Verdict(NamedTuple):
    """A decision: allowed or not, through which principal, and why in words."""

    allowed: bool
    via: str
    reason: str

    @classmethod
    def read(cls, text: str) -> "Verdict":
        rank, via, reason = text.split("|", 2)
        return cls(rank in ALLOWED, via, reason)


def run(connection: "Connection", query: str, **values: Any) -> "Sequence[Row[Any]]":
    """The rows of a decision; lists among the values are written `IN :name`."""
    lists = tuple(name for name, value in values.items() if isinstance(value, list))
    with database_errors():
        return connection.execute(_statement(query, lists), values).all()


@lru_cache(maxsize=32)
def _statement(query: str, lists: tuple[str, ...]) -> "TextClause":
    """Made once: finding the parameters in a text of this length costs as much as the answer."""
    from sqlalchemy import bindparam, text

    return text(query).bindparams(*(bindparam(name, expanding=True) for name in lists))
