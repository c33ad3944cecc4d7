"""Versions of cards and scripts as the catalog's database keeps them: read and written here, decided in `documents`."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from nightlight.conversations.principles import Principle
from nightlight.db import moment
from nightlight.errors import NightlightError, suggest
from nightlight.studio.principles import principles_from, principles_text

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Kind(StrEnum):
    CARD = "card"
    SCRIPT = "script"


class State(StrEnum):
    """`starter`: it came with the product, and no clinician of this home has approved it."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    RETIRED = "retired"
    STARTER = "starter"


@dataclass(frozen=True)
class Review:
    """What one person said about a version as it was then (`digest`)."""

    reviewer: str
    is_approval: bool
    reason: str
    at: datetime
    digest: str


@dataclass(frozen=True)
class Version:
    """One version of a document. `source` is the text of a corpus file; `authors` wrote in this version (none: it came
    with the product); `tests` is the report of the card tests as JSON ("" = none for this text)."""

    name: str
    number: int
    kind: Kind
    state: State
    source: str
    principles: tuple[Principle, ...]
    authors: tuple[str, ...]
    changelog: str
    tests: str
    made_at: datetime
    changed_at: datetime
    approved_at: datetime | None = None
    expires_at: datetime | None = None
    reviews: tuple[Review, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.name} version {self.number}"

    @property
    def digest(self) -> str:
        """Names the text and its principles: what reviews and tests are about."""
        return hashlib.sha256(f"{self.source}\0{principles_text(self.principles)}".encode()).hexdigest()

    @property
    def approvers(self) -> tuple[str, ...]:
        """Who approved the text as it is now and took nothing of it back."""
        last = {review.reviewer: review.is_approval for review in self.reviews if review.digest == self.digest}
        return tuple(name for name, approves in last.items() if approves)

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True)
class Listed:
    """A version without its text, for lists."""

    name: str
    number: int
    kind: Kind
    state: State
    authors: tuple[str, ...]
    changelog: str
    changed_at: datetime
    expires_at: datetime | None


def find_version(connection: "Connection", name: str, number: int | None = None) -> Version:
    """A version of a document, without a number the newest; raises NightlightError when there is none."""
    found = select_versions(connection, name=name)
    if not found:
        raise NightlightError(f"there is no card or script '{name}'", remedy=suggest(name, names(connection)))
    if number is None:
        return found[-1]
    for version in found:
        if version.number == number:
            return version
    raise NightlightError(f"'{name}' has no version {number}", remedy=f"its newest is {found[-1].number}")


def names(connection: "Connection") -> list[str]:
    from sqlalchemy import text

    return [row.name for row in connection.execute(text("SELECT DISTINCT name FROM roleplay_versions ORDER BY name"))]


def select_versions(connection: "Connection", **equal: Any) -> list[Version]:
    """The versions whose columns have these values, by name and number, with their reviews."""
    from sqlalchemy import text

    where = " AND ".join(f"{column} = :{column}" for column in equal) or "1 = 1"
    rows = connection.execute(text(f"SELECT * FROM roleplay_versions WHERE {where} ORDER BY name, number"), equal)
    found = [_version(row) for row in rows.mappings()]
    if not found:
        return []
    reviews: dict[tuple[str, int], list[Review]] = {}
    by_name = "name = :name" if "name" in equal else "1 = 1"
    query = text(f"SELECT * FROM roleplay_reviews WHERE {by_name} ORDER BY id")
    for row in connection.execute(query, {"name": equal["name"]} if "name" in equal else {}):
        review = Review(row.reviewer, bool(row.is_approval), row.reason, moment(row.at), row.digest)
        reviews.setdefault((row.name, row.number), []).append(review)
    return [replace(version, reviews=tuple(reviews.get((version.name, version.number), ()))) for version in found]


def newest_listed(connection: "Connection", kind: Kind | None = None) -> list[Listed]:
    """The newest version of every document, by name."""
    from sqlalchemy import text

    columns = "name, number, kind, state, authors, changelog, changed_at, expires_at"
    newest = "SELECT max(number) FROM roleplay_versions AS other WHERE other.name = roleplay_versions.name"
    where = f"number = ({newest})" + (" AND kind = :kind" if kind else "")
    query = text(f"SELECT {columns} FROM roleplay_versions WHERE {where} ORDER BY name")
    return [_listed(row) for row in connection.execute(query, {"kind": kind} if kind else {}).mappings()]


def insert_version(connection: "Connection", version: Version) -> None:
    from sqlalchemy import text

    values = _values(version)
    places = ", ".join(f":{column}" for column in values)
    connection.execute(text(f"INSERT INTO roleplay_versions ({', '.join(values)}) VALUES ({places})"), values)


def update_version(connection: "Connection", version: Version) -> None:
    """Write what may change of a version: everything but its name, number and beginning."""
    from sqlalchemy import text

    values = _values(version)
    changes = ", ".join(f"{column} = :{column}" for column in values if column not in ("name", "number", "made_at"))
    connection.execute(text(f"UPDATE roleplay_versions SET {changes} WHERE name = :name AND number = :number"), values)


def insert_review(connection: "Connection", version: Version, review: Review) -> None:
    from sqlalchemy import text

    query = text(
        "INSERT INTO roleplay_reviews (name, number, digest, reviewer, is_approval, reason, at) "
        "VALUES (:name, :number, :digest, :reviewer, :is_approval, :reason, :at)"
    )
    said = {**vars(review), "is_approval": int(review.is_approval)}
    connection.execute(query, {"name": version.name, "number": version.number, **said})


def _values(version: Version) -> dict[str, Any]:
    values = {key: value for key, value in vars(version).items() if key != "reviews"}
    return values | {
        "kind": str(version.kind),
        "state": str(version.state),
        "authors": json.dumps(version.authors),
        "principles": principles_text(version.principles),
    }


def _version(row: Mapping[Any, Any]) -> Version:
    return Version(
        name=row["name"],
        number=row["number"],
        kind=Kind(row["kind"]),
        state=State(row["state"]),
        source=row["source"],
        principles=principles_from(row["principles"]),
        authors=tuple(json.loads(row["authors"])),
        changelog=row["changelog"],
        tests=row["tests"],
        made_at=moment(row["made_at"]),
        changed_at=moment(row["changed_at"]),
        approved_at=moment(row["approved_at"]) if row["approved_at"] else None,
        expires_at=moment(row["expires_at"]) if row["expires_at"] else None,
    )


def _listed(row: Mapping[Any, Any]) -> Listed:
    return Listed(
        name=row["name"],
        number=row["number"],
        kind=Kind(row["kind"]),
        state=State(row["state"]),
        authors=tuple(json.loads(row["authors"])),
        changelog=row["changelog"],
        changed_at=moment(row["changed_at"]),
        expires_at=moment(row["expires_at"]) if row["expires_at"] else None,
    )
