"""Reading policy statements token by token: what stands here, what was expected instead, and on which line.

The tokens are sqlglot's for DuckDB: quotes, comments and `''` mean what they mean in the filters' own SQL."""

import re
from typing import TYPE_CHECKING

from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from sqlglot.tokenizer_core import Token

PRINCIPAL = re.compile(r"[a-z0-9_][a-z0-9_.@+-]{0,99}")


class Tokens:
    """One statement's tokens, taken from left to right; every error names the file and the line."""

    def __init__(self, tokens: "list[Token]", text: str, file: str) -> None:
        self._tokens, self._text, self._file, self._next = tokens, text, file, 0

    @property
    def where(self) -> str:
        """`file:line` of the next token, or of the last when all are taken."""
        return f"{self._file}:{self._tokens[min(self._next, len(self._tokens) - 1)].line}"

    def keyword(self, *words: str) -> str:
        """Take one of these keywords."""
        for word in words:
            if self.maybe(word):
                return word
        raise self.expected(_any_of(words))

    def maybe(self, *words: str) -> bool:
        """Take these keywords if they all come next."""
        following = self._tokens[self._next : self._next + len(words)]
        if len(following) < len(words) or any(
            _is_quoted(token) or token.text.upper() != word for token, word in zip(following, words, strict=True)
        ):
            return False
        self._next += len(words)
        return True

    def name(self, what: str) -> str:
        """Take a name of `what` (a schema, a table's column, a purpose ..), in lower case whatever it is written in."""
        token = self._peek()
        name = token.text.lower() if token is not None and not _is_string(token) else ""
        if not name.isidentifier():
            raise self.expected(what)
        self._next += 1
        return name

    def column(self) -> str:
        """Take a column's name: a plain one, or any in double quotes."""
        token = self._peek()
        if token is None or not _is_identifier(token) or not token.text:
            return self.name("a column's name")
        self._next += 1
        return token.text.lower()

    def principal(self, what: str = "the name of a user, group or service principal") -> str:
        """Take a principal's name: a plain one, or `"ana.b@line.org"` in double quotes."""
        token = self._peek()
        name = token.text.lower() if token is not None and not _is_string(token) else ""
        if not PRINCIPAL.fullmatch(name):
            raise self.expected(f"{what} (letters, digits, and in double quotes also . _ @ + -)")
        self._next += 1
        return name

    def string(self, what: str) -> str:
        token = self._peek()
        if token is None or not _is_string(token):
            raise self.expected(f"{what} in single quotes")
        self._next += 1
        return token.text

    def parenthesised(self, what: str) -> str:
        """Take `( .. )` and return the text between, as written."""
        if not self.maybe("("):
            raise self.expected(f"{what} in parentheses")
        first, depth = self._next, 1
        while (token := self._peek()) is not None:
            depth += {"(": 1, ")": -1}.get("" if _is_quoted(token) else token.text, 0)
            self._next += 1
            if depth == 0:
                inside = self._tokens[first : self._next - 1]
                if not inside:
                    raise self.expected(f"{what} in parentheses")
                return self._text[inside[0].start : inside[-1].end + 1]
        raise self.expected("a closing parenthesis")

    def finish(self) -> None:
        if self._peek() is not None:
            raise self.expected("the end of the statement (';')")

    def expected(self, what: str) -> NightlightError:
        token = self._peek()
        # What a person typed may be a value: only what looks like a name or a sign is repeated.
        found = "the end" if token is None else "a string" if _is_string(token) else f"'{token.text[:40]}'"
        return NightlightError(f"expected {what}, found {found}", where=self.where)

    def _peek(self) -> "Token | None":
        return self._tokens[self._next] if self._next < len(self._tokens) else None


def split_statements(text: str, file: str) -> list[Tokens]:
    """The statements of a file, each ended by `;` (the last may do without)."""
    from sqlglot.tokenizer_core import TokenType

    statements: list[list[Token]] = [[]]
    for token in _tokenize(text, file):
        if token.token_type == TokenType.SEMICOLON:
            statements.append([])
        else:
            statements[-1].append(token)
    return [Tokens(tokens, text, file) for tokens in statements if tokens]


def _tokenize(text: str, file: str) -> "list[Token]":
    from sqlglot.dialects.duckdb import DuckDB
    from sqlglot.errors import TokenError

    try:
        return DuckDB.Tokenizer().tokenize(text)
    except TokenError as error:
        raise NightlightError(
            "a quotation mark or comment is not closed", where=f"{file}:{_line_of_error(text)}"
        ) from error


def _line_of_error(text: str) -> int:
    """The line after the longest part of the file that can be read."""
    from sqlglot.dialects.duckdb import DuckDB
    from sqlglot.errors import TokenError

    lines = text.splitlines()
    for count in range(len(lines) - 1, 0, -1):
        try:
            DuckDB.Tokenizer().tokenize("\n".join(lines[:count]))
        except TokenError:
            continue
        return count + 1
    return 1


def _is_quoted(token: "Token") -> bool:
    from sqlglot.tokenizer_core import TokenType

    return token.token_type in (TokenType.STRING, TokenType.IDENTIFIER) or "STRING" in token.token_type.name


def _is_identifier(token: "Token") -> bool:
    from sqlglot.tokenizer_core import TokenType

    return token.token_type == TokenType.IDENTIFIER


def _is_string(token: "Token") -> bool:
    from sqlglot.tokenizer_core import TokenType

    return token.token_type == TokenType.STRING


def _any_of(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
