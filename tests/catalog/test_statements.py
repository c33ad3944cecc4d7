"""Policy statements are read as written; whatever is none is refused at its line with what was expected."""

import pytest

from nightlight.catalog.securables import Securable
from nightlight.catalog.statements import (
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
    read_statements,
)
from nightlight.errors import NightlightError

AT = "p.sql:1"
TABLE, COLUMN = Securable("table", "s.t"), Securable("table", "s.t", "c")
ALL = Scope()


def grant(securable: Securable, *privileges: Privilege, effect: str = "GRANT", is_added: bool = True) -> ChangeGrant:
    return ChangeGrant(AT, is_added, effect, privileges, securable, "g")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CREATE GROUP g", CreatePrincipal(AT, "group", "g")),
        ("create group G", CreatePrincipal(AT, "group", "g")),
        ('CREATE GROUP "team-1"', CreatePrincipal(AT, "group", "team-1")),
        ("CREATE SERVICE PRINCIPAL nightly", CreatePrincipal(AT, "service", "nightly")),
        ("ADD USER ana TO GROUP g", ChangeMember(AT, True, "user", "ana", "g")),
        ('ADD USER "Ana.B@line.org" TO GROUP g', ChangeMember(AT, True, "user", "ana.b@line.org", "g")),
        ("ADD GROUP h TO GROUP g", ChangeMember(AT, True, "group", "h", "g")),
        ("REMOVE USER ana FROM GROUP g", ChangeMember(AT, False, "user", "ana", "g")),
        ("CREATE PURPOSE p OF care 'it''s why'", CreatePurpose(AT, "p", "care", "it's why")),
        ("ALLOW PURPOSE p TO g", ChangePurposeGrant(AT, True, "p", "g")),
        ("REVOKE PURPOSE p FROM g", ChangePurposeGrant(AT, False, "p", "g")),
        ("GRANT SELECT ON TABLE s.t TO g", grant(TABLE, Privilege("SELECT"))),
        ("GRANT SELECT (a, _b) ON TABLE s.t TO g", grant(TABLE, Privilege("SELECT", ("a", "_b")))),
        (
            'GRANT SELECT ("Odd Name", größe) ON TABLE s.t TO g',
            grant(TABLE, Privilege("SELECT", ("odd name", "größe"))),
        ),
        ('SET TAG ON COLUMN s.t."a""b.c" key = \'v\'', SetTag(AT, Securable("table", "s.t", 'a"b.c'), "key", "v")),
        ('SET MASK ON COLUMN s.t."Odd Name" null', SetMask(AT, MaskTarget("s.t", "odd name"), "null", None, ALL)),
        ("GRANT SELECT (text) ON TABLE S.T TO g", grant(TABLE, Privilege("SELECT", ("text",)))),
        (
            "GRANT USE SCHEMA, SELECT ON SCHEMA s TO g",
            grant(Securable("schema", "s"), Privilege("USE SCHEMA"), Privilege("SELECT")),
        ),
        ("GRANT MANAGE ON CATALOG TO g", grant(Securable("catalog"), Privilege("MANAGE"))),
        ("GRANT EXECUTE ON MODEL m TO g", grant(Securable("model", "m"), Privilege("EXECUTE"))),
        ("GRANT VIEW ON DASHBOARD d TO g", grant(Securable("dashboard", "d"), Privilege("VIEW"))),
        ("GRANT EXECUTE ON PIPELINE p TO g", grant(Securable("pipeline", "p"), Privilege("EXECUTE"))),
        ("GRANT EXECUTE ON EXPORT e TO g", grant(Securable("export", "e"), Privilege("EXECUTE"))),
        ("GRANT EXECUTE ON WORKSPACE w TO g", grant(Securable("workspace", "w"), Privilege("EXECUTE"))),
        ("DENY SELECT (c) ON TABLE s.t TO g", grant(TABLE, Privilege("SELECT", ("c",)), effect="DENY")),
        ("REVOKE SELECT ON TABLE s.t FROM g", grant(TABLE, Privilege("SELECT"), is_added=False)),
        (
            "REVOKE DENY SELECT ON TABLE s.t FROM g",
            grant(TABLE, Privilege("SELECT"), effect="DENY", is_added=False),
        ),
        ("SET OWNER ON TABLE s.t TO g", SetOwner(AT, TABLE, "g")),
        ("SET TAG ON COLUMN s.t.c key = 'v'", SetTag(AT, COLUMN, "key", "v")),
        ("SET TAG ON TABLE s.t key = ''", SetTag(AT, TABLE, "key", "")),
        ("UNSET TAG ON COLUMN s.t.c key", SetTag(AT, COLUMN, "key", None)),
        ("SET MASK ON COLUMN s.t.c hash", SetMask(AT, MaskTarget("s.t", "c"), "hash", None, ALL)),
        ("SET MASK ON COLUMN s.t.c NULL TO g", SetMask(AT, MaskTarget("s.t", "c"), "null", None, Scope("to", "g"))),
        (
            "SET MASK ON COLUMN s.t.c constant 'x;--' EXCEPT g",
            SetMask(AT, MaskTarget("s.t", "c"), "constant", "x;--", Scope("except", "g")),
        ),
        (
            "SET MASK ON TAG sensitivity = 'identity' hash",
            SetMask(AT, MaskTarget(tag_key="sensitivity", tag_value="identity"), "hash", None, ALL),
        ),
        ("UNSET MASK ON COLUMN s.t.c", UnsetMask(AT, MaskTarget("s.t", "c"))),
        ("UNSET MASK ON TAG k = 'v'", UnsetMask(AT, MaskTarget(tag_key="k", tag_value="v"))),
        ("SET ROW FILTER ON TABLE s.t (a > 1)", SetRowFilter(AT, "s.t", "a > 1", ALL)),
        ("SET ROW FILTER ON TABLE s.t (a > 1) TO g", SetRowFilter(AT, "s.t", "a > 1", Scope("to", "g"))),
        ("DROP ROW FILTER ON TABLE s.t", DropRowFilter(AT, "s.t")),
    ],
)
def test_a_statement_is_read(text: str, expected: Statement) -> None:
    assert read_statements(f"{text};", "p.sql") == [expected]


