"""A pipeline project's SQL file cut into statements: tokens for what stands there, a syntax tree for what it means.

Offsets are characters from the start of the file, so that a finding points at the analyst's own line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.tokenizer_core import Token

Kind = Literal["materialized view", "streaming table", "temporary view", "flow", "setting", "other"]

# 'databricks' knows STREAM; 'spark' silently reads `FROM STREAM x` as a table named STREAM.
DIALECT = "databricks"
HEADERS: tuple[tuple[tuple[str, ...], Kind], ...] = (
    (("CREATE", "MATERIALIZED", "VIEW"), "materialized view"),
    (("CREATE", "STREAMING", "TABLE"), "streaming table"),
    (("CREATE", "TEMPORARY", "VIEW"), "temporary view"),
    (("CREATE", "VIEW"), "temporary view"),
    (("CREATE", "FLOW"), "flow"),
    (("SET",), "setting"),
    (("USE",), "setting"),
)
NOT_WORDS = {"STRING", "RAW_STRING", "IDENTIFIER", "NUMBER"}


class Unreadable(Exception):  # noqa: N818  (a position, caught where the finding is made)
    """SQL that cannot be read, at a character offset."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        super().__init__(f"at character {offset}")


@dataclass(frozen=True)
class Call:
    """A function call as written: its name, where it begins, and its arguments as tokens."""

    name: str
    offset: int
    arguments: tuple[tuple["Token", ...], ...]
    outer: str | None

    def argument(self, position: int) -> str:
        """The words of an argument, upper case and joined by spaces; empty where there is none."""
        return " ".join(word(token) for token in self.tokens(position))

    def tokens(self, position: int) -> tuple["Token", ...]:
        return self.arguments[position] if position < len(self.arguments) else ()


@dataclass(frozen=True)
class Statement:
    """One statement: `tokens` of all of it, `body` those of its query (empty where it has none)."""

    text: str
    kind: Kind
    tokens: tuple["Token", ...]
    body: tuple["Token", ...]

    @property
    def start(self) -> int:
        return self.tokens[0].start

    @cached_property
    def tree(self) -> "exp.Expr | None":
        """The query's syntax tree, None where there is no query or it cannot be read."""
        return None if isinstance(self._read, Unreadable) else self._read

    @property
    def unreadable(self) -> Unreadable | None:
        return self._read if isinstance(self._read, Unreadable) else None

    @cached_property
    def _read(self) -> "exp.Expr | Unreadable | None":
        try:
            return parse(self.text, self.body[0].start, self.body[-1].end + 1) if self.body else None
        except Unreadable as error:
            return error

    @cached_property
    def nodes(self) -> tuple["exp.Expr", ...]:
        return tuple(self.tree.walk()) if self.tree else ()

    def of(self, *keys: str) -> Iterator["exp.Expr"]:
        """The tree's nodes of these kinds ('select', 'window', ...), outermost first."""
        return (node for node in self.nodes if node.key in keys)

    def phrases(self, *words: str) -> Iterator[int]:
        for position, token in enumerate(self.tokens):
            following = self.tokens[position : position + len(words)]
            if tuple(word(each) for each in following) == words:
                yield token.start

    def calls(self, *names: str) -> Iterator[Call]:
        for call in self._calls:
            if call.name in names:
                yield call

    @cached_property
    def _calls(self) -> tuple[Call, ...]:
        return tuple(read_calls(self.body))


def word(token: "Token") -> str:
    """A token as an upper-case word; strings and quoted names in quotes, so that they never pass for one."""
    text = " ".join(token.text.split())
    return f"'{text}'" if token.token_type.name in NOT_WORDS - {"NUMBER"} else text.upper()


def read_calls(tokens: tuple["Token", ...]) -> Iterator[Call]:
    for position, (name, bracket) in enumerate(pairwise(tokens)):
        before = tokens[position - 1].token_type.name if position else ""
        if bracket.text != "(" or name.token_type.name in NOT_WORDS or before in {"DOT", "ALIAS"}:
            continue
        # The function around it, if the call is that function's first argument: coalesce(isnan(x), false).
        outer = tokens[position - 2].text.lower() if before == "L_PAREN" and position > 1 else None
        yield Call(name.text.lower(), name.start, tuple(arguments(tokens, position + 2)), outer)


def arguments(tokens: tuple["Token", ...], start: int) -> Iterator[tuple["Token", ...]]:
    depth, first = 0, start
    for position in range(start, len(tokens)):
        text = tokens[position].text
        if depth == 0 and text in {",", ")"}:
            if position > first:
                yield tokens[first:position]
            first = position + 1
        if text == ")" and depth == 0:
            return
        depth += (text in {"(", "["}) - (text in {")", "]"})


def offset_of(node: "exp.Expr") -> int:
    """Where a node begins: the leftmost position any of its parts remembers."""
    return min((part.meta["start"] for part in node.walk() if "start" in part.meta), default=0)


def read_statements(text: str) -> Iterator[Statement]:
    """The statements of a file, comments and empty ones left out. Raises Unreadable."""
    current: list[Token] = []
    for token in tokenize(text):
        if token.token_type.name != "SEMICOLON":
            current.append(token)
        elif current:
            yield read_statement(text, tuple(current))
            current = []
    if current:
        yield read_statement(text, tuple(current))


def read_statement(text: str, tokens: tuple["Token", ...]) -> Statement:
    words = tuple(word(token) for token in tokens[:3])
    kind: Kind = next((kind for header, kind in HEADERS if words[: len(header)] == header), "other")
    return Statement(text, kind, tokens, body_of(tokens, kind))


def body_of(tokens: tuple["Token", ...], kind: Kind) -> tuple["Token", ...]:
    """The tokens of the query: after the first AS outside brackets; in a flow, from its first query word."""
    if kind in {"setting", "other"}:
        return ()
    starts = {"SELECT", "WITH", "FROM", "VALUES", "TABLE"} if kind == "flow" else {"AS"}
    depth = 0
    for position, token in enumerate(tokens):
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and word(token) in starts:
            return tokens[position + (kind != "flow") :]
    return ()


def tokenize(text: str) -> list["Token"]:
    from sqlglot.dialects.databricks import Databricks
    from sqlglot.errors import TokenError

    try:
        return Databricks().tokenize(text)
    except TokenError as error:
        place = re.search(r"from (\d+):", str(error))
        line = int(place.group(1)) if place else text.count("\n") + 1
        raise Unreadable(offset_of_line(text, line)) from error


def parse(text: str, start: int, end: int) -> "exp.Expr":
    """The tree of a query within its file; what stands before it is blanked so that positions stay the file's."""
    import sqlglot
    from sqlglot.errors import ParseError

    blank = re.sub(r"[^\n]", " ", text[:start])
    try:
        return sqlglot.parse_one(blank + text[start:end], dialect=DIALECT)
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        line, column = first.get("line") or 1, first.get("col") or 1
        near = max(column - len(first.get("highlight") or ""), 0)
        raise Unreadable(offset_of_line(text, line) + near) from error


def offset_of_line(text: str, line: int) -> int:
    return sum(len(each) + 1 for each in text.split("\n")[: line - 1])
