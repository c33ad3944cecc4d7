"""Taking part in a study: one's own choice, drawn by lot, left without a reason."""

import pytest
from fastapi.testclient import TestClient
from tests.web.practice.conftest import As, Clock, words

from nightlight.practice.study import begin_study
from nightlight.settings import Home


@pytest.fixture
def study(line: Home, clock: Clock) -> str:
    begin_study(line, "Spring", before="night-shift-fine", after="third-dry-year", by="sam", clock=clock)
    return "/practice/studies/Spring"


def test_somebody_joins_and_learns_their_group(vera: TestClient, study: str) -> None:
    assert "Take part" in words(vera.get("/practice/studies").text)
    vera.post(f"{study}/join")
    assert "Your group:" in words(vera.get("/practice/studies").text)


def test_the_assessment_is_played_without_feedback_and_once(vera: TestClient, study: str) -> None:
    vera.post(f"{study}/join")
    begun = vera.post(f"{study}/assessment", data={"when": "before"})
    assert vera.get(begun.headers["location"]).status_code == 200
    again = vera.post(f"{study}/assessment", data={"when": "before"})
    assert again.status_code == 400
    assert "Assessment before the training" not in words(vera.get("/practice/studies").text)


def test_its_texters_are_offered_to_nobody_for_practice(vera: TestClient, study: str) -> None:
    assert "Night nurse" not in words(vera.get("/practice").text)


def test_leaving_needs_no_reason(vera: TestClient, study: str) -> None:
    vera.post(f"{study}/join")
    vera.post(f"{study}/leave")
    assert "You have left this study." in words(vera.get("/practice/studies").text)


def test_one_persons_part_is_not_anothers(browse: As, vera: TestClient, study: str) -> None:
    vera.post(f"{study}/join")
    assert "Take part" in words(browse("sam").get("/practice/studies").text)
    assert browse("otto").get("/practice/studies").status_code == 404