@pytest.mark.parametrize(
    "expression",
    [
        "a = 'it''s ; -- ) no end'",
        "(a > 1) AND (b IN (SELECT c FROM s.u WHERE is_member('team_' || d)))",
        "a = current_principal()\n  OR b",
        'f(")") = 1',
        "a > 1 -- a comment (\n AND b",
        "a > 1 /* ; ) */ AND b",
    ],
)
def test_a_filters_text_is_kept_as_written(expression: str) -> None:
    text = f"CREATE GROUP g;\nSET ROW FILTER ON TABLE s.t ( {expression} ) EXCEPT g; CREATE GROUP h;"
    assert read_statements(text, "p.sql")[1:] == [
        SetRowFilter("p.sql:2", "s.t", expression, Scope("except", "g")),
        CreatePrincipal(f"p.sql:{2 + expression.count(chr(10))}", "group", "h"),
    ]


def test_statements_know_their_line_and_comments_are_none() -> None:
    text = "-- people; CREATE GROUP x;\n\nCREATE GROUP g; /* two\nlines; */\nCREATE\nGROUP h\n"
    assert [statement.where for statement in read_statements(text, "a/p.sql")] == ["a/p.sql:3", "a/p.sql:5"]
    assert read_statements("", "p.sql") == read_statements("-- nothing\n;;", "p.sql") == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("SELECT 1", "1: expected CREATE, ADD, REMOVE, ALLOW, GRANT, DENY, REVOKE, SET, UNSET or DROP, found 'SELECT'"),
        ("CREATE GROUP g;\nCREATE TABLE s.t", "2: expected GROUP, PURPOSE or SERVICE, found 'TABLE'"),
        ("CREATE GROUP", "1: expected the group's name .*, found the end"),
        ("CREATE GROUP 'g'", "1: expected the group's name .*, found a string"),
        ('CREATE GROUP "a b"', "1: expected the group's name .* found 'a b'"),
        ('CREATE GROUP "a|b"', "1: expected the group's name"),
        ("CREATE GROUP g h", r"1: expected the end of the statement \(';'\), found 'h'"),
        ("ADD SERVICE n TO GROUP g", "1: expected USER or GROUP, found 'SERVICE'"),
        ("ADD USER u FROM GROUP g", "1: expected TO, found 'FROM'"),
        ('"ADD" USER u TO GROUP g', "1: expected CREATE"),
        ("CREATE PURPOSE p OF care", "1: expected why the purpose exists, in single quotes, found the end"),
        ("CREATE PURPOSE p OF care $$why$$", "1: expected why the purpose exists"),
        ("GRANT READ ON TABLE s.t TO g", r"1: expected a privilege \(USE SCHEMA, SELECT, .*\), found 'READ'"),
        ("GRANT SELECT ON s.t TO g", "1: expected CATALOG, SCHEMA, TABLE, .* or APP, found 's'"),
        ("GRANT SELECT ON TABLE t TO g", r"1: expected \., found 'TO'"),
        ("GRANT SELECT ON TABLE a.b.c TO g", r"1: expected TO, found '\.'"),
        ("GRANT SELECT () ON TABLE s.t TO g", r"1: expected a column's name, found '\)'"),
        ("GRANT SELECT (a b) ON TABLE s.t TO g", r"1: expected , or \), found 'b'"),
        ("GRANT MODIFY (a) ON TABLE s.t TO g", r"1: expected ON, found '\('"),
        ("REVOKE SELECT ON TABLE s.t TO g", "1: expected FROM, found 'TO'"),
        ("SET TAG ON COLUMN s.t key = 'v'", r"1: expected \., found 'key'"),
        ("SET TAG ON SCHEMA s key = 'v'", "1: expected TABLE or COLUMN, found 'SCHEMA'"),
        ("SET TAG ON TABLE s.t key = v", "1: expected the tag's value in single quotes, found 'v'"),
        ("SET MASK ON COLUMN s.t.c md5", "1: expected NULL, CONSTANT, REDACT, YEAR or HASH, found 'md5'"),
        ("SET MASK ON COLUMN s.t.c constant", "1: expected the constant in single quotes, found the end"),
        ("SET ROW FILTER ON TABLE s.t a > 1", "1: expected the filter in parentheses, found 'a'"),
        ("SET ROW FILTER ON TABLE s.t ()", "1: expected the filter in parentheses"),
        ("SET ROW FILTER ON TABLE s.t\n(a > (1)", "2: expected a closing parenthesis, found the end"),
        ("SET ROW FILTER ON TABLE s.t (a);\nb)", "2: expected CREATE, "),
        (
            "CREATE GROUP g;\nSET TAG ON TABLE s.t k = 'v;\nCREATE GROUP h;",
            "2: a quotation mark or comment is not closed",
        ),
        ("EXECUTE something", "1: expected CREATE, ADD"),
    ],
)
def test_what_is_no_statement_is_refused_at_its_line(text: str, line: str) -> None:
    with pytest.raises(NightlightError, match=rf"^policies/p\.sql:{line}") as refused:
        read_statements(text, "policies/p.sql")
    assert "\n" not in str(refused.value)


