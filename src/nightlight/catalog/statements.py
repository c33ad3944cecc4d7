"""Policy statements as they are written: what each says, read from a file, with the line it stands on.

Reading looks at form only; whether the names exist is for `policies.apply_statements` to say."""

from dataclasses import dataclass

from nightlight.catalog.securables import ALL_PRIVILEGES, IN_NO_SCHEMA, Securable
from nightlight.catalog.tokens import Tokens, split_statements

PURPOSE_KINDS = ("care", "quality", "training", "research", "operations")
MASK_FUNCTIONS = ("null", "constant", "redact", "year", "hash")  # the strictest first
SENSITIVITIES = ("none", "identity", "text")


@dataclass(frozen=True)
class Statement:
    """What all statements have: `file:line`."""

    where: str


@dataclass(frozen=True)
class CreatePrincipal(Statement):
    kind: str  # group or service
    name: str


@dataclass(frozen=True)
class ChangeMember(Statement):
    """ADD or REMOVE: `kind` is what the member was called, user or group."""

    is_added: bool
    kind: str
    member: str
    group: str


@dataclass(frozen=True)
class CreatePurpose(Statement):
    name: str
    kind: str
    why: str


@dataclass(frozen=True)
class ChangePurposeGrant(Statement):
    """ALLOW PURPOSE .. TO, or REVOKE PURPOSE .. FROM."""

    is_allowed: bool
    purpose: str
    principal: str


@dataclass(frozen=True)
class Privilege:
    name: str
    columns: tuple[str, ...] = ()  # none: the whole securable


@dataclass(frozen=True)
class ChangeGrant(Statement):
    """GRANT or DENY (`effect`), or the REVOKE of one (`is_added` false)."""

    is_added: bool
    effect: str
    privileges: tuple[Privilege, ...]
    securable: Securable
    principal: str


@dataclass(frozen=True)
class SetOwner(Statement):
    securable: Securable
    principal: str


@dataclass(frozen=True)
class SetTag(Statement):
    securable: Securable  # a table, or a column
    key: str
    value: str | None  # None: UNSET


@dataclass(frozen=True)
class Scope:
    """Whom a mask or filter applies to: all, those in a group (to), or all others (except)."""

    kind: str = "all"
    group: str = ""

    def __str__(self) -> str:
        return "" if self.kind == "all" else f" {self.kind.upper()} {self.group}"


@dataclass(frozen=True)
class MaskTarget:
    """One column, or every column with a tag."""

    table: str = ""
    column: str = ""
    tag_key: str = ""
    tag_value: str = ""

    def __str__(self) -> str:
        if self.tag_key:
            return f"TAG {self.tag_key} = '{self.tag_value}'"
        return str(Securable("table", self.table, self.column))


@dataclass(frozen=True)
class SetMask(Statement):
    target: MaskTarget
    function: str
    argument: str | None  # of constant
    scope: Scope


@dataclass(frozen=True)
class UnsetMask(Statement):
    target: MaskTarget


@dataclass(frozen=True)
class SetRowFilter(Statement):
    table: str
    expression: str
    scope: Scope


@dataclass(frozen=True)
class DropRowFilter(Statement):
    table: str


def read_statements(text: str, file: str) -> list[Statement]:
    """The statements of a file; raises NightlightError at `file:line` for the first that is none."""
    return [_read_statement(tokens) for tokens in split_statements(text, file)]


def _read_statement(tokens: Tokens) -> Statement:
    read = {
        "CREATE": _create,
        "ADD": _member,
        "REMOVE": _member,
        "ALLOW": _allow,
        "GRANT": _grant,
        "DENY": _grant,
        "REVOKE": _revoke,
        "SET": _set,
        "UNSET": _unset,
        "DROP": _drop,
    }
    where = tokens.where
    verb = tokens.keyword(*read)
    statement = read[verb](tokens, where, verb)
    tokens.finish()
    return statement


def _create(tokens: Tokens, where: str, _verb: str) -> Statement:
    what = tokens.keyword("GROUP", "PURPOSE", "SERVICE")
    if what == "GROUP":
        return CreatePrincipal(where, "group", tokens.principal("the group's name"))
    if what == "SERVICE":
        tokens.keyword("PRINCIPAL")
        return CreatePrincipal(where, "service", tokens.principal("the service principal's name"))
    name = tokens.name("the purpose's name")
    tokens.keyword("OF")
    kind = tokens.name(f"the purpose's kind ({', '.join(PURPOSE_KINDS)})")
    return CreatePurpose(where, name, kind, tokens.string("why the purpose exists,"))


def _member(tokens: Tokens, where: str, verb: str) -> Statement:
    kind = tokens.keyword("USER", "GROUP").lower()
    member = tokens.principal(f"the {kind}'s name")
    tokens.keyword("TO" if verb == "ADD" else "FROM")
    tokens.keyword("GROUP")
    return ChangeMember(where, verb == "ADD", kind, member, tokens.principal("the group's name"))


