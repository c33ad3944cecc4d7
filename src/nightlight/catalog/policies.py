"""Applying policy statements: a file as a whole or not at all, and a second time without any change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from nightlight.catalog.history import add, changing, end, in_force
from nightlight.catalog.principals import (
    drop_member,
    find_group,
    find_principal,
    put_member,
    put_principal,
    refuse_pipelines,
)
from nightlight.catalog.purposes import drop_purpose_grant, put_purpose, put_purpose_grant
from nightlight.catalog.securables import PRIVILEGES
from nightlight.catalog.statements import (
    MASK_FUNCTIONS,
    SENSITIVITIES,
    ChangeGrant,
    ChangeMember,
    ChangePurposeGrant,
    CreatePrincipal,
    CreatePurpose,
    DropRowFilter,
    MaskTarget,
    Privilege,
    Scope,
    SetMask,
    SetOwner,
    SetRowFilter,
    SetTag,
    Statement,
    UnsetMask,
)
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class Applied:
    """How many statements changed something, how many found it so already, and what was done besides."""

    changed: int
    unchanged: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """Where and as whom statements are applied."""

    connection: "Connection"
    by: str
    notes: list[str]


def apply_statements(
    url: str, statements: Sequence[Statement], *, by: str, before: "Callable[[Connection], None] | None" = None
) -> Applied:
    """Apply all statements or none; raises NightlightError at the line of the first that cannot be.

    `before` happens first, in the same transaction: what it raises undoes all.
    """
    with changing(url) as connection:
        if before is not None:
            before(connection)
        change = Change(connection, by, [])
        changed = sum(_apply(change, statement) for statement in statements)
    return Applied(changed, len(statements) - changed, tuple(change.notes))


class _Undone(Exception):  # noqa: N818  # no failure
    """Raised to take back what was tried."""


def try_statements(url: str, statements: Sequence[Statement], *, by: str) -> list[bool]:
    """Whether each statement would change something, applied in order; nothing is changed.

    Raises NightlightError as applying them would.
    """
    changes: list[bool] = []
    try:
        with changing(url) as connection:
            change = Change(connection, by, [])
            changes += [_apply(change, statement) for statement in statements]
            raise _Undone
    except _Undone:
        return changes


def _apply(change: Change, statement: Statement) -> bool:
    try:
        return APPLY[type(statement)](change, statement)
    except NightlightError as error:
        raise error.at(statement.where) from error


def _create_principal(change: Change, statement: CreatePrincipal) -> bool:
    return put_principal(change.connection, statement.name, statement.kind, by=change.by)


def _change_member(change: Change, statement: ChangeMember) -> bool:
    find_group(change.connection, statement.group)
    if statement.kind == "group":
        find_group(change.connection, statement.member)
    if not statement.is_added:
        return drop_member(change.connection, statement.member, statement.group, by=change.by)
    if statement.kind == "user":
        _check_user(change, statement.member)
    return put_member(change.connection, statement.member, statement.group, by=change.by)


def _check_user(change: Change, name: str) -> None:
    """Make the user when nobody has the name; service principals are taken too."""
    existing = in_force(change.connection, "principals", name=name)
    if not existing:
        put_principal(change.connection, name, "user", by=change.by)
        change.notes.append(f"user '{name}' made")
    elif existing[0]["kind"] == "group":
        raise NightlightError(f"'{name}' is a group", remedy=f"write ADD GROUP {name} TO GROUP ..")


def _create_purpose(change: Change, statement: CreatePurpose) -> bool:
    return put_purpose(change.connection, statement.name, statement.kind, statement.why, by=change.by)


def _change_purpose_grant(change: Change, statement: ChangePurposeGrant) -> bool:
    put = put_purpose_grant if statement.is_allowed else drop_purpose_grant
    return put(change.connection, statement.purpose, statement.principal, by=change.by)


def _change_grant(change: Change, statement: ChangeGrant) -> bool:
    securable, principal = statement.securable, statement.principal
    find_principal(change.connection, principal)
    refuse_pipelines(principal)
    put: Callable[..., bool] = add if statement.is_added else end
    is_changed = False
    for privilege in statement.privileges:
        _check_privilege(statement, privilege)
        for column in privilege.columns or ("",):
            values = {
                "effect": statement.effect,
                "privilege": privilege.name,
                "kind": securable.kind,
                "securable": securable.name,
                "column_name": column,
                "principal": principal,
            }
            is_changed |= put(change.connection, "grants", change.by, **values)
    return is_changed


def _check_privilege(statement: ChangeGrant, privilege: Privilege) -> None:
    securable = statement.securable
    if privilege.name not in securable.privileges:
        kinds = [kind for kind, names in PRIVILEGES.items() if privilege.name in names]
        raise NightlightError(
            f"{privilege.name} is no privilege on a {securable.kind}", remedy=f"it is one on a {' or '.join(kinds)}"
        )
    if privilege.columns and securable.kind != "table":
        raise NightlightError(f"columns are named for tables, not for a {securable.kind}")


def _set_owner(change: Change, statement: SetOwner) -> bool:
    find_principal(change.connection, statement.principal)
    refuse_pipelines(statement.principal)
    securable = {"kind": statement.securable.kind, "securable": statement.securable.name}
    return _replace(change, "owners", securable, principal=statement.principal)


def _set_tag(change: Change, statement: SetTag) -> bool:
    tag = {
        "table_name": statement.securable.name,
        "column_name": statement.securable.column,
        "key": statement.key,
    }
    if statement.value is None:
        return end(change.connection, "tags", change.by, **tag)
    if statement.key == "sensitivity":
        _check_sensitivity(statement.value, is_table=not statement.securable.column)
    return _replace(change, "tags", tag, value=statement.value)


def _check_sensitivity(value: str, *, is_table: bool) -> None:
    if value not in SENSITIVITIES:
        raise NightlightError("no such sensitivity", remedy=f"values are {', '.join(SENSITIVITIES)}")
    if value == "none" and is_table:
        raise NightlightError("a whole table cannot be declassified", remedy="SET TAG ON COLUMN, one by one")


def _set_mask(change: Change, statement: SetMask) -> bool:
    if statement.function not in MASK_FUNCTIONS:
        raise NightlightError("no such mask", remedy=f"masks are {', '.join(MASK_FUNCTIONS)}")
    if statement.target.tag_key == "sensitivity" and statement.target.tag_value not in SENSITIVITIES[1:]:
        raise NightlightError("no such sensitivity", remedy=f"values are {', '.join(SENSITIVITIES[1:])}")
    mask = {**_target(statement.target), **_scope(change, statement.scope)}
    return _replace(change, "masks", mask, function=statement.function, argument=statement.argument or "")


def _unset_mask(change: Change, statement: UnsetMask) -> bool:
    return end(change.connection, "masks", change.by, **_target(statement.target))


def _target(target: MaskTarget) -> dict[str, str]:
    return {
        "table_name": target.table,
        "column_name": target.column,
        "tag_key": target.tag_key,
        "tag_value": target.tag_value,
    }


def _scope(change: Change, scope: Scope) -> dict[str, str]:
    if scope.kind != "all":
        find_group(change.connection, scope.group)
    return {"scope": scope.kind, "group_name": scope.group}


def _set_row_filter(change: Change, statement: SetRowFilter) -> bool:
    values = {"table_name": statement.table, "expression": statement.expression, **_scope(change, statement.scope)}
    # The first to set a filter stays its owner: applying the file as somebody else changes no rights.
    if in_force(change.connection, "row_filters", **values):
        return False
    return add(change.connection, "row_filters", change.by, **values, owner=change.by)


def _drop_row_filter(change: Change, statement: DropRowFilter) -> bool:
    return end(change.connection, "row_filters", change.by, table_name=statement.table)


def _replace(change: Change, table: str, key: dict[str, str], **values: str) -> bool:
    """Put these values in force in the place of what `key` had."""
    if in_force(change.connection, table, **key, **values):
        return False
    end(change.connection, table, change.by, **key)
    return add(change.connection, table, change.by, **key, **values)


Apply: TypeAlias = Callable[[Change, Any], bool]
APPLY: dict[type[Statement], Apply] = {
    CreatePrincipal: _create_principal,
    ChangeMember: _change_member,
    CreatePurpose: _create_purpose,
    ChangePurposeGrant: _change_purpose_grant,
    ChangeGrant: _change_grant,
    SetOwner: _set_owner,
    SetTag: _set_tag,
    SetMask: _set_mask,
    UnsetMask: _unset_mask,
    SetRowFilter: _set_row_filter,
    DropRowFilter: _drop_row_filter,
}
