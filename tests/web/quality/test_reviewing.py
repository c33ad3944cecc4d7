"""How long somebody has been looking at a conversation, and whether they have opened it."""

from dataclasses import dataclass
from typing import cast

import pytest
from tests.web.quality.conftest import Clock

from nightlight.settings import Home
from nightlight.web.access import Person
from nightlight.web.quality.reviewing import Looks
from nightlight.web.site import Site


@dataclass
class AnySite:
    home: Home
    clock: Clock


@pytest.fixture
def site(home: Home, clock: Clock) -> Site:
    return cast(Site, AnySite(home, clock))


SAM = Person("sam", frozenset(), {}, 1, session="one")
ELSEWHERE = Person("sam", frozenset(), {}, 1, session="two")


def test_time_runs_from_the_first_look(site: Site, clock: Clock) -> None:
    looks = Looks()
    assert looks.seconds(site, SAM, "c1") is None
    looks.look(site, SAM, "c1")
    clock.pass_by(seconds=40)
    looks.open(site, SAM, "c1", "quality_review")
    assert looks.seconds(site, SAM, "c1") == 40
    assert looks.seconds(site, SAM, "c2") is None


def test_an_opening_is_of_one_sign_in_and_ends_with_time(site: Site, clock: Clock) -> None:
    looks = Looks()
    looks.open(site, SAM, "c1", "quality_review")
    assert looks.look(site, SAM, "c1").purpose == "quality_review"
    assert looks.look(site, ELSEWHERE, "c1").purpose == ""
    clock.pass_by(hours=4.1)
    assert looks.seconds(site, SAM, "c1") is None
    assert looks.look(site, SAM, "c1").purpose == ""


def test_an_opening_does_not_outlive_its_hours_by_decisions(site: Site, clock: Clock) -> None:
    looks = Looks()
    looks.open(site, SAM, "c1", "quality_review")
    clock.pass_by(hours=3)
    looks.decide(site, SAM, "c1")
    clock.pass_by(hours=3)
    assert looks.look(site, SAM, "c1").purpose == ""
