"""Policies are applied as a whole or not at all, twice without a change, and never without saying who and when."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from nightlight.catalog.access import check_purpose
from nightlight.catalog.history import add, changing, end, in_force, revision
from nightlight.catalog.policies import Applied, apply_statements, try_statements
from nightlight.catalog.principals import list_principals
from nightlight.catalog.statements import read_statements
from nightlight.db import transaction
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nightlight.settings import Home

Apply = Callable[..., Applied]
EVERYTHING = """
CREATE GROUP staff; CREATE GROUP g; CREATE SERVICE PRINCIPAL nightly;
ADD GROUP g TO GROUP staff; ADD USER ana TO GROUP g; ADD USER nightly TO GROUP g;
CREATE PURPOSE p OF quality 'to see how we do'; ALLOW PURPOSE p TO g;
GRANT USE SCHEMA, SELECT ON SCHEMA s TO g; GRANT SELECT (a, b) ON TABLE s.t TO ana; DENY SELECT (c) ON TABLE s.t TO g;
GRANT EXECUTE ON MODEL m TO nightly; GRANT MANAGE ON CATALOG TO staff; SET OWNER ON TABLE s.t TO nightly;
SET TAG ON TABLE s.t topic = 'people'; SET TAG ON COLUMN s.t.a sensitivity = 'identity';
SET MASK ON COLUMN s.t.b year; SET MASK ON TAG sensitivity = 'identity' hash EXCEPT g;
SET ROW FILTER ON TABLE s.t (a = current_principal()) TO g; SET ROW FILTER ON TABLE s.t (b > 1);
"""
POLICY_TABLES = ("principals", "memberships", "purposes", "purpose_grants", "owners", "grants", "tags", "masks")


def rows(url: str, table: str) -> list[dict[str, Any]]:
    with transaction(url) as connection:
        return in_force(connection, table)


def count(url: str) -> dict[str, int]:
    return {table: len(rows(url, table)) for table in (*POLICY_TABLES, "row_filters")}


def changes(url: str) -> int:
    with transaction(url) as connection:
        return revision(connection)


def test_applying_a_file_again_changes_nothing(url: str, apply: Apply) -> None:
    first = apply(EVERYTHING)
    assert (first.changed, first.unchanged, first.notes) == (20, 0, ("user 'ana' made",))
    before = count(url), changes(url)
    assert apply(EVERYTHING) == Applied(0, 20, ())
    assert (count(url), changes(url)) == before


def test_a_file_is_applied_as_a_whole_or_not_at_all(url: str, apply: Apply) -> None:
    before = count(url), changes(url)
    with pytest.raises(NightlightError, match=r"^policies/p\.sql:20: there is no group 'gg'; did you mean 'g'\?"):
        apply(EVERYTHING + "\n" * 8 + "ADD USER bea TO GROUP g;\n\nADD USER bea TO GROUP gg;")
    assert (count(url), changes(url)) == before


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("GRANT SELECT ON TABLE s.t TO nobody", "there is no user, group or service principal 'nobody'"),
        ("GRANT SELECT ON TABLE s.t TO analyst", "there is no user, .* 'analyst'; did you mean 'analysts'?"),
        ("ADD USER analysts TO GROUP analysts", "'analysts' is a group; write ADD GROUP"),
        ("ADD GROUP ana TO GROUP analysts", "there is no group 'ana'"),
        ("SET MASK ON COLUMN s.t.c hash TO analyst", "there is no group 'analyst'; did you mean 'analysts'"),
        ("SET MASK ON COLUMN s.t.c hash EXCEPT ana", "there is no group 'ana'"),
        ("SET ROW FILTER ON TABLE s.t (a) TO gone", "there is no group 'gone'"),
        ("SET OWNER ON TABLE s.t TO nobody", "there is no user, group"),
        ("ALLOW PURPOSE improve TO analysts", "there is no purpose 'improve'; did you mean 'improving'?"),
        ("ALLOW PURPOSE other TO analysts", "there is no purpose 'other'; write CREATE PURPOSE other"),
        ("CREATE PURPOSE ads OF commercial 'x'", "'commercial' is no kind of purpose; .* no commercial purpose exists"),
        ("CREATE PURPOSE ads OF care ' '", "purpose 'ads' needs a sentence"),
        ("CREATE PURPOSE improving OF care 'to improve'", "purpose 'improving' is there with another kind or reason"),
        ("CREATE PURPOSE improving OF quality 'other'", "purpose 'improving' is there with another kind or reason"),
        ("CREATE GROUP ana", "'ana' is a user already"),
        (
            "GRANT EXECUTE ON TABLE s.t TO analysts",
            "EXECUTE is no privilege on a table; it is one on a catalog or model",
        ),
        ("GRANT USE SCHEMA ON TABLE s.t TO analysts", "USE SCHEMA is no privilege on a table"),
        ("GRANT SELECT ON MODEL m TO analysts", "SELECT is no privilege on a model"),
        ("GRANT SELECT (a) ON SCHEMA s TO analysts", "columns are named for tables, not for a schema"),
        ("GRANT SELECT ON TABLE s.t TO pipelines", "'pipelines' is the home's own"),
        ("DENY SELECT ON TABLE s.t TO pipelines", "'pipelines' is the home's own"),
        ("SET OWNER ON TABLE s.t TO pipelines", "'pipelines' is the home's own"),
        ("SET TAG ON COLUMN s.t.c sensitivity = 'secret'", "no such sensitivity; values are none, identity, text"),
        ("SET TAG ON TABLE s.t sensitivity = 'none'", "a whole table cannot be declassified"),
        ("SET MASK ON TAG sensitivity = 'none' null", "no such sensitivity; values are identity, text"),
    ],
)
def test_what_cannot_be_applied_is_refused_at_its_line(home: "Home", text: str, line: str) -> None:
    setting = (
        "CREATE GROUP analysts; ADD USER ana TO GROUP analysts; CREATE PURPOSE improving OF quality 'to improve';\n\n"
    )
    with pytest.raises(NightlightError, match=rf"^p\.sql:3: {line}"):
        apply_statements(home.database_url, read_statements(f"{setting}{text};", "p.sql"), by="ada")
    assert [row["name"] for row in rows(home.database_url, "principals")] == ["pipelines"]


def test_a_ring_of_groups_is_refused_at_its_line(apply: Apply) -> None:
    apply("CREATE GROUP a; CREATE GROUP b; ADD GROUP a TO GROUP b;")
    with pytest.raises(NightlightError, match=r"p\.sql:2: group 'b' cannot be a member of group 'a'"):
        apply("CREATE GROUP c;\nADD GROUP b TO GROUP a;")


def test_what_is_set_again_otherwise_takes_the_place_of_what_was(url: str, apply: Apply) -> None:
    apply(EVERYTHING)
    changed = apply(
        "SET TAG ON TABLE s.t topic = 'calls'; SET MASK ON COLUMN s.t.b constant 'x'; SET OWNER ON TABLE s.t TO g;",
        by="bea",
    )
    assert changed == Applied(3, 0, ())
    assert [row["value"] for row in rows(url, "tags") if row["key"] == "topic"] == ["calls"]
    assert [(r["function"], r["argument"]) for r in rows(url, "masks") if r["column_name"] == "b"] == [
        ("constant", "x")
    ]
    assert [(r["principal"], r["added_by"]) for r in rows(url, "owners")] == [("g", "bea")]


def test_masks_for_different_groups_stand_side_by_side(url: str, apply: Apply) -> None:
    apply("CREATE GROUP g; SET MASK ON COLUMN s.t.a hash EXCEPT g; SET MASK ON COLUMN s.t.a null TO g;")
    assert sorted(row["function"] for row in rows(url, "masks")) == ["hash", "null"]
    assert apply("UNSET MASK ON COLUMN s.t.a;") == Applied(1, 0, ())
    assert rows(url, "masks") == []


def test_a_row_filter_is_known_by_its_text_and_scope(url: str, apply: Apply) -> None:
    apply("CREATE GROUP g; SET ROW FILTER ON TABLE s.t (a > 1); SET ROW FILTER ON TABLE s.u (a > 1);")
    assert apply("SET ROW FILTER ON TABLE s.t (a > 1) TO g; SET ROW FILTER ON TABLE s.t (a > 2);").changed == 2
    assert apply("SET ROW FILTER ON TABLE s.t (a > 1);", by="bea") == Applied(0, 1, ())
    assert {row["owner"] for row in rows(url, "row_filters")} == {"ada"}  # whose rights it keeps
    assert apply("DROP ROW FILTER ON TABLE s.t;").changed == 1
    assert [row["table_name"] for row in rows(url, "row_filters")] == ["s.u"]


def test_revoking_ends_just_what_was_granted(url: str, apply: Apply) -> None:
    apply("CREATE GROUP g; GRANT SELECT, MODIFY ON TABLE s.t TO g; GRANT SELECT (a, b) ON TABLE s.t TO g;")
    apply("DENY SELECT ON TABLE s.t TO g;")
    assert apply("REVOKE SELECT ON TABLE s.t FROM g; REVOKE SELECT (b, c) ON TABLE s.t FROM g;") == Applied(2, 0, ())
    left = {(row["effect"], row["privilege"], row["column_name"]) for row in rows(url, "grants")}
    assert left == {("GRANT", "MODIFY", ""), ("GRANT", "SELECT", "a"), ("DENY", "SELECT", "")}
    assert apply("REVOKE DENY SELECT ON TABLE s.t FROM g; REVOKE SELECT (z) ON TABLE s.t FROM g;") == Applied(1, 1, ())


def test_purposes_are_allowed_to_groups_and_refusals_say_which(url: str, apply: Apply) -> None:
    apply(
        "CREATE GROUP quality; CREATE GROUP staff; ADD GROUP quality TO GROUP staff; ADD USER owner TO GROUP quality;"
        "CREATE GROUP other; ADD USER colleague TO GROUP other; CREATE GROUP empty; ADD USER stranger TO GROUP empty;"
        "CREATE PURPOSE review OF quality 'to review'; CREATE PURPOSE study OF research 'to study';"
        "ALLOW PURPOSE review TO staff; ALLOW PURPOSE study TO other;"
    )
    with transaction(url) as connection:
        check_purpose(connection, "owner", "review")
        for name, purpose, line in [
            ("owner", None, "a purpose is needed; you may use review"),
            ("owner", "study", "purpose 'study' is not allowed to owner; it is allowed to other; you may use review"),
            ("owner", "nothing", "there is no purpose 'nothing'; you may use review"),
            (
                "colleague",
                "review",
                "purpose 'review' is not allowed to colleague; it is allowed to staff; you may use",
            ),
            ("stranger", "review", "it is allowed to staff; no purpose is allowed to you; ask an administrator"),
            ("stranger", None, "a purpose is needed; no purpose is allowed to you"),
            ("nobody", "review", "purpose 'review' is not allowed to nobody"),
        ]:
            with pytest.raises(NightlightError, match=line):
                check_purpose(connection, name, purpose)
        check_purpose(connection, "pipelines", None)
    apply("REVOKE PURPOSE review FROM staff;")
    with transaction(url) as connection, pytest.raises(NightlightError, match=r"'review' .* allowed to nobody yet"):
        check_purpose(connection, "owner", "review")


def test_a_purpose_of_a_kind_that_does_not_exist_is_no_purpose(url: str, apply: Apply) -> None:
    from sqlalchemy import text

    apply("CREATE GROUP g; ADD USER ana TO GROUP g; CREATE PURPOSE p OF care 'x'; ALLOW PURPOSE p TO g;")
    with transaction(url) as connection:
        connection.execute(text("UPDATE purposes SET kind = 'commercial'"))
    with transaction(url) as connection, pytest.raises(NightlightError, match="there is no purpose 'p'"):
        check_purpose(connection, "ana", "p")


def test_history_tells_who_granted_and_who_revoked(url: str, apply: Apply) -> None:
    from sqlalchemy import text

    apply("CREATE GROUP g; GRANT SELECT ON TABLE s.t TO g;", by="ada")
    apply("REVOKE SELECT ON TABLE s.t FROM g;", by="bea")
    apply("GRANT SELECT ON TABLE s.t TO g;", by="cyd")
    with transaction(url) as connection:
        history = connection.execute(text("SELECT added_by, ended_by FROM grants ORDER BY id")).all()
    assert [tuple(row) for row in history] == [("ada", "bea"), ("cyd", None)]


def test_every_change_raises_the_revision_and_reading_does_not(url: str, apply: Apply) -> None:
    before = changes(url)
    for statement in EVERYTHING.strip().rstrip(";").split(";"):
        apply(f"{statement};")
        after = changes(url)
        assert after > before, statement
        assert changes(url) == after
        before = after


def test_a_change_made_by_hand_raises_the_revision_too(url: str, apply: Apply) -> None:
    from sqlalchemy import text

    apply(EVERYTHING)
    for table in (*POLICY_TABLES, "row_filters"):
        before = changes(url)
        with transaction(url) as connection:
            connection.execute(text(f"DELETE FROM {table}"))
        assert changes(url) > before, table


def test_a_table_that_is_dropped_raises_the_revision(home: "Home") -> None:
    from sqlalchemy import text

    before = changes(home.database_url)
    with transaction(home.database_url) as connection:
        connection.execute(text("DROP TABLE row_filters"))
    assert changes(home.database_url) > before


def test_two_who_apply_at_once_come_one_after_the_other(url: str) -> None:
    statements = read_statements(EVERYTHING, "p.sql")
    results: list[Applied | Exception] = []

    def apply_all(name: str) -> None:
        try:
            results.append(apply_statements(url, statements, by=name))
        except NightlightError as error:
            results.append(error)

    threads = [threading.Thread(target=apply_all, args=(name,)) for name in ("ada", "bea", "cyd", "dia")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.changed for result in results if isinstance(result, Applied)) == [0, 0, 0, 20]


def test_a_transaction_that_fails_leaves_no_trace(url: str, apply: Apply) -> None:
    apply("CREATE GROUP g;")
    with pytest.raises(ValueError, match="halfway"):
        _end_and_fail(url)
    assert [row["name"] for row in rows(url, "principals")] == ["pipelines", "g"]


def _end_and_fail(url: str) -> None:
    with changing(url) as connection:
        end(connection, "principals", "ada", name="g")
        raise ValueError("halfway")


def test_what_comes_before_and_the_statements_happen_together(home: "Home") -> None:
    url, statements = home.database_url, read_statements("CREATE GROUP together;", "p.sql")

    def refuse(connection: "Connection") -> None:
        add(connection, "principals", "ada", name="half", kind="group", disabled=0)
        raise NightlightError("it may not be")

    with pytest.raises(NightlightError, match="it may not be"):
        apply_statements(url, statements, by="ada", before=refuse)
    assert {row["name"] for row in list_principals(url)} == {"pipelines"}


def test_what_is_tried_tells_what_would_change_and_changes_nothing(url: str, apply: Apply) -> None:
    def tried(text: str) -> list[bool]:
        return try_statements(url, read_statements(text, "p.sql"), by="ada")

    apply("CREATE GROUP g;")
    with transaction(url) as connection:
        before = revision(connection)
    text = "CREATE GROUP g; CREATE GROUP h; ADD USER ana TO GROUP h; GRANT SELECT ON TABLE s.t TO h; CREATE GROUP h;"
    assert tried(text) == tried(text) == [False, True, True, True, False]
    with pytest.raises(NightlightError, match=r"p\.sql:2: there is no group 'nobody'"):
        tried("CREATE GROUP h;\nADD USER ana TO GROUP nobody;")
    with transaction(url) as connection:
        assert revision(connection) == before
    assert [row["name"] for row in list_principals(url)] == ["g", "pipelines"]
