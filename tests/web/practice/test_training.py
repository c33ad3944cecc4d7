"""Training: a trainer's own cohorts, assignments, certificates, corrections and studies; nobody else's."""

import pytest
from fastapi.testclient import TestClient
from tests.web.practice.conftest import As, Clock, played, words

from nightlight.catalog.audit import tail
from nightlight.practice.sessions import find_practice
from nightlight.practice.store import Practice
from nightlight.settings import Home

TRAINING = "/practice/training"


@pytest.fixture
def sam(browse: As) -> TestClient:
    return browse("sam")


@pytest.fixture
def march(sam: TestClient) -> str:
    """The page of a cohort of sam's, with vera in it."""
    assert sam.post(f"{TRAINING}/cohorts", data={"name": "March", "people": "vera"}).status_code == 303
    return f"{TRAINING}/cohorts/March"


@pytest.fixture
def ended(line: Home, vera: TestClient, march: str, chat: str, clock: Clock) -> Practice:
    played(vera, chat, clock)
    return find_practice(line, chat.rpartition("/")[2])


def test_only_trainers_find_training(browse: As, vera: TestClient, sam: TestClient) -> None:
    assert sam.get(TRAINING).status_code == 200
    assert vera.get(TRAINING).status_code == 404
    assert browse("otto").get(TRAINING).status_code == 404
    assert "/practice/training" not in vera.get("/practice").text


def test_an_unknown_person_is_told_and_what_was_typed_stays(sam: TestClient) -> None:
    answer = sam.post(f"{TRAINING}/cohorts", data={"name": "March", "people": "nobody_here"})
    assert answer.status_code == 400
    assert 'value="nobody_here"' in answer.text


def test_people_join_and_leave_a_cohort(sam: TestClient, march: str) -> None:
    sam.post(f"{march}/people", data={"who": "ana"})
    assert "ana" in words(sam.get(march).text)
    sam.post(f"{march}/people/remove", data={"who": "ana"})
    assert f"{TRAINING}/people/ana" not in sam.get(march).text


def test_an_assignment_reaches_its_people_and_shows_who_has_done_it(
    sam: TestClient, vera: TestClient, march: str
) -> None:
    form = {"title": "Grief", "cohort": "March", "card": ["first-winter-without-mum"], "due": "2026-03-20"}
    assert sam.post(f"{TRAINING}/assignments", data=form).status_code == 303
    assert "Grief" in words(vera.get("/practice").text)
    assert "0 of 1 not yet" in words(sam.get(f"{TRAINING}/assignments").text)
    assert "1 assignment to practise" in words(vera.get("/").text)


def test_texters_can_be_assigned_by_level(sam: TestClient, march: str) -> None:
    form = {"title": "Gentle", "cohort": "March", "level": "1", "count": "2"}
    assert sam.post(f"{TRAINING}/assignments", data=form).status_code == 303


def test_an_assignment_without_texters_is_refused_with_what_to_do(sam: TestClient, march: str) -> None:
    answer = sam.post(f"{TRAINING}/assignments", data={"title": "None", "cohort": "March"})
    assert answer.status_code == 400
    assert "choose at least one" in words(answer.text)
    assert 'value="None"' in answer.text


def test_a_certificates_rule_is_set_and_ended(sam: TestClient) -> None:
    form = {"name": "Ready", "passes": "2", "level": "2", "days": "60", "item": ["goal"]}
    assert sam.post(f"{TRAINING}/certificates", data=form).status_code == 303
    assert "Ready" in words(sam.get(f"{TRAINING}/certificates").text)
    sam.post(f"{TRAINING}/certificates/end", data={"name": "Ready"})
    assert "There is no rule yet." in words(sam.get(f"{TRAINING}/certificates").text)


def test_a_trainer_opens_the_debriefs_of_their_people_and_it_is_recorded(
    line: Home, sam: TestClient, ended: Practice
) -> None:
    page = words(sam.get(f"{TRAINING}/sessions/{ended.id}").text)
    assert "Are you having thoughts of suicide?" in page
    assert "this is recorded" in page
    assert tail(line, 1, principal="sam", action="practice open")


def test_a_stopped_session_is_there_for_no_trainer(sam: TestClient, vera: TestClient, march: str, chat: str) -> None:
    vera.post(f"{chat}/stop")
    assert sam.get(f"{TRAINING}/sessions/{chat.rpartition('/')[2]}").status_code == 404
    assert chat.rpartition("/")[2] not in sam.get(f"{TRAINING}/people/vera").text


def test_other_peoples_trainers_and_strangers_open_nothing(
    line: Home, browse: As, vera: TestClient, ended: Practice
) -> None:
    from nightlight.catalog.principals import add_member, add_principal

    add_principal(line.database_url, "tess", "user", by="ada")
    add_member(line.database_url, "tess", "supervisors", by="ada")
    for name in ("tess", "vera", "otto"):
        browser = browse(name)
        for url in (f"sessions/{ended.id}", "cohorts/March", "people/vera"):
            assert browser.get(f"{TRAINING}/{url}").status_code == 404, (name, url)


def test_a_corrected_label_stands_beside_the_old_one(sam: TestClient, ended: Practice) -> None:
    url = f"{TRAINING}/sessions/{ended.id}"
    answer = sam.post(f"{url}/labels/5", data={"act": ["advice"], "reason": "it tells them what to do"})
    assert answer.status_code == 303
    page = words(sam.get(url).text)
    assert "it tells them what to do" in page
    refused = sam.post(f"{url}/labels/5", data={"act": ["advice"], "reason": ""})
    assert refused.status_code == 400


def test_a_corrected_skill_needs_a_reason_too(sam: TestClient, ended: Practice) -> None:
    url = f"{TRAINING}/sessions/{ended.id}"
    assert sam.post(f"{url}/items/goal", data={"score": "1", "reason": ""}).status_code == 400
    assert sam.post(f"{url}/items/goal", data={"score": "1", "reason": "asked at the end"}).status_code == 303
    assert "asked at the end" in words(sam.get(url).text)


def test_a_study_is_begun_and_says_that_it_is_too_small(sam: TestClient) -> None:
    form = {"name": "Spring", "before": "night-shift-fine", "after": "third-dry-year"}
    assert sam.post(f"{TRAINING}/studies", data=form).status_code == 303
    page = words(sam.get(f"{TRAINING}/studies/Spring").text)
    assert "too few to tell a difference" in page
    assert "nothing left for you to rate" in words(sam.get(f"{TRAINING}/studies/Spring/rating").text)


def test_a_study_that_is_not_there_is_not_there(sam: TestClient) -> None:
    assert sam.get(f"{TRAINING}/studies/none").status_code == 404
    assert sam.get(f"{TRAINING}/studies/none/rating").status_code == 404
