"""Wellbeing: wishes stay with whoever has them."""

from fastapi.testclient import TestClient
from tests.web.practice.conftest import As, Clock, begin, browsers, words

from nightlight.catalog.audit import tail
from nightlight.practice.cohorts import make_cohort
from nightlight.settings import Home


def test_topics_are_left_out_and_the_choice_is_kept(vera: TestClient) -> None:
    answer = vera.post("/practice/wellbeing/topics", data={"topic": ["grief", "abuse", "no topic at all"]})
    page = vera.get(answer.headers["location"]).text
    assert 'value="grief" checked' in page
    assert 'value="school" checked' not in page


def test_choosing_none_takes_all_of_them_back(vera: TestClient) -> None:
    vera.post("/practice/wellbeing/topics", data={"topic": ["grief"]})
    vera.post("/practice/wellbeing/topics", data={})
    assert " checked" not in vera.get("/practice/wellbeing").text


def test_no_trainer_and_no_record_has_a_wish(line: Home, browse: As, vera: TestClient, clock: Clock) -> None:
    make_cohort(line, "March", ["vera"], by="sam", clock=clock)
    vera.post("/practice/wellbeing/topics", data={"topic": ["grief"]})
    sam = browse("sam")
    for url in ("/practice/training", "/practice/training/cohorts/March", "/practice/training/people/vera"):
        page = words(sam.get(url).text)
        assert "grief" not in page
    assert "grief" not in str(tail(line, 50))
    assert " checked" not in sam.get("/practice/wellbeing").text


def test_it_names_a_person_to_talk_to(line: Home, clock: Clock) -> None:
    (line.root / "nightlight.toml").write_text('practice_contact = "Nora, extension 5 (invented)"\n')
    with browsers(Home.open(line.root), clock) as browse:
        assert "Nora, extension 5" in words(browse("vera").get("/practice/wellbeing").text)
        assert "Nora, extension 5" in words(browse("vera").get("/practice").text)


def test_a_running_practice_can_be_paused_from_here(vera: TestClient) -> None:
    chat = begin(vera)
    assert f'action="{chat}/pause"' in vera.get("/practice/wellbeing").text
