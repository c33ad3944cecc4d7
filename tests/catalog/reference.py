"""What decides who reads which column, once more: sets and loops written from the rules, to compare the SQL with."""

from dataclasses import dataclass, field

KINDS = {"catalog", "schema", "table", "model", "dashboard", "pipeline", "export", "workspace"}
PRIVILEGES = {"USE SCHEMA", "SELECT", "MODIFY", "EXECUTE", "VIEW", "MANAGE"}
STRICTEST_FIRST = ["null", "constant", "redact", "year", "hash"]
Name = tuple[str, str]  # table, column ("" = the whole table, "*" = whatever an unknown table holds)


@dataclass
class World:
    kinds: dict[str, str] = field(default_factory=dict)  # of principals in force
    disabled: set[str] = field(default_factory=set)
    members: set[tuple[str, str]] = field(default_factory=set)  # member, group
    columns: dict[Name, tuple[str, bool, str]] = field(default_factory=dict)  # type, holds text, sensitivity
    gone: dict[Name, tuple[str, bool, str]] = field(default_factory=dict)  # not in the lake any more, as last seen
    tags: dict[tuple[str, str, str], str] = field(default_factory=dict)  # table, column, key
    traced: dict[Name, set[Name]] = field(default_factory=dict)
    sources: dict[str, set[str]] = field(default_factory=dict)
    grants: list[tuple[str, str, str, str, str, str]] = field(default_factory=list)
    owners: dict[tuple[str, str], str] = field(default_factory=dict)
    masks: list[tuple[str, str, str, str, str, str, str]] = field(default_factory=list)
    filters: list[tuple[str, str, str, str]] = field(default_factory=list)  # table, expression, scope, group

    def groups(self, principal: str, *, sound: bool) -> set[str]:
        """The principal with all its groups; `sound`: only through groups that exist."""
        found, todo = {principal}, [principal]
        while todo:
            member = todo.pop()
            for group in {group for name, group in self.members if name == member} - found:
                if not sound or self.is_group(group):
                    found.add(group)
                    todo.append(group)
        return found

    def is_group(self, name: str) -> bool:
        return self.kinds.get(name) == "group" and name not in self.disabled

    def columns_of(self, table: str) -> set[str]:
        held = {column for name, column in self.columns if name == table}
        return (held or {"*"}) | {column for name, column in self.traced if name == table}

    def comes_from(self, table: str, column: str) -> set[Name]:
        if (table, column) in self.traced:
            return self.traced[table, column]
        return {(source, name) for source in self.sources.get(table, set()) for name in self.columns_of(source)}

    def was_in(self, table: str, column: str) -> set[Name]:
        """Columns that a table had and which a column of unknown origin may be from; with their tags it ends."""
        if (table, column) in self.traced:
            return set()
        return {place for place in self.gone if place[0] in self.sources.get(table, set())} - set(self.traced)

    def effective_tags(self, table: str, column: str) -> set[tuple[str, str]]:
        kind, holds_text, _ = self.columns[table, column]
        found: set[tuple[str, str]] = set()
        seen, todo = set(), [(table, column, True, False)]
        while todo:
            at, name, is_open, is_end = todo.pop()
            is_open = is_open and self.tags.get((at, name, "sensitivity")) != "none"
            if (at, name, is_open, is_end) in seen:
                continue
            seen.add((at, name, is_open, is_end))
            if not is_end:
                todo += [(*source, is_open, False) for source in self.comes_from(at, name)]
                todo += [(*source, is_open, True) for source in self.was_in(at, name)]
            own_kind, metadata = self.last_known(at, name)
            reaches = is_open and (holds_text or own_kind == kind)
            if reaches and metadata not in ("", "none"):
                found.add(("sensitivity", metadata if metadata == "identity" else "text"))
            reaches = is_open and (holds_text or (at, name) not in self.columns or own_kind == kind)
            for (t, c, key), value in self.tags.items():
                if t != at or (c not in ("", name) and name != "*"):
                    continue
                if key != "sensitivity":
                    found.add((key, value))
                elif reaches and value != "none":
                    found.add((key, value if value == "identity" else "text"))
        return found

    def last_known(self, table: str, column: str) -> tuple[str, str]:
        """Type and sensitivity of a column in the lake, or when it was; one that never was may have held any text."""
        place = (table, column)
        if column == "*" and any(name == table for name, _ in self.gone):
            return "", ""  # each of them counts by itself
        kind, _, metadata = self.columns.get(place) or self.gone.get(place) or ("", True, "text")
        return kind, metadata

    def masks_on(self, table: str, column: str) -> list[tuple[str, str, str]]:
        """Function, scope, group."""
        tags = self.effective_tags(table, column)
        return [
            (function, scope, group)
            for t, c, key, value, function, scope, group in self.masks
            if ((t, c) == (table, column) and not key) or (key and (key, value) in tags)
        ]

    def is_damaged(self, table: str) -> bool:
        scopes = [(scope, group) for t, _, scope, group in self.filters if t == table]
        for name, column in self.columns:
            for function, scope, group in self.masks_on(table, column) if name == table else []:
                scopes.append((scope, group))
                if function not in STRICTEST_FIRST:
                    return True
        return any(
            scope not in ("all", "to", "except") or (scope != "all" and not self.is_group(group))
            for scope, group in scopes
        )

    def concerns(self, principal: str, scope: str, group: str) -> bool:
        if scope == "all":
            return True
        return (group in self.groups(principal, sound=scope == "except")) == (scope == "to")

    def may_read(self, principal: str, table: str, column: str) -> bool:
        if principal not in self.kinds or principal in self.disabled or self.is_damaged(table):
            return False
        levels = {("catalog", ""), ("schema", table.split(".")[0]), ("table", table)}
        for effect, privilege, kind, securable, name, to in self.grants:
            if to not in self.groups(principal, sound=False):
                continue
            if effect not in ("GRANT", "DENY") or privilege not in PRIVILEGES or kind not in KINDS:
                return False
            is_here = (kind, securable) in levels and name in ("", column)
            if effect == "DENY" and privilege in ("SELECT", "USE SCHEMA") and is_here:
                return False
        mine = self.groups(principal, sound=True)
        owned = {level for level in levels if self.owners.get(level) in mine}
        granted = {
            (privilege, kind, securable, name)
            for effect, privilege, kind, securable, name, to in self.grants
            if effect == "GRANT" and to in mine
        }
        above = levels - {("table", table)}
        if not owned & above and not any(("USE SCHEMA", *level, "") in granted for level in above):
            return False
        if ("SELECT", "table", table, column) in granted:
            return True
        is_wide = bool(owned) or any(("SELECT", *level, "") in granted for level in levels)
        return is_wide and not {("sensitivity", "text"), ("sensitivity", "identity")} & self.effective_tags(
            table, column
        )

    def mask(self, principal: str, table: str, column: str) -> str | None:
        functions = [f for f, scope, group in self.masks_on(table, column) if self.concerns(principal, scope, group)]
        return min(functions, key=STRICTEST_FIRST.index, default=None)
