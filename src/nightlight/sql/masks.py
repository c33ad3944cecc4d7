"""Column masks as SQL: what stands in a column's place in an extract. Only the trusted side ever sees these texts."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from nightlight.catalog.access import Mask
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    import pyarrow as pa

REDACTED = "[redacted]"
HASH_DIGITS, HASH_BIGINT_DIGITS = 24, 15  # of the hexadecimal HMAC: 96 bits of text, 60 of a whole number
BLOCK = 64  # bytes of a block of SHA-256


def masked(name: str, kind: "pa.DataType", mask: Mask | None, key: bytes) -> str:
    """The SQL expression that gives column `name` as the mask lets it be seen, of the column's own type.

    Raises NightlightError when the mask does not fit the type.
    """
    column = quoted(name)
    if mask is None:
        return column
    if (make := MASKS.get(mask.function)) is None:
        raise NightlightError(f"the mask of column '{name}' is unknown: nothing of it can be shown")
    expression = make(column, kind, mask.argument, key)
    if expression is None:
        raise NightlightError(f"the mask '{mask.function}' does not fit column '{name}' of type {kind}")
    return f"{expression} AS {column}"


def quoted(name: str) -> str:
    """
    >>> quoted('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """
    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def _null(column: str, kind: "pa.DataType", argument: str | None, key: bytes) -> str | None:
    return f"CASE WHEN false THEN {column} END"


def _constant(column: str, kind: "pa.DataType", argument: str | None, key: bytes) -> str | None:
    """The same for every row. The cast happens when the extract is built: what cannot be cast fails there."""
    import pyarrow.types as types

    if argument is None or types.is_nested(kind):
        return None
    return f"CASE WHEN true THEN CAST({literal(argument)} AS {_sql_type(kind)}) ELSE {column} END"


def _redact(column: str, kind: "pa.DataType", argument: str | None, key: bytes) -> str | None:
    return f"CASE WHEN {column} IS NOT NULL THEN {literal(REDACTED)} END" if _is_text(kind) else None


def _year(column: str, kind: "pa.DataType", argument: str | None, key: bytes) -> str | None:
    import pyarrow.types as types

    if not (types.is_date(kind) or types.is_timestamp(kind)):
        return None
    return f"CAST(date_trunc('year', {column}) AS {_sql_type(kind)})"


def _hash(column: str, kind: "pa.DataType", argument: str | None, key: bytes) -> str | None:
    """HMAC-SHA256 (RFC 2104) with the home's mask key, shortened: equal values stay equal and joins still work."""
    import pyarrow.types as types

    if _is_text(kind):
        return f"left({_hmac(f'encode({column})', key)}, {HASH_DIGITS})"
    if types.is_int64(kind):
        return f"CAST('0x' || left({_hmac(f'encode(CAST({column} AS VARCHAR))', key)}, {HASH_BIGINT_DIGITS}) AS BIGINT)"
    return None


def _hmac(message: str, key: bytes) -> str:
    inner, outer = (bytes(byte ^ pad for byte in key.ljust(BLOCK, b"\0")).hex() for pad in (0x36, 0x5C))
    return f"sha256(from_hex('{outer}') || from_hex(sha256(from_hex('{inner}') || {message})))"


def _is_text(kind: "pa.DataType") -> bool:
    import pyarrow.types as types

    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _sql_type(kind: "pa.DataType") -> str:
    """DuckDB's name of a plain Arrow type."""
    import pyarrow.types as types

    if types.is_timestamp(kind):
        return "TIMESTAMP WITH TIME ZONE" if kind.tz else "TIMESTAMP"
    if types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    names = {"string": "VARCHAR", "large_string": "VARCHAR", "string_view": "VARCHAR", "date32[day]": "DATE"}
    names |= {"bool": "BOOLEAN", "float": "FLOAT", "double": "DOUBLE", "binary": "BLOB", "large_binary": "BLOB"}
    names |= {"int8": "TINYINT", "int16": "SMALLINT", "int32": "INTEGER", "int64": "BIGINT"}
    if str(kind) not in names:
        raise NightlightError(f"a constant cannot stand for type {kind}")
    return names[str(kind)]


MASKS: dict[str, Callable[[str, "pa.DataType", str | None, bytes], str | None]] = {
    "null": _null,
    "constant": _constant,
    "redact": _redact,
    "year": _year,
    "hash": _hash,
}
