"""PIVOT without IN: the engine first asks the data for its columns, so it has no syntax tree before that.

Here the values are asked by a query of their own, and written into the statement. Where they go is found among the
words of the statement; whatever comes out passes the gate again, so this decides nothing about access."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nightlight.sql.gate import Query, read_select
from nightlight.sql.syntax import MAX_CHARACTERS, NotSelect, Refused, check_size

if TYPE_CHECKING:
    from sqlglot.tokenizer_core import Token

MAX_VALUES, MAX_LENGTH = 200, 200
WITH_VALUES = MAX_CHARACTERS + MAX_VALUES * (MAX_LENGTH + 4) * 2
_WRITE = "write the values: PIVOT .. ON column IN ('a', 'b')"
_ENDS = frozenset(
    {"USING", "GROUP BY", "GROUP", "ORDER BY", "ORDER", "LIMIT", "OFFSET", "UNION", "EXCEPT", "INTERSECT"}
)


@dataclass(frozen=True)
class Pivot:
    """A PIVOT whose values are still to be asked.

    `values_query` answers the combinations there are: one text column for each expression after ON that has no IN.
    """

    values_query: Query
    pieces: tuple[str, ...]

    def with_values(self, values: Sequence[Any]) -> Query:
        """The query with the rows of `values_query` written in; rows of one column may be plain values."""
        rows = [row if isinstance(row, tuple | list) else (row,) for row in values]
        lists = [sorted({str(each) for each in column if each is not None}) for column in zip(*rows, strict=True)]
        if not lists or not all(lists):
            raise Refused("PIVOT finds no value to make columns of", remedy=_WRITE)
        columns = 1
        for each in lists:
            columns *= len(each)
        if columns > MAX_VALUES:
            raise Refused(f"PIVOT would make more than {MAX_VALUES} columns", remedy=_WRITE)
        if any(len(value) > MAX_LENGTH or "\0" in value for each in lists for value in each):
            raise Refused("PIVOT finds values too long to name columns", remedy=_WRITE)
        return read_select(_joined(self.pieces, lists), WITH_VALUES)


@lru_cache(maxsize=128)
def read_query(text: str) -> Query:
    """One SELECT (also WITH, FROM, VALUES, TABLE, PIVOT, UNPIVOT) that the gate lets through; raises Refused."""
    try:
        return read_select(text)
    except NotSelect:
        if (found := read_pivot(text)) is None:
            raise
        return found


def read_pivot(text: str) -> Query | None:
    """A statement with one PIVOT without IN, its values standing empty; None when it holds none."""
    check_size(text)
    tokens = _tokens(text)
    found = [each for each in (_Statement.at(text, tokens, at) for at in _pivots(tokens)) if each.expressions]
    if not found:
        return None
    if len(found) > 1:
        raise Refused("one PIVOT without values at a time", remedy=_WRITE)
    pieces = found[0].pieces()
    values_query = read_select(found[0].values_query())
    stand_in = read_select(_joined(pieces, [[""]] * (len(pieces) - 1)))
    return replace(
        stand_in,
        tables=stand_in.tables | values_query.tables,
        pivot=Pivot(values_query, pieces),
    )


def _joined(pieces: Iterable[str], lists: Iterable[Iterable[str]]) -> str:
    """The pieces with `IN ('a', 'b')` between them; a quote in a text is doubled, as the engine's grammar has it."""
    first, *rest = pieces
    written = ("(" + ", ".join("'" + value.replace("'", "''") + "'" for value in each) + ")" for each in lists)
    return first + "".join(f" IN {values}{piece}" for values, piece in zip(written, rest, strict=True))


