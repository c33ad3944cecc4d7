"""The studio on the small line: clara, cleo and chen are clinicians, ron reads; vera is a volunteer."""

import json
from dataclasses import asdict

import pytest
from tests.conftest import copy_home
from tests.studio.conftest import CALM, NOW, POLICIES, RISKY, text_of

from nightlight.catalog.history import changing
from nightlight.catalog.statements import read_statements
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies
from nightlight.studio.card_tests import CardTest, CardTestReport
from nightlight.studio.documents import get_version, kind_of
from nightlight.studio.versions import State, Version, insert_version
from nightlight.studio.writing import record_tests

SCRIPT = f"{CALM}--skilled1"
GRANTS = POLICIES.replace("CREATE GROUP volunteers;", "").replace("ADD USER vera TO GROUP volunteers;", "")


@pytest.fixture(scope="session")
def made_line(made_line: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The line with two starter cards and a script."""
    line = copy_home(made_line, tmp_path_factory.mktemp("studio") / "home")
    apply_policies(line, list(read_statements(GRANTS, "policies.sql")), by="ada", text=GRANTS)
    with changing(line.database_url) as connection:
        for name in (CALM, RISKY, SCRIPT):
            starter = Version(name, 1, kind_of(name), State.STARTER, text_of(name), (), (), "shipped", "", NOW, NOW)
            insert_version(connection, starter)
    return line


def run_as_passed(home: Home, name: str) -> None:
    """As if the card tests had been run for the newest text; they take seconds and have tests of their own."""
    version = get_version(home, name)
    result = CardTest("gates", "no fact before its gate", "0 of 9", "at most 0", True)
    record_tests(home, version, json.dumps(asdict(CardTestReport(name, "rules-1", "1", (result,)))))
