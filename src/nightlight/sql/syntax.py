"""SQL to the engine's own syntax tree, so that no second parser can disagree with the one that runs the query."""

import json
import re
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

from nightlight.errors import NightlightError

MAX_CHARACTERS, MAX_DEPTH, MAX_MARKS, SHOWN = 20_000, 100, 1_000, 40
_BRACKETS = re.compile(r"[(\[{)\]}]")
_CONTROL = re.compile(r"[^\S \t\r\n]|[\0-\x08\x0e-\x1f\x7f]", re.ASCII)
_SIGNS = re.compile(r"(?:[-+]\s+){20}")
READS_ONLY = "only reading is possible here: SELECT, DESCRIBE, SUMMARIZE, EXPLAIN, SHOW TABLES"

Node = Mapping[str, Any]


class Refused(NightlightError):  # noqa: N818 - the gate's word for it
    """The gate does not let a statement through; the line says what is not possible and what to write instead."""


class NotSelect(Refused):
    """The engine's parser knows the statement, but it is not a SELECT."""

    def __init__(self) -> None:
        super().__init__(READS_ONLY)


class Parser:
    """One private engine in memory that holds nothing and only ever parses; one caller at a time."""

    def __init__(self) -> None:
        import duckdb

        settings: dict[str, str | bool | int | float | list[str]] = {
            "enable_external_access": "false",
            "autoload_known_extensions": "false",
            "autoinstall_known_extensions": "false",
            "python_enable_replacements": "false",
            "temp_directory": "",
            "threads": "1",
            "memory_limit": "512MB",
        }
        self._connection = duckdb.connect(":memory:", config=settings)
        self._connection.execute("PRAGMA disable_optimizer")  # of our one expression, which has nothing to optimize
        self._connection.execute("SET lock_configuration = true")
        self._statement = self._connection.extract_statements("SELECT json_serialize_sql(?)")[0]
        self._lock = threading.Lock()

    def serialize(self, text: str) -> str:
        import duckdb

        try:
            with self._lock:
                row = self._connection.execute(self._statement, [text]).fetchone()
        except (duckdb.Error, UnicodeError) as error:
            raise Refused("this statement cannot be parsed") from error
        return str(row[0]) if row else ""


@cache
def parser() -> Parser:
    return Parser()


def parse(text: str, limit: int = MAX_CHARACTERS) -> Node:
    """The tree of one SELECT; anything else is refused."""
    check_size(text, limit)
    try:
        answer = json.loads(parser().serialize(text))
    except (ValueError, RecursionError) as error:
        raise Refused("this statement is too deeply nested", remedy="write inner queries as WITH parts") from error
    if answer.get("error") is not False:
        raise _error(answer, text)
    statements = answer["statements"]
    if not statements:
        raise Refused("there is no statement")
    if len(statements) != 1:
        raise Refused("one statement at a time", remedy="send the statements one by one")
    if set(statements[0]) != {"node", "named_param_map"}:
        raise Refused(READS_ONLY)
    if statements[0]["named_param_map"]:
        raise Refused("parameters are not possible here", remedy="write the values into the query")
    node: Node = statements[0]["node"]
    return node


def check_size(text: str, limit: int = MAX_CHARACTERS) -> None:
    """Refuse what would keep the parser busy: where brackets or signs pile up, its time grows with their square.

    Those within texts and comments count as well, so that nobody has to find out what is a text.
    """
    if _CONTROL.search(text):
        raise Refused("the statement holds control characters", remedy="leave them out")
    if len(text) > limit:
        raise Refused(f"a query may have {limit:,} characters, this one has {len(text):,}", remedy="write it in parts")
    depth = deepest = opened = 0
    for bracket in _BRACKETS.findall(text):
        if bracket in "([{":
            opened += 1
            depth += 1
            deepest = max(deepest, depth)
        elif depth:
            depth -= 1
    if deepest > MAX_DEPTH:
        raise Refused(f"a query may nest {MAX_DEPTH} brackets", remedy="write inner queries as WITH parts")
    if opened > MAX_MARKS or text.count("-") + text.count("+") > MAX_MARKS or _SIGNS.search(text):
        raise Refused(f"a query may have {MAX_MARKS:,} brackets, or plus and minus signs", remedy="write it in parts")


def place(text: str, offset: object) -> str | None:
    """Byte offset of the engine to `line:column`; None where the engine gives none."""
    if not isinstance(offset, int) or not 0 <= offset <= len(text.encode(errors="replace")):
        return None
    before = text.encode(errors="replace")[:offset].decode(errors="ignore")
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def shown(text: str) -> str:
    """A piece of the statement as an error may quote it: one line, at most forty characters."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


def _error(answer: Node, text: str) -> Refused:
    if answer.get("error_type") == "not implemented":
        return NotSelect()
    message, position = str(answer.get("error_message")), str(answer.get("position") or "")
    where = place(text, int(position)) if position.isdecimal() else None
    near = message.partition('at or near "')[2].rpartition('"')[0]
    if near:
        return Refused(f"the syntax is wrong near '{shown(near)}'", where=where)
    if "end of input" in message:
        return Refused("the statement ends too early", where=where)
    return Refused("the syntax is wrong", where=where)
