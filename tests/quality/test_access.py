"""How far sam (team north), olga (team south), mia (who manages) and otto (nobody) see."""

import pytest
from tests.quality.conftest import MIA, OLGA, OTTO, SAM, Clock, change, take_in

from nightlight.catalog.audit import tail
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.quality.access import Reach, find_seen, reach
from nightlight.settings import Home
from nightlight.sql.broker import Broker


def test_a_supervisor_reaches_the_counselors_of_their_team(lines: Home, broker: Broker) -> None:
    assert reach(lines, broker, "sam") == SAM
    assert reach(lines, broker, "olga") == OLGA


def test_whoever_manages_reaches_all_and_a_stranger_nothing(lines: Home, broker: Broker) -> None:
    assert reach(lines, broker, "mia") == MIA
    with pytest.raises(NightlightError, match="EXECUTE"):
        reach(lines, broker, "otto")


def test_without_a_roster_one_reaches_those_without_a_counselor(people: Home) -> None:
    with Broker(people) as broker:
        assert reach(people, broker, "sam") == Reach("sam")


def test_without_a_purpose_nobody_asks_the_roster(lines: Home, broker: Broker) -> None:
    change(lines, "REVOKE EXECUTE ON APP quality FROM supervisors; GRANT EXECUTE ON APP quality TO others;")
    assert reach(lines, broker, "otto") == Reach("otto")


def test_asking_again_within_a_minute_is_one_record_of_the_audit(lines: Home, broker: Broker) -> None:
    for _ in range(3):
        reach(lines, broker, "sam")
    assert len(tail(lines, 10, action="see team")) == 1


def test_a_change_of_the_catalog_counts_at_once(lines: Home, broker: Broker) -> None:
    assert reach(lines, broker, "sam") == SAM
    change(lines, "ADD USER sam TO GROUP team_south;")
    assert reach(lines, broker, "sam").counselors == {"v1", "v2"}
    change(lines, "REVOKE EXECUTE ON APP quality FROM supervisors;")
    with pytest.raises(NightlightError):
        reach(lines, broker, "sam")


def test_another_teams_conversation_is_not_there(people: Home, clock: Clock) -> None:
    take_in(people, "c1", "v1", clock.now)
    take_in(people, "c0", None, clock.now)
    with transaction(people.database_url) as connection:
        assert find_seen(connection, SAM, "c1").conversation == "c1"
        assert find_seen(connection, MIA, "c1").conversation == "c1"
        assert find_seen(connection, OLGA, "c0").counselor is None
        with pytest.raises(NightlightError, match="no such conversation"):
            find_seen(connection, OLGA, "c1")
        with pytest.raises(NightlightError, match="no such conversation"):
            find_seen(connection, SAM, "nothing")
        for conversation in ("c1", "c0", "nothing"):  # a stranger learns nothing, whatever is there
            with pytest.raises(NightlightError, match="'otto' does not have EXECUTE"):
                find_seen(connection, OTTO, conversation)


def test_whoever_manages_without_executing_sees_nothing(lines: Home, broker: Broker) -> None:
    """An administrator of the catalog may grant it to themselves, which the audit tells; till then it is not theirs."""
    change(lines, "CREATE GROUP admins; ADD USER ada TO GROUP admins; GRANT MANAGE ON CATALOG TO admins;")
    with pytest.raises(NightlightError, match="EXECUTE"):
        reach(lines, broker, "ada")
