"""Promises of applying policies: what cannot be right with the tables there are is said at its line, not applied."""

from typing import TYPE_CHECKING

import pytest
from tests.conftest import Deliver

from nightlight.catalog.audit import tail
from nightlight.catalog.principals import list_principals
from nightlight.catalog.statements import read_statements
from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies, check_policies

if TYPE_CHECKING:
    import pyarrow as pa


@pytest.fixture
def place(home: Home, deliver: Deliver) -> Home:
    deliver(home, "silver.conversations", [{"conversation_id": 1, "team": "Tide"}], conversations())
    deliver(home, "silver.teams", [{"team": "Tide", "lead": "sam"}], teams())
    return home


def conversations() -> "pa.Schema":
    import pyarrow as pa

    columns = [("conversation_id", pa.int64()), ("team", pa.string()), ("risk_level", pa.int32())]
    return pa.schema([*columns, ("queued_at", pa.timestamp("us", "UTC")), ("topics", pa.list_(pa.string()))])


def teams() -> "pa.Schema":
    import pyarrow as pa

    return pa.schema([("team", pa.string()), ("lead", pa.string())])


def check(place: Home, text: str) -> tuple[str, ...]:
    return check_policies(place, read_statements(text, "access.sql"))


@pytest.mark.parametrize(
    "statement",
    [
        "GRANT SELECT (team, queued_at) ON TABLE silver.conversations TO g",
        "SET TAG ON COLUMN silver.conversations.team sensitivity = 'identity'",
        "SET MASK ON COLUMN silver.conversations.team hash",
        "SET MASK ON COLUMN silver.conversations.conversation_id hash TO g",
        "SET MASK ON COLUMN silver.conversations.queued_at year",
        "SET MASK ON COLUMN silver.conversations.team redact EXCEPT g",
        "SET MASK ON COLUMN silver.conversations.risk_level constant '0'",
        "SET MASK ON COLUMN silver.conversations.queued_at constant '2026-01-01 00:00:00+00'",
        "SET MASK ON COLUMN silver.conversations.topics null",
        "SET ROW FILTER ON TABLE silver.conversations (queued_at > now() - INTERVAL 90 DAYS)",
        "SET ROW FILTER ON TABLE silver.conversations (team = 'Tide' AND risk_level >= 3)",
        "SET ROW FILTER ON TABLE silver.conversations (is_member('team_' || lower(team)))",
        "SET ROW FILTER ON TABLE silver.conversations "
        "(team IN (SELECT t.team FROM silver.teams t WHERE t.lead = current_principal())) TO g",
        "SET ROW FILTER ON TABLE silver.conversations (is_member('h') OR risk_level IS NULL); CREATE GROUP h",
        "REVOKE SELECT (gone) ON TABLE silver.conversations FROM g",
        "UNSET MASK ON COLUMN silver.conversations.gone",
    ],
)
def test_what_fits_the_tables_passes(place: Home, statement: str) -> None:
    assert check(place, f"{statement};") == ()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "GRANT SELECT (teem) ON TABLE silver.conversations TO g",
            "silver.conversations has no column 'teem'; did you mean 'team'?",
        ),
        ("SET TAG ON COLUMN silver.teams.xyz key = 'v'", "silver.teams has no column 'xyz'; its columns: team, lead"),
        ("SET MASK ON COLUMN silver.teams.leads hash", "silver.teams has no column 'leads'; did you mean 'lead'?"),
        ("SET MASK ON COLUMN silver.conversations.risk_level hash", "hash' does not fit .* of type int32; hash is for"),
        ("SET MASK ON COLUMN silver.conversations.team year", "'year' does not fit .* year is for dates and times"),
        ("SET MASK ON COLUMN silver.conversations.conversation_id redact", "'redact' does not fit .* is for text"),
        (
            "SET MASK ON COLUMN silver.conversations.risk_level constant 'low'",
            "'constant' does not fit .* of type int32",
        ),
        ("SET MASK ON COLUMN silver.conversations.topics constant 'x'", "'constant' does not fit"),
        (
            "SET ROW FILTER ON TABLE silver.conversations (teem = 'Tide')",
            "does not work on silver.conversations: .*teem",
        ),
        ("SET ROW FILTER ON TABLE silver.conversations (team = 3 + 'x')", "does not work on silver.conversations"),
        ("SET ROW FILTER ON TABLE silver.conversations (risk_level + 1)", "not true or false but INTEGER"),
        (
            "SET ROW FILTER ON TABLE silver.conversations (team IN (SELECT team FROM silver.conversations))",
            "the filter on silver.conversations reads silver.conversations itself",
        ),
        ("SET ROW FILTER ON TABLE silver.conversations (NOT is_member('gg'))", "no group 'gg'"),
        ("SET ROW FILTER ON TABLE silver.conversations (read_text('/etc/passwd') = 'x')", "read_text"),
        ("SET ROW FILTER ON TABLE silver.conversations (team IN (SELECT team FROM teams))", "no schema"),
    ],
)
def test_what_does_not_fit_is_said_at_its_line_and_nothing_is_applied(place: Home, statement: str, told: str) -> None:
    text = f"CREATE GROUP g;\n\n{statement};\n"
    with pytest.raises(NightlightError, match=told) as caught:
        apply_policies(place, read_statements(text, "access.sql"), by="ada")
    assert caught.value.where == "access.sql:3"
    assert "\n" not in str(caught.value)
    assert "g" not in {row["name"] for row in list_principals(place.database_url)}


