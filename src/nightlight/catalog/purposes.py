"""Purposes: why somebody asks. Each is of a kind that a crisis line has; a commercial kind does not exist."""

from typing import TYPE_CHECKING, Any

from nightlight.catalog.history import add, database_errors, end, in_force
from nightlight.catalog.principals import PIPELINES, find_principal, groups_of, refuse_pipelines, suggestion
from nightlight.catalog.statements import PURPOSE_KINDS
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from sqlalchemy import Connection


def check_purpose(connection: "Connection", principal: str, purpose: str | None) -> None:
    """Raise NightlightError unless the purpose exists and is allowed to the principal or one of its groups."""
    with database_errors():
        known = {row["name"]: row["kind"] for row in in_force(connection, "purposes")}
        grants = in_force(connection, "purpose_grants")
        groups = groups_of(connection, principal)
    usable = {name for name, kind in known.items() if kind in PURPOSE_KINDS}
    mine = sorted({row["purpose"] for row in grants if row["principal"] in {principal, *groups}} & usable)
    if principal == PIPELINES and (purpose is None or purpose in usable):
        return
    yours = f"you may use {', '.join(mine)}" if mine else "no purpose is allowed to you; ask an administrator"
    if purpose is None:
        raise NightlightError("a purpose is needed", remedy=yours)
    if purpose not in usable:
        raise NightlightError(f"there is no purpose '{purpose}'", remedy=yours)
    if purpose not in mine:
        allowed = sorted(row["principal"] for row in grants if row["purpose"] == purpose)
        to = f"it is allowed to {', '.join(allowed)}" if allowed else "it is allowed to nobody yet"
        raise NightlightError(f"purpose '{purpose}' is not allowed to {principal}", remedy=f"{to}; {yours}")


def allowed_purposes(connection: "Connection", principal: str) -> list[dict[str, Any]]:
    """The purposes that the principal may ask for, by name: name, kind, why."""
    with database_errors():
        known = in_force(connection, "purposes")
        names = {principal, *groups_of(connection, principal)}
        mine = {row["purpose"] for row in in_force(connection, "purpose_grants") if row["principal"] in names}
    found = [row for row in known if row["name"] in mine and row["kind"] in PURPOSE_KINDS]
    return [
        {key: row[key] for key in ("name", "kind", "why")} for row in sorted(found, key=lambda row: str(row["name"]))
    ]


def put_purpose(connection: "Connection", name: str, kind: str, why: str, *, by: str) -> bool:
    """Make a purpose; False when it is there with this kind and this reason."""
    if kind not in PURPOSE_KINDS:
        raise NightlightError(
            f"'{kind}' is no kind of purpose",
            remedy=f"kinds are {', '.join(PURPOSE_KINDS)}; no commercial purpose exists",
        )
    if not why.strip():
        raise NightlightError(f"purpose '{name}' needs a sentence that says why it exists")
    existing = in_force(connection, "purposes", name=name)
    if existing and (existing[0]["kind"], existing[0]["why"]) != (kind, why):
        raise NightlightError(
            f"purpose '{name}' is there with another kind or reason", remedy="give the changed purpose another name"
        )
    return add(connection, "purposes", by, name=name, kind=kind, why=why)


def put_purpose_grant(connection: "Connection", purpose: str, principal: str, *, by: str) -> bool:
    _find_purpose(connection, purpose)
    find_principal(connection, principal)
    refuse_pipelines(principal)
    return add(connection, "purpose_grants", by, purpose=purpose, principal=principal)


def drop_purpose_grant(connection: "Connection", purpose: str, principal: str, *, by: str) -> bool:
    _find_purpose(connection, purpose)
    find_principal(connection, principal)
    return end(connection, "purpose_grants", by, purpose=purpose, principal=principal)


def _find_purpose(connection: "Connection", name: str) -> None:
    if not in_force(connection, "purposes", name=name):
        purposes = [row["name"] for row in in_force(connection, "purposes")]
        raise NightlightError(
            f"there is no purpose '{name}'",
            remedy=suggestion(name, purposes) or f"write CREATE PURPOSE {name} OF .. first",
        )
