"""What a person may send: a query, or DESCRIBE, SUMMARIZE, EXPLAIN of one, or SHOW TABLES."""

import re
from dataclasses import dataclass
from typing import Literal

from nightlight.sql.gate import Query
from nightlight.sql.pivot import read_query
from nightlight.sql.syntax import NotSelect, Refused, parse

Kind = Literal["query", "describe", "summarize", "explain", "show tables"]

_GAP = r"(?:\s|--[^\r\n]*(?:\r?\n|$)|/\*(?:[^*/]|\*(?!/)|/(?!\*))*\*/)"
"""White space and comments, but only those of which nobody can doubt where they end."""
_OPTION = r"(?:ANALYZE|FORMAT\s+(?:TEXT|JSON))"
_COMMAND = re.compile(
    rf"{_GAP}*(?P<word>DESCRIBE|DESC|SUMMARIZE|EXPLAIN(?:{_GAP}+ANALYZE\b)?"
    rf"(?:{_GAP}*\(\s*{_OPTION}(?:\s*,\s*{_OPTION})*\s*\))?)(?!\w)(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_LIST = re.compile(
    rf"{_GAP}*(?:SHOW{_GAP}+(?:ALL{_GAP}+)?TABLES|SHOW|DESCRIBE|DESC){_GAP}*(?:;{_GAP}*)*", re.IGNORECASE
)
_BEGINS = re.compile(rf"{_GAP}*[\w(\"']")
_QUERY = re.compile(rf"{_GAP}*(?:SELECT|WITH|FROM|VALUES|TABLE|PIVOT|UNPIVOT)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Command:
    """`text` is what a worker executes: put together from the command's word and the query that passed the gate."""

    kind: Kind
    query: Query | None
    text: str


def read_command(text: str) -> Command:
    """What a person sent, if it is possible here; raises Refused."""
    if _LIST.fullmatch(text):
        return Command("show tables", None, "SHOW TABLES")
    found = _COMMAND.fullmatch(text)
    if found is None:
        query = read_query(text)
        return Command("query", query, query.text)
    if not _BEGINS.match(found["rest"]):  # an empty statement and another one would be one to the parser
        raise Refused(f"{found['word'].upper()} needs a query right after it", remedy="send one statement at a time")
    word = " ".join(found["word"].upper().split())
    if word.startswith("EXPLAIN"):
        query = read_query(_after(found))
        return Command("explain", query, f"{word} {query.text}")
    kind: Kind = "summarize" if word == "SUMMARIZE" else "describe"
    query = _query_or_table(found)
    return Command(kind, query, f"{kind.upper()} {query.text}")


def _query_or_table(found: re.Match[str]) -> Query:
    """DESCRIBE and SUMMARIZE take a query or only a table's name."""
    text = _after(found)
    try:
        parse(text)
    except NotSelect:
        return read_query(text)
    except Refused:
        if _QUERY.match(text):
            raise
        return read_query(_after(found, "FROM"))
    return read_query(text)


def _after(found: re.Match[str], word: str = "") -> str:
    """What follows the command's word, with `word` in its place; all else keeps its line and column."""
    start, end = found.span("word")
    before = "".join(letter if letter == "\n" else " " for letter in found.string[:start])
    between = "".join(letter if letter == "\n" else " " for letter in found["word"][len(word) :])
    return before + word + between + found.string[end:]
