"""`nightlight workspace`: made, listed, refused with a reason, and in the audit each time."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nightlight.catalog.audit import tail
from nightlight.catalog.policies import apply_statements
from nightlight.catalog.statements import read_statements
from nightlight.cli.app import with_commands
from nightlight.errors import NightlightError
from nightlight.settings import Home

POLICIES = """
CREATE GROUP analysts; CREATE SERVICE PRINCIPAL workspace_analysis; ADD USER workspace_analysis TO GROUP analysts;
CREATE PURPOSE research OF research 'Find out what helps'; ALLOW PURPOSE research TO analysts;
ADD USER ana TO GROUP analysts;
"""
Run = Callable[..., str]


@pytest.fixture
def run(home: Home) -> Run:
    apply_statements(home.database_url, read_statements(POLICIES, "p.sql"), by="ada")

    def run_command(*arguments: str) -> str:
        result = CliRunner().invoke(with_commands(), ["workspace", *arguments, "--home", str(home.root)])
        if isinstance(result.exception, NightlightError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return run_command


def test_a_workspace_is_added_and_listed(home: Home, run: Run) -> None:
    said = run("add", "analysis", "--principal", "workspace_analysis", "--purpose", "research", "--port", "8701")
    assert "GRANT EXECUTE ON WORKSPACE analysis" in said
    assert json.loads(run("list", "--json")) == [
        {"name": "analysis", "principal": "workspace_analysis", "purpose": "research", "port": 8701, "url": ""}
    ]
    assert Path(home.notebooks / "analysis").stat().st_mode & 0o077 == 0
    assert (tail(home, 1)[0]["action"], tail(home, 1)[0]["outcome"]) == ("workspace add", "done")


def test_a_workspace_that_asks_as_a_person_is_refused_and_the_audit_has_it(home: Home, run: Run) -> None:
    with pytest.raises(NightlightError, match="is a user"):
        run("add", "analysis", "--principal", "ana", "--purpose", "research")
    assert tail(home, 1)[0]["outcome"] == "refused"


def test_only_who_manages_the_catalog_adds_one_in_their_own_name(run: Run) -> None:
    with pytest.raises(NightlightError, match="does not have MANAGE"):
        run("add", "analysis", "--principal", "workspace_analysis", "--purpose", "research", "--as", "ana")
