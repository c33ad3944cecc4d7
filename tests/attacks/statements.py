"""The corpus: statements with roles in the places of names, a family a file, an empty line between two statements.

A line that begins with `--#` is a remark on the corpus and no part of a statement."""

import random
import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.attacks.world import COLUMNS, MARKED_WORD, World, schema_of

CORPUS = Path(__file__).parent / "corpus"
FAMILIES = sorted(file.stem for file in CORPUS.glob("*.sql"))
PLACE = re.compile(r"\{([a-z_]+)(?::(name|raw|upper))?\}")


def read_family(family: str) -> list[str]:
    blocks = (CORPUS / f"{family}.sql").read_text(encoding="utf-8").split("\n\n")
    lines = [[line for line in block.strip("\n").split("\n") if not line.startswith("--#")] for block in blocks]
    return ["\n".join(block) for block in lines if block]


@dataclass(frozen=True)
class Filling:
    """Words for the places of a statement: a world's own, or, for what somebody must not know, others alike."""

    words: Mapping[str, str]  # raw names by role
    values: Mapping[str, str]
    in_quotes: frozenset[str] = frozenset()  # roles whose names have to be quoted, and so their counterparts are

    @classmethod
    def of(cls, world: World) -> "Filling":
        quoted = frozenset(role for role in world.names.words if world.names.sql(role).startswith('"'))
        return cls(world.names.words, {**secret_values(world), **paths(world), **ABSENT, **ATTACHED}, quoted)

    def instead(self, world: World, person: str) -> "Filling":
        """The same with every hidden name and value replaced by one that exists nowhere, as long and of its kind."""
        hidden = set(world.names.hidden_from(person))
        words = {role: alike(word) if role in hidden else word for role, word in self.words.items()}
        values = {role: alike(value) if role in GUESSED else value for role, value in self.values.items()}
        return Filling(words, values, self.in_quotes)

    def fill(self, statement: str) -> str:
        return PLACE.sub(lambda place: self._word(place[1], place[2]), statement)

    def _word(self, role: str, form: str | None) -> str:
        if role in self.values:
            return self.values[role]
        match form:
            case "raw":
                return self.words[role].replace("'", "''")
            case "name":
                return self._name(role)
        whole = f"{self._name(schema_of(role))}.{self._name(role)}" if role in COLUMNS else self._name(role)
        return whole.upper() if form == "upper" else whole

    def _name(self, role: str) -> str:
        name = self.words[role]
        return '"' + name.replace('"', '""') + '"' if role in self.in_quotes else name

    def spoken(self) -> Iterator[tuple[str, str]]:
        """Role and word of everything that differs between a filling and its counterpart."""
        for role in sorted(self.words):
            yield role, self.words[role]
        for role in GUESSED:
            yield role, self.values[role].strip("'")


GUESSED = ("canary", "hidden_id", "hidden_identity", "hidden_region", "hidden_day", "hidden_number", "file", "mask_key")
ATTACHED = {"attached": '"extract 1"', "second": '"extract 2"'}  # what a worker calls the files it reads
ABSENT = {"absent": "nowhere.nothing", "absent_column": "nothing_of_that_name"}


def secret_values(world: World) -> dict[str, str]:
    """Values that none of the three persons can see: of a team that is not the supervisor's."""
    rows = [row for row in world.tables["conversations"] if row["team"] == "meadow"]
    unseen = next(row for row in rows if row["risk"] in world.shape.hidden_risks)
    masked = next(row for row in rows if row["risk"] not in world.shape.hidden_risks and row["region"])
    text = next(r["text"] for r in world.tables["messages"] if r["conversation_id"] == unseen["conversation_id"])
    return {
        "canary": MARKED_WORD.findall(text)[0],
        "hidden_id": literal(unseen["conversation_id"]),
        "hidden_identity": literal(masked["identity"]),
        "hidden_region": masked["region"],
        "hidden_day": masked["born"].isoformat(),
        "hidden_number": str(masked["code"]),
    }


def paths(world: World) -> dict[str, str]:
    home = world.home
    messages = home.lake.joinpath(*world.table("messages").split("."))
    return {
        "home": str(home.root),
        "lake": str(home.lake),
        "catalog": str(home.root / "catalog.db"),
        "file": str(home.root / "a-file.txt"),
        "mask_key": str(home.root / "keys" / "mask"),
        "drop": str(world.folder),
        "parquet": str(sorted(messages.glob("*.parquet"))[0]),
        "log": str(messages / "_delta_log" / f"{0:020d}.json"),
        "extract": str(next(iter(sorted(home.extracts.glob("*.duckdb"))), home.extracts / "none.duckdb")),
    }


def literal(value: Any) -> str:
    return str(value) if isinstance(value, int) else f"'{value}'"


def alike(word: str) -> str:
    """Another word of the same length and kinds of letters.

    >>> alike("ab-1x") != "ab-1x", len(alike("ab-1x")), alike("--")
    (True, 5, '--')
    """
    draw = random.Random(f"instead of {word}")  # noqa: S311 - no secret hangs on it
    if re.fullmatch(r"\d{4}-\d\d-\d\d", word):
        return f"{word[:4]}-{'02' if word[5:7] != '02' else '03'}-17"
    letters = (
        draw.choice(string.digits[1:])
        if letter.isdigit()
        else draw.choice(string.ascii_lowercase)
        if letter.islower()
        else draw.choice(string.ascii_uppercase)
        if letter.isupper()
        else letter
        for letter in word
    )
    return "".join(letters)
