"""A home with clinicians: clara, cleo and chen may write and review, vera may do nothing in the studio."""

from datetime import UTC, datetime

import pytest

from nightlight.catalog.statements import read_statements
from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import shipped_corpus, starter_corpus
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

NOW = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
POLICIES = """
CREATE GROUP clinicians; CREATE GROUP readers; CREATE GROUP volunteers;
ADD USER clara TO GROUP clinicians; ADD USER cleo TO GROUP clinicians; ADD USER chen TO GROUP clinicians;
ADD USER ron TO GROUP readers; ADD USER vera TO GROUP volunteers;
GRANT EXECUTE ON APP studio TO clinicians; GRANT MODIFY ON APP studio TO clinicians;
GRANT MANAGE ON APP studio TO clinicians; GRANT EXECUTE ON APP studio TO readers;
"""
CALM, RISKY = "exam-week-sleepless", "night-shift-fine"


@pytest.fixture
def studio(home: Home) -> Home:
    apply_policies(home, list(read_statements(POLICIES, "policies.sql")), by="root", text=POLICIES)
    return home


@pytest.fixture(scope="session")
def cards() -> dict[str, Card]:
    return dict(starter_corpus().cards)


def text_of(name: str) -> str:
    """A file of the shipped corpus."""
    folder, suffix = ("scripts", "txt") if "--" in name else ("cards", "yaml")
    return (shipped_corpus() / folder / f"{name}.{suffix}").read_text(encoding="utf-8")
