"""A counselor's page about their own conversations: vera is v1, vito v2; sam supervises vera and sees neither's."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from re import sub

import pytest
from fastapi.testclient import TestClient
from tests.conftest import Deliver
from tests.quality.conftest import Clock, change
from tests.quality.test_coaching import fill
from tests.web.practice.conftest import browsers, take_in_cards

from nightlight.settings import Home

COACHING = "/quality/coaching"
PRACTISE = "GRANT EXECUTE ON APP practice TO volunteers; GRANT EXECUTE ON APP practice TO supervisors;"
As = Callable[[str], TestClient]


def words(page: str) -> str:
    return " ".join(unescape(sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture
def browse(home: Home, deliver: Deliver) -> Iterator[As]:
    """Six conversations of vera's, in which nobody asked about suicide although it was told."""
    clock = Clock()
    change(home)
    fill(home, clock, deliver, risk=2)
    change(home, PRACTISE)
    take_in_cards(home)
    with browsers(home, Clock(clock.now + timedelta(minutes=1))) as found:
        yield found


def test_what_one_does_well_comes_first(browse: As) -> None:
    page = words(browse("vera").get(COACHING).text)
    assert "6 conversations of yours were read." in page
    assert "You ask openly in 6 conversations" in page
    assert page.index("What you do well") < page.index("One thing to try")


def test_one_thing_to_try_comes_with_somebody_to_try_it_on(browse: As) -> None:
    page = browse("vera").get(COACHING).text
    assert "Are you thinking about suicide?" in page
    assert "/practice/cards/first-winter-without-mum" in page, "the gentlest card that thinks of dying"


def test_there_is_no_grade_and_nobody_to_compare_with(browse: As) -> None:
    page = words(browse("vera").get(COACHING).text)
    for word in ("%", "average", "others", "team", "score", "rank"):
        assert word not in page, word


def test_a_colleague_sees_their_own_and_a_supervisor_nobodys(browse: As) -> None:
    colleague = words(browse("vito").get(COACHING).text)
    assert "There is nothing yet" in colleague
    supervisor = words(browse("sam").get(COACHING).text)
    assert "The roster does not know you" in supervisor
    for page in (colleague, supervisor):
        assert "You ask openly" not in page
    assert browse("otto").get(COACHING).status_code == 404


def test_the_page_is_there_in_french(browse: As) -> None:
    page = words(browse("vera").get(COACHING, headers={"accept-language": "fr"}).text)
    assert "Ce que vous faites bien" in page
    assert "What you do well" not in page
    assert "Are you thinking" not in page
