"""Workspaces: a shared room asks as a service principal, and a ticket lets one person in, once, for a minute."""

from datetime import UTC, datetime, timedelta

import pytest

from nightlight.catalog.policies import apply_statements
from nightlight.catalog.statements import read_statements
from nightlight.catalog.workspaces import (
    Entrance,
    Workspace,
    add_workspace,
    find_workspace,
    list_workspaces,
    make_ticket,
    take_ticket,
)
from nightlight.errors import NightlightError
from nightlight.settings import Home

NOW = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
ROOM = Workspace("analysis", "workspace_analysis", "service_research")
ANA = Entrance("ana", "session-of-ana")
POLICIES = """
CREATE GROUP analysts; ADD USER ana TO GROUP analysts; CREATE SERVICE PRINCIPAL workspace_analysis;
ADD USER workspace_analysis TO GROUP analysts;
CREATE PURPOSE service_research OF research 'Find out what helps'; ALLOW PURPOSE service_research TO analysts;
CREATE PURPOSE quality_review OF quality 'Look at how it went';
"""


@pytest.fixture
def url(home: Home) -> str:
    apply_statements(home.database_url, read_statements(POLICIES, "p.sql"), by="ada")
    return home.database_url


def test_a_workspace_is_made_once_and_changed_by_saying_it_again(url: str) -> None:
    assert add_workspace(url, ROOM, by="ada")
    assert not add_workspace(url, ROOM, by="ada")
    moved = Workspace("analysis", "workspace_analysis", "service_research", 8701, "https://rooms.example.org")
    assert add_workspace(url, moved, by="ada")
    assert list_workspaces(url) == [moved]
    assert find_workspace(url, "other") is None


@pytest.mark.parametrize(
    ("room", "why"),
    [
        (Workspace("Analysis", "workspace_analysis", "service_research"), "cannot be a workspace's name"),
        (Workspace("../lake", "workspace_analysis", "service_research"), "cannot be a workspace's name"),
        (Workspace("a", "ana", "service_research"), "is a user"),
        (Workspace("a", "analysts", "service_research"), "is a group"),
        (Workspace("a", "pipelines", "service_research"), "the home's own"),
        (Workspace("a", "nobody", "service_research"), "there is no user"),
        (Workspace("a", "workspace_analysis", "quality_review"), "is not allowed to workspace_analysis"),
        (Workspace("a", "workspace_analysis", "service_research", 80), "port 80"),
        (Workspace("a", "workspace_analysis", "service_research", 8701, "ftp://x"), "no address"),
        (Workspace("a", "workspace_analysis", "service_research", 8701, "https://x/rooms"), "no address"),
        (Workspace("a", "workspace_analysis", "service_research", 0, "https://x"), "needs a port"),
    ],
)
def test_a_workspace_that_could_not_work_or_would_give_too_much_is_refused(url: str, room: Workspace, why: str) -> None:
    with pytest.raises(NightlightError, match=why):
        add_workspace(url, room, by="ada")
    assert list_workspaces(url) == []


def test_a_ticket_is_good_once(url: str) -> None:
    ticket = make_ticket(url, "analysis", ANA, now=NOW)
    assert take_ticket(url, "analysis", ticket, now=NOW + timedelta(seconds=60)) == ANA
    assert take_ticket(url, "analysis", ticket, now=NOW + timedelta(seconds=60)) is None


def test_a_ticket_is_good_for_a_minute_and_for_its_workspace(url: str) -> None:
    ticket = make_ticket(url, "analysis", ANA, now=NOW)
    assert take_ticket(url, "analysis", ticket, now=NOW + timedelta(seconds=61)) is None
    assert take_ticket(url, "care", ticket, now=NOW) is None
    assert take_ticket(url, "analysis", "guessed", now=NOW) is None


def test_old_tickets_are_forgotten_and_no_ticket_is_kept_as_it_is(url: str) -> None:
    from sqlalchemy import text

    from nightlight.db import transaction

    make_ticket(url, "analysis", ANA, now=NOW)
    ticket = make_ticket(url, "analysis", ANA, now=NOW + timedelta(minutes=5))
    with transaction(url) as connection:
        rows = connection.execute(text("SELECT * FROM workspace_tickets")).all()
    assert len(rows) == 1
    assert ticket not in str(rows)