def _allow(tokens: Tokens, where: str, _verb: str) -> Statement:
    tokens.keyword("PURPOSE")
    purpose = tokens.name("the purpose's name")
    tokens.keyword("TO")
    return ChangePurposeGrant(where, True, purpose, tokens.principal())


def _grant(tokens: Tokens, where: str, verb: str) -> Statement:
    return _read_grant(tokens, where, verb, is_added=True)


def _revoke(tokens: Tokens, where: str, _verb: str) -> Statement:
    if tokens.maybe("PURPOSE"):
        purpose = tokens.name("the purpose's name")
        tokens.keyword("FROM")
        return ChangePurposeGrant(where, False, purpose, tokens.principal())
    return _read_grant(tokens, where, "DENY" if tokens.maybe("DENY") else "GRANT", is_added=False)


def _read_grant(tokens: Tokens, where: str, effect: str, *, is_added: bool) -> Statement:
    privileges = [_privilege(tokens)]
    while tokens.maybe(","):
        privileges.append(_privilege(tokens))
    tokens.keyword("ON")
    securable = _securable(tokens)
    tokens.keyword("TO" if is_added else "FROM")
    return ChangeGrant(where, is_added, effect, tuple(privileges), securable, tokens.principal())


def _privilege(tokens: Tokens) -> Privilege:
    for name in ALL_PRIVILEGES:
        if tokens.maybe(*name.split()):
            return Privilege(name, _columns(tokens) if name == "SELECT" else ())
    raise tokens.expected(f"a privilege ({', '.join(ALL_PRIVILEGES)})")


def _columns(tokens: Tokens) -> tuple[str, ...]:
    if not tokens.maybe("("):
        return ()
    columns = [tokens.column()]
    while tokens.keyword(",", ")") == ",":
        columns.append(tokens.column())
    return tuple(columns)


def _securable(tokens: Tokens) -> Securable:
    kind = tokens.keyword("CATALOG", "SCHEMA", "TABLE", *(kind.upper() for kind in IN_NO_SCHEMA)).lower()
    if kind == "catalog":
        return Securable(kind)
    return Securable(kind, _table(tokens) if kind == "table" else tokens.name(f"the {kind}'s name"))


def _table(tokens: Tokens) -> str:
    schema = tokens.name("the table's name (schema.table)")
    tokens.keyword(".")
    name = tokens.name("the table's name")
    return f"{schema}.{name}"


def _column(tokens: Tokens) -> tuple[str, str]:
    table = _table(tokens)
    tokens.keyword(".")
    return table, tokens.column()


def _set(tokens: Tokens, where: str, _verb: str) -> Statement:
    what = tokens.keyword("TAG", "MASK", "ROW", "OWNER")
    if what == "ROW":
        tokens.keyword("FILTER")
    tokens.keyword("ON")
    if what == "TAG":
        securable = _tagged(tokens)
        key = tokens.name("the tag's key")
        tokens.keyword("=")
        return SetTag(where, securable, key, tokens.string("the tag's value"))
    if what == "MASK":
        target = _mask_target(tokens)
        function = tokens.keyword(*(name.upper() for name in MASK_FUNCTIONS)).lower()
        argument = tokens.string("the constant") if function == "constant" else None
        return SetMask(where, target, function, argument, _scope(tokens))
    if what == "ROW":
        tokens.keyword("TABLE")
        table = _table(tokens)
        return SetRowFilter(where, table, tokens.parenthesised("the filter"), _scope(tokens))
    securable = _securable(tokens)
    tokens.keyword("TO")
    return SetOwner(where, securable, tokens.principal())


def _unset(tokens: Tokens, where: str, _verb: str) -> Statement:
    what = tokens.keyword("TAG", "MASK")
    tokens.keyword("ON")
    if what == "MASK":
        return UnsetMask(where, _mask_target(tokens))
    return SetTag(where, _tagged(tokens), tokens.name("the tag's key"), None)


def _drop(tokens: Tokens, where: str, _verb: str) -> Statement:
    for word in ("ROW", "FILTER", "ON", "TABLE"):
        tokens.keyword(word)
    return DropRowFilter(where, _table(tokens))


def _tagged(tokens: Tokens) -> Securable:
    if tokens.keyword("TABLE", "COLUMN") == "TABLE":
        return Securable("table", _table(tokens))
    return Securable("table", *_column(tokens))


def _mask_target(tokens: Tokens) -> MaskTarget:
    if tokens.keyword("COLUMN", "TAG") == "COLUMN":
        return MaskTarget(*_column(tokens))
    key = tokens.name("the tag's key")
    tokens.keyword("=")
    return MaskTarget(tag_key=key, tag_value=tokens.string("the tag's value"))


def _scope(tokens: Tokens) -> Scope:
    for word in ("TO", "EXCEPT"):
        if tokens.maybe(word):
            return Scope(word.lower(), tokens.principal("the group's name"))
    return Scope()
