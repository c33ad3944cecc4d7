"""Principals: users, groups and service principals; who is a member of which group, through groups in groups.

`pipelines` is the home's own service principal: there from the beginning, it reads everything and is never changed."""

from typing import TYPE_CHECKING, Any

from nightlight.catalog.history import add, changing, database_errors, end, in_force
from nightlight.catalog.tokens import PRINCIPAL
from nightlight.db import transaction
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from sqlalchemy import Connection

KINDS = ("user", "group", "service")
PIPELINES = "pipelines"
KIND_WORDS = {"user": "user", "group": "group", "service": "service principal"}


def add_principal(url: str, name: str, kind: str, *, by: str) -> bool:
    """Make a principal; False when it was there already."""
    with changing(url) as connection:
        return put_principal(connection, name, kind, by=by)


def add_member(url: str, member: str, group: str, *, by: str) -> bool:
    """Make a principal a member of a group; False when it was one already."""
    with changing(url) as connection:
        return put_member(connection, member, group, by=by)


def remove_member(url: str, member: str, group: str, *, by: str) -> bool:
    """End a membership; False when there was none."""
    with changing(url) as connection:
        return drop_member(connection, member, group, by=by)


def disable(url: str, name: str, *, by: str) -> bool:
    """Shut a user or service principal out; False when it was already."""
    with changing(url) as connection:
        row = find_principal(connection, name)
        if row["kind"] == "group":
            raise NightlightError(f"'{name}' is a group; only users and service principals are disabled")
        refuse_pipelines(name)
        if row["disabled"]:
            return False
        end(connection, "principals", by, name=name)
        return add(connection, "principals", by, name=name, kind=row["kind"], disabled=1)


def enable(url: str, name: str, *, by: str) -> bool:
    """Let somebody in again who was disabled, with the groups and grants they had; False when they are not."""
    with changing(url) as connection:
        row = find_principal(connection, name)
        if not row["disabled"]:
            return False
        end(connection, "principals", by, name=name)
        return add(connection, "principals", by, name=name, kind=row["kind"], disabled=0)


def list_principals(url: str) -> list[dict[str, Any]]:
    """Everybody, by name: name, kind, groups (direct ones), disabled."""
    with database_errors(), transaction(url) as connection:
        groups: dict[str, list[str]] = {}
        for row in in_force(connection, "memberships"):
            groups.setdefault(row["member"], []).append(row["group_name"])
        return [
            {
                "name": row["name"],
                "kind": row["kind"],
                "groups": sorted(groups.get(row["name"], [])),
                "disabled": bool(row["disabled"]),
            }
            for row in sorted(in_force(connection, "principals"), key=lambda row: str(row["name"]))
        ]


def groups_of(connection: "Connection", principal: str) -> frozenset[str]:
    """The groups a principal belongs to, through groups in groups; those that do not exist any more are left out."""
    from sqlalchemy import text

    query = text(
        """
        WITH RECURSIVE belongs AS (
            SELECT CAST(:principal AS varchar) AS name
            UNION
            SELECT m.group_name FROM belongs b
            JOIN memberships m ON m.member = b.name AND m.ended_at IS NULL
            JOIN principals g ON g.name = m.group_name AND g.kind = 'group' AND g.disabled = 0 AND g.ended_at IS NULL
        )
        SELECT name FROM belongs WHERE name <> :principal
        """
    )
    with database_errors():
        return frozenset(connection.execute(query, {"principal": principal}).scalars())


def check_principal(connection: "Connection", principal: str, *, or_group: bool = False) -> None:
    """Raise NightlightError unless it is an enabled user or service principal: unknown and disabled look the same."""
    kinds = ("user", "service", "group") if or_group else ("user", "service")
    with database_errors():
        rows = in_force(connection, "principals", name=principal, disabled=0)
    if not rows or rows[0]["kind"] not in kinds:
        raise NightlightError(f"'{principal}' is nobody who may ask here", remedy="ask an administrator of this home")


def existing_groups(connection: "Connection") -> frozenset[str]:
    """The groups there are."""
    with database_errors():
        return frozenset(row["name"] for row in in_force(connection, "principals", kind="group", disabled=0))


def put_principal(connection: "Connection", name: str, kind: str, *, by: str) -> bool:
    if kind not in KINDS:
        raise NightlightError(f"'{kind}' is no kind of principal", remedy=f"kinds: {', '.join(KINDS)}")
    if not PRINCIPAL.fullmatch(name):
        raise NightlightError(
            f"'{name}' cannot be a principal's name", remedy="use lower-case letters, digits and . _ @ + -"
        )
    existing = in_force(connection, "principals", name=name)
    if existing and existing[0]["kind"] != kind:
        raise NightlightError(
            f"'{name}' is a {KIND_WORDS.get(existing[0]['kind'], 'principal')} already",
            remedy="names are unique among users, groups and service principals",
        )
    return not existing and add(connection, "principals", by, name=name, kind=kind, disabled=0)


def put_member(connection: "Connection", member: str, group: str, *, by: str) -> bool:
    find_group(connection, group)
    kind = find_principal(connection, member)["kind"]
    refuse_pipelines(member)
    if kind == "group" and (member == group or member in groups_of(connection, group)):
        raise NightlightError(
            f"group '{member}' cannot be a member of group '{group}'", remedy=f"'{group}' is a member of '{member}'"
        )
    return add(connection, "memberships", by, member=member, group_name=group)


def drop_member(connection: "Connection", member: str, group: str, *, by: str) -> bool:
    find_group(connection, group)
    find_principal(connection, member)
    return end(connection, "memberships", by, member=member, group_name=group)


def find_principal(connection: "Connection", name: str) -> dict[str, Any]:
    """The principal's row in force; raises NightlightError with names that are close."""
    rows = in_force(connection, "principals", name=name)
    if not rows:
        everybody = [row["name"] for row in in_force(connection, "principals")]
        raise NightlightError(
            f"there is no user, group or service principal '{name}'", remedy=suggestion(name, everybody)
        )
    return rows[0]


def find_group(connection: "Connection", name: str) -> dict[str, Any]:
    rows = in_force(connection, "principals", name=name, kind="group")
    if not rows:
        groups = [row["name"] for row in in_force(connection, "principals", kind="group")]
        raise NightlightError(
            f"there is no group '{name}'", remedy=suggestion(name, groups) or f"write CREATE GROUP {name} first"
        )
    return rows[0]


def refuse_pipelines(name: str) -> None:
    if name == PIPELINES:
        raise NightlightError(f"'{PIPELINES}' is the home's own: it reads everything and cannot be changed")


def suggestion(name: str, known: list[str]) -> str | None:
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=3)
    return f"did you mean {' or '.join(repr(other) for other in close)}?" if close else None
