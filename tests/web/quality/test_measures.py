"""The page of measures: sam sees her team's, olga another's, mia all, otto and volunteers none."""

from datetime import timedelta
from html import unescape
from re import sub

import pytest
from tests.web.quality.conftest import As, Clock, flag, flag_id

from nightlight.db import transaction
from nightlight.quality.access import Reach
from nightlight.quality.flags.declared import Severity
from nightlight.quality.raising import keep_flags
from nightlight.quality.reviews import confirm, dismiss
from nightlight.quality.store import LINE, Case, insert_case
from nightlight.settings import Home

MEASURES = "/quality/measures"


def words(page: str) -> str:
    return " ".join(unescape(sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture
def decided(line: Home, clock: Clock) -> Home:
    """Two weeks with twelve flags each of v1 that sam decided about: nine were right."""
    sam = Reach("sam", all=True)
    for week in (1, 2):
        at = clock.now - timedelta(weeks=week)
        for number in range(12):
            key = f"w{week}-{number}"
            with transaction(line.database_url) as connection:
                insert_case(connection, Case(key, LINE, "v1", None, at, at, at, 2, 9, "labels-1"))
                keep_flags(connection, key, [flag("never_screened", Severity.MEDIUM, "1")], at=at)
            found, then = flag_id(line, key, "never_screened"), Clock(at)
            if number < 9:
                confirm(line, found, "a note", 60, by=sam, clock=then)
            else:
                dismiss(line, found, "not_so", "a note", 60, by=sam, clock=then)
    return line


def test_numbers_stand_with_their_interval_and_counts(decided: Home, sign_in: As) -> None:
    page = words(sign_in("sam").get(MEASURES).text)
    assert "Confirmed, of what was decided 75% 55% to 88%; 18 of 24" in page
    assert "Suicide never asked about 24 0 75% 55% to 88%; 18 of 24" in page
    assert "a note" not in page


def test_a_rule_with_few_decisions_says_so(decided: Home, clock: Clock, sign_in: As) -> None:
    confirm(decided, flag_id(decided, "c1", "no_safety_plan"), "", 5, by=Reach("sam", all=True), clock=clock)
    page = words(sign_in("sam").get(MEASURES).text)
    assert "No safety plan after risk 1 0 too few to say 1 of 1" in page


def test_weeks_are_drawn_and_told_as_a_table(decided: Home, sign_in: As) -> None:
    page = sign_in("sam").get(MEASURES).text
    assert "Confirmed by week" in page
    assert "Feb 16, 2026 12 0 75% 47% to 91%; 9 of 12" in words(page)


def test_another_team_and_strangers_see_none_of_it(decided: Home, sign_in: As) -> None:
    assert "18 of 24" not in sign_in("olga").get(MEASURES).text
    assert "18 of 24" in sign_in("mia").get(MEASURES).text
    for who in ("otto", "vera", "ana"):
        assert sign_in(who).get(MEASURES).status_code == 404


def test_without_flags_the_page_is_calm(line: Home, sign_in: As) -> None:
    with transaction(line.database_url) as connection:
        connection.exec_driver_sql("DELETE FROM quality_flags")
    page = words(sign_in("sam").get(MEASURES).text)
    assert "No flag has been raised in these weeks." in page
    assert "Too few to say" in page