@dataclass(frozen=True)
class _Statement:
    """Where the parts of one `PIVOT source ON expression, .. [USING ..]` stand, as numbers of tokens."""

    text: str
    tokens: "Sequence[Token]"
    start: int
    source: tuple[int, int]
    expressions: tuple[tuple[int, int], ...]

    @classmethod
    def at(cls, text: str, tokens: "Sequence[Token]", start: int) -> "_Statement":
        on = next((at for at in _level(tokens, start + 1) if _word(tokens[at]) == "ON"), None)
        if on is None:
            return cls(text, tokens, start, (start, start), ())
        inside = list(_level(tokens, on + 1))
        for at in inside:  # the last ON: those before it belong to joins in the source
            if _word(tokens[at]) in _ENDS:
                break
            on = at if _word(tokens[at]) == "ON" else on
        inside = [at for at in inside if at > on]
        end = next((at for at in inside if _word(tokens[at]) in _ENDS), inside[-1] + 1 if inside else on + 1)
        commas = [at for at in inside if at < end and tokens[at].text == ","]
        parts = list(zip([on + 1, *(at + 1 for at in commas)], [*commas, end], strict=True))
        has_in = {at for at in inside if _word(tokens[at]) == "IN"}
        without = [(first, last) for first, last in parts if first < last and not has_in & {*range(first, last)}]
        return cls(text, tokens, start, (start + 1, on), tuple(without))

    def slice(self, part: tuple[int, int]) -> str:
        return self.text[self.tokens[part[0]].start : self.tokens[part[1] - 1].end + 1]

    def pieces(self) -> tuple[str, ...]:
        """The text around the places where IN goes; each expression stands in brackets, as IN binds tighter."""
        done, pieces = 0, []
        for part in self.expressions:
            pieces.append(f"{self.text[done : self.tokens[part[0]].start]}({self.slice(part)})")
            done = self.tokens[part[1] - 1].end + 1
        return (*pieces, self.text[done:])

    def values_query(self) -> str:
        """One row more than may be, to see that there are too many."""
        columns = ", ".join(
            f"CAST(({self.slice(part)}) AS VARCHAR) AS value_{number}" for number, part in enumerate(self.expressions)
        )
        return f"{self._with_parts()}SELECT DISTINCT {columns} FROM {self.slice(self.source)} LIMIT {MAX_VALUES + 1}"

    def _with_parts(self) -> str:
        """The WITH parts that the source may name: those before the PIVOT, of the statement's one WITH."""
        withs = [at for at, token in enumerate(self.tokens) if _word(token) == "WITH"]
        if not withs:
            return ""
        if withs != [0]:
            raise Refused("PIVOT without values goes with one WITH, at the start", remedy=_WRITE)
        end = 0
        for at in _part_ends(self.tokens):
            if at >= self.start:
                break
            end = at
        return f"{self.text[: self.tokens[end].end + 1]} " if end else ""


def _tokens(text: str) -> "Sequence[Token]":
    from sqlglot import tokenize
    from sqlglot.errors import SqlglotError

    try:
        return tokenize(text, read="duckdb")
    except SqlglotError as error:
        raise Refused("the syntax is wrong") from error


def _word(token: "Token") -> str:
    """The token as a bare word; quoted names and texts are none."""
    return "" if token.token_type.name in {"IDENTIFIER", "STRING", "HEREDOC_STRING"} else token.text.upper()


def _pivots(tokens: "Sequence[Token]") -> list[int]:
    """Where a statement begins with PIVOT: first of all, after a bracket opens, or after the WITH parts."""
    return [
        at
        for at, token in enumerate(tokens)
        if _word(token) in {"PIVOT", "PIVOT_WIDER"} and (at == 0 or tokens[at - 1].text in {"(", ")"})
    ]


def _level(tokens: "Sequence[Token]", start: int) -> Iterator[int]:
    """The tokens from `start` on that stand in the same bracket, up to where it closes or the statement ends."""
    depth = 0
    for at in range(start, len(tokens)):
        letter = tokens[at].text if tokens[at].token_type.name != "STRING" else ""
        depth -= letter in (")", "]", "}")
        if depth < 0 or (depth == 0 and letter == ";"):
            return
        if depth == 0:
            yield at
        depth += letter in ("(", "[", "{")


def _part_ends(tokens: "Sequence[Token]") -> Iterator[int]:
    """Where the WITH parts end: each bracket after AS closes, and only a comma continues the list."""
    level = list(_level(tokens, 1))
    for here, following in zip(level, [*level[1:], len(tokens)], strict=True):
        if tokens[here].text == ")":
            yield here
            if following >= len(tokens) or tokens[following].text not in {",", "AS", "as"}:
                return