def test_an_error_repeats_no_value() -> None:
    with pytest.raises(NightlightError) as refused:
        read_statements("CREATE PURPOSE p 'a name that is nobody's business'", "p.sql")
    assert "business" not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["s.t.c.d", "model a.b", "table s", "schema s.t", "", "'x'", "a b c", "s..t", 's."t"', 's.t.""', 's.t."a']
)
def test_what_names_no_securable_is_refused(text: str) -> None:
    with pytest.raises(NightlightError, match="names nothing that privileges are granted on"):
        Securable.parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CATALOG", Securable("catalog")),
        ("silver", Securable("schema", "silver")),
        ("SCHEMA silver", Securable("schema", "silver")),
        ("silver.messages", Securable("table", "silver.messages")),
        ("table Silver.Messages", Securable("table", "silver.messages")),
        ("column silver.messages.text", Securable("table", "silver.messages", "text")),
        ("dashboard calls", Securable("dashboard", "calls")),
        ('s.a."Odd Name"', Securable("table", "s.a", "odd name")),
        ('COLUMN s.a."a""b.c"', Securable("table", "s.a", 'a"b.c')),
        ("s.a.größe", Securable("table", "s.a", "größe")),
    ],
)
def test_a_securable_is_named_in_words(text: str, expected: Securable) -> None:
    assert Securable.parse(text) == expected
    assert Securable.parse(str(expected)) == expected
