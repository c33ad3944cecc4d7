"""Taking part in a study: one's own choice, drawn by lot, left without a reason."""

import pytest
from fastapi.testclient import TestClient
from tests.web.practice.conftest import As, Clock, words

from nightlight.db import insert_row, transaction
from nightlight.practice import arms, sessions
from nightlight.practice.study import begin_assessment, begin_study
from nightlight.settings import Home
from nightlight.simulator.session import Closed, Event, Said


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


@pytest.mark.parametrize(("arm", "held_back"), [(arms.WITHOUT, True), (arms.WITH_FEEDBACK, False)])
def test_a_group_without_feedback_reads_its_debriefs_when_its_part_has_ended(
    vera: TestClient, line: Home, clock: Clock, study: str, arm: str, held_back: bool
) -> None:
    values = {"study": "Spring", "person": "vera", "place": 0, "arm": arm, "joined_at": clock()}
    with transaction(line.database_url) as connection:
        insert_row(connection, "practice_study_people", values)
    practice = begin_assessment(line, "Spring", arms.BEFORE, "vera", clock=clock)
    events: list[Event] = [
        *(Said(60.0 * n, "It sounds like a long night. What happened?") for n in range(1, 6)),
        Closed(400.0),
    ]
    for event in events:
        sessions.record(line, practice, event, key=str(event.at), clock=clock)
    page = words(vera.get(f"/practice/sessions/{practice.id}/debrief").text)
    assert ("in a group without feedback" in page) is held_back
    assert ("Try a message again" in page) is not held_back
    assert "How are you after this?" in page