def test_a_table_that_does_not_exist_yet_is_a_note_with_what_may_have_been_meant(place: Home) -> None:
    text = "GRANT SELECT ON TABLE silver.conversation TO g;\nSET MASK ON COLUMN gold.numbers.x hash;\n"
    assert check(place, text) == (
        "access.sql:1: there is no table silver.conversation yet; did you mean silver.conversations?",
        "access.sql:2: there is no table gold.numbers yet",
    )


def test_a_filter_waits_for_the_tables_it_reads(place: Home) -> None:
    text = "SET ROW FILTER ON TABLE silver.teams (team IN (SELECT t.anything FROM silver.later t));"
    assert check(place, text) == ("access.sql:1: there is no table silver.later yet",)


def test_a_mask_on_a_tag_has_to_fit_every_column_that_has_the_tag(place: Home) -> None:
    apply_policies(
        place, read_statements("SET TAG ON COLUMN silver.conversations.risk_level k = 'v';", "a.sql"), by="ada"
    )
    with pytest.raises(NightlightError, match=r"does not fit silver.conversations.risk_level"):
        check(place, "SET MASK ON TAG k = 'v' hash;")
    assert check(place, "SET MASK ON TAG k = 'v' null;") == ()


def test_a_mask_on_a_tag_has_to_fit_what_the_same_file_tags(place: Home) -> None:
    text = "SET TAG ON COLUMN silver.conversations.team k = 'v';\nSET MASK ON TAG k = 'v' year;"
    with pytest.raises(NightlightError, match=r"access.sql:2: the mask 'year' does not fit silver.conversations.team"):
        check(place, text)


def test_the_audit_has_who_applied_what_and_that_it_failed(place: Home) -> None:
    text = "CREATE GROUP g;"
    apply_policies(place, read_statements(text, "a.sql"), by="ada", text=text)
    done = tail(place, 1)[0]
    assert (done["action"], done["principal"], done["outcome"]) == ("catalog apply", "ada", "done")
    assert done["statement"] == text
    with pytest.raises(NightlightError):
        apply_policies(place, read_statements("GRANT SELECT ON SCHEMA gold TO nobody;", "a.sql"), by="ada")
    assert tail(place, 1)[0]["outcome"] == "failed"
