"""Questions in memory: bounded, kept for a while, for the one who asked."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.clock import Clock
from tests.web.conftest import NOW

from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.sql.broker import Broker, Question
from nightlight.web.console.questions import ALL, KEPT_EACH, KEPT_FOR, Asked, Busy, Places, Questions


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def questions(line: Home, clock: Clock) -> Iterator[Questions]:
    with Broker(line) as broker:
        yield Questions(broker, clock)


def ended(questions: Questions, text: str = "SELECT 1 AS n", purpose: str = "improve_service") -> Asked:
    asked = questions.ask(Question(text, "ana", purpose))
    asked.wait(20)
    return asked


def test_an_answer_is_found_by_its_owner_alone(questions: Questions) -> None:
    asked = ended(questions)
    assert questions.find(asked.id, "ana") is asked
    assert questions.find(asked.id, "sam") is None
    assert questions.find("ffff", "ana") is None
    assert questions.open(asked).table.to_pydict() == {"n": [1]}


def test_an_answer_is_kept_for_a_quarter_of_an_hour(questions: Questions, clock: Clock) -> None:
    asked = ended(questions)
    clock.now += KEPT_FOR
    assert questions.find(asked.id, "ana") is asked
    clock.now += timedelta(seconds=1)
    assert questions.find(asked.id, "ana") is None


def test_only_the_newest_answers_of_a_person_are_kept(questions: Questions) -> None:
    asked = [ended(questions) for _ in range(KEPT_EACH + 1)]
    assert questions.find(asked[0].id, "ana") is None
    assert all(questions.find(each.id, "ana") for each in asked[1:])


def test_a_refusal_is_kept_like_an_answer(questions: Questions) -> None:
    asked = ended(questions, purpose="quality_review")
    assert asked.state == "failed"
    with pytest.raises(NightlightError, match="is not allowed to ana"):
        questions.open(asked)


def test_what_runs_is_not_forgotten(questions: Questions, clock: Clock) -> None:
    asked = questions.ask(
        Question("SELECT count(*) FROM range(100000) a, range(100000) b, range(9) c", "ana", "improve_service")
    )
    clock.now += 2 * KEPT_FOR
    assert questions.find(asked.id, "ana") is asked or asked.state != "running"
    asked.cancelled.set()
    asked.wait(20)


def test_a_place_is_for_one_question_at_a_time() -> None:
    places = Places(each=1, everybody=2)
    places.take("ana")
    with pytest.raises(Busy, match="1 of your questions"):
        places.take("ana")
    places.take("sam")
    with pytest.raises(Busy, match="many questions are being answered"):
        places.take("otto")
    places.give_back("ana")
    places.take("otto")


def test_a_failed_question_gives_its_place_back(questions: Questions) -> None:
    for _ in range(ALL + 1):
        ended(questions, "SELECT * FROM silver.nothing")


def test_a_program_waits_for_its_answer(questions: Questions) -> None:
    assert questions.answer_program(Question("SELECT 2 AS n", "ana", "improve_service")).table.to_pydict() == {"n": [2]}
