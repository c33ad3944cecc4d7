"""The judge: whether an answer holds anything its reader must not learn, plain, encoded, reversed or cut in pieces."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.attacks.world import COLUMNS, MARKER, NUMBER_MARKER, OPEN_TABLES, World

WORD = re.compile(r"[A-Za-z0-9_-]{7,}")
MARKED = re.compile(f"{MARKER}[a-z]{{7}}|{NUMBER_MARKER}[0-9]{{6}}")
HEXADECIMAL, BINARY, BASE64 = re.compile("[0-9a-fA-F]{14,}"), re.compile("[01]{56,}"), re.compile("[A-Za-z0-9+/]{11,}")
COMMON = {"text", "messages", "conversations", "volunteers", "order", "silver", "topic", "shifts", "texter_key"}
ENVIRONMENT_VARIABLE = "NIGHTLIGHT_ATTACKED"
IN_ENVIRONMENT, IN_PYTHON = "vqxzkenvironment", "vqxzkpythonvalue"  # secrets that no table holds


@dataclass(frozen=True)
class Outcome:
    """What a person got for a statement: rows, or the text of an error."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    error: str = ""
    crashed: bool = False  # by anything but the one exception a person may see

    def comparable(self, replacements: Mapping[str, str]) -> tuple[Any, ...]:
        """A form that two homes are compared by: without their own words; the order of rows is no promise."""

        def plain(value: str) -> str:
            for word, instead in replacements.items():
                value = value.replace(word, instead)
            return value

        return plain(repr(self.columns)), sorted(plain(repr(row)) for row in self.rows), plain(self.error)


class Judge:
    """Knows every secret of a world, for each person."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._secrets: dict[str, frozenset[str]] = {}
        keys = [(world.home.root / "keys" / name).read_bytes() for name in ("mask", "audit")]
        forms = [form for key in keys for form in (key.hex(), base64.b64encode(key).decode().rstrip("="), repr(key))]
        self._beside = [world.file_secret, IN_ENVIRONMENT, IN_PYTHON, *forms, world.home.root.parent.name]

    def leaks(self, person: str, statement: str, outcome: Outcome) -> list[str]:
        """The kinds of secrets found in an outcome; never their text."""
        said = statement.lower()
        found = (f"{reading}: {kind}" for reading, text in readings(outcome) for kind in self._in(person, said, text))
        return sorted(set(found))

    def holds_secret(self, text: str, person: str) -> bool:
        return any(self._in(person, "", text))

    def _in(self, person: str, said: str, text: str) -> Iterator[str]:
        lower = text.lower()
        if any(word.lower() in lower and word.lower() not in said for word in self._beside):
            yield "a secret beside the tables"
        words = {word.lower() for word in WORD.findall(text)} | set(MARKED.findall(lower))
        if any(word not in said for word in words & self._hidden(person)):
            yield "a hidden value"
        for role in self.world.names.hidden_from(person):
            name = self.world.names.raw(role).lower()
            if name not in COMMON and name in lower and name not in said:
                yield f"the hidden name of {role}"

    def _hidden(self, person: str) -> frozenset[str]:
        """Every word of a value that the person cannot see anywhere, and its digests."""
        if person not in self._secrets:
            visible = {word for role in OPEN_TABLES for row in self.world.expected(person, role) for word in words(row)}
            hidden = {word for role in COLUMNS for row in self.world.tables[role] for word in words(row)} - visible
            digests = {make(word.encode()).hexdigest() for word in hidden for make in (hashlib.md5, hashlib.sha256)}
            self._secrets[person] = frozenset(hidden | digests)
        return self._secrets[person]


def words(value: Any) -> Iterator[str]:
    """The telling words of a value, lower-case: those with digits and those that carry the mark."""
    if isinstance(value, Mapping):
        for column, inner in value.items():
            if column not in ("started_at", "sent_at"):
                yield from words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from words(inner)
    elif isinstance(value, str | int | float | date):
        for word in WORD.findall(str(value)):
            if any(letter.isdigit() for letter in word) or MARKER in word:
                yield word.lower()


def readings(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Every way to read an answer: as it stands, cells joined across and down, backwards, decoded."""
    text = "\n".join([outcome.error, *outcome.columns, *(" ".join(map(str, flat(row))) for row in outcome.rows)])
    yield "plain", text
    cells = [list(flat(row)) for row in outcome.rows]
    if cells and any(isinstance(cell, str | int) for row in cells for cell in row):
        across = [cell for row in cells for cell in row]
        down = [row[place] for place in range(max(map(len, cells))) for row in cells if place < len(row)]
        for reading, line in (("across", across), ("down", down)):
            yield reading, "".join(cell for cell in line if isinstance(cell, str))
            codes = [cell for cell in line if isinstance(cell, int) and 32 <= cell < 127]
            yield f"{reading}, character codes", "".join(map(chr, codes))
    yield "backwards", text[::-1]
    yield "decoded", "\n".join(decoded(text))


def decoded(text: str) -> Iterator[str]:
    for run in HEXADECIMAL.findall(text):
        for start in (0, 1):
            even = run[start : start + (len(run) - start) // 2 * 2]
            yield binascii.unhexlify(even).decode("latin-1")
    for run in BINARY.findall(text):
        yield "".join(chr(int(run[i : i + 8], 2)) for i in range(0, len(run) - 7, 8))
    for run in BASE64.findall(text):
        for start in range(4):
            whole = run[start : start + (len(run) - start) // 4 * 4]
            with suppress(binascii.Error):
                yield base64.b64decode(whole).decode("latin-1")


def flat(value: Any) -> Iterator[Any]:
    """The plain values within rows, lists, structs and maps; bytes also as text."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from flat(key)
            yield from flat(inner)
    elif isinstance(value, list | tuple | set):
        for inner in value:
            yield from flat(inner)
    elif isinstance(value, bytes):
        yield value.decode("latin-1")
    elif value is not None:
        yield value
