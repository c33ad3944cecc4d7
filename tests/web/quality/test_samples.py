"""Random samples in a browser: mia draws, sam reads live-1; olga looks after another team, otto is a stranger."""

from html import unescape
from re import findall, sub

import pytest
from fastapi.testclient import TestClient
from tests.web.quality.conftest import WORDS, As, Clock

from nightlight.catalog.audit import tail
from nightlight.db import transaction, update_rows
from nightlight.lakehouse.tables import Lake
from nightlight.quality.access import Reach
from nightlight.quality.samples import Sampled, samples
from nightlight.settings import Home

SAMPLES = "/quality/samples"
MIA = Reach("mia", all=True)


@pytest.fixture
def mia(line: Home, clock: Clock, sign_in: As) -> TestClient:
    """Both live conversations have ended, of v1 and of v2."""
    with transaction(line.database_url) as connection:
        for conversation in ("live-1", "live-2"):
            update_rows(connection, "quality_cases", {"conversation": conversation}, {"ended_at": clock.now})
    clock.pass_by(minutes=1)
    return sign_in("mia")


@pytest.fixture
def drawn(mia: TestClient, line: Home) -> dict[str, str]:
    """The pages of a sample of both."""
    assert mia.post(f"{SAMPLES}/draw", data={"size": "5"}).status_code == 303
    return {each.conversation: f"{SAMPLES}/{each.id}" for each in sampled(line)}


def sampled(line: Home) -> list[Sampled]:
    return samples(line, by=MIA)[0][1]


def words(page: str) -> str:
    return " ".join(unescape(sub(r"<[^>]+>", " ", page)).split())


def open_text(client: TestClient, url: str) -> str:
    assert client.post(f"{url}/open", data={"purpose": "quality_review"}).status_code == 303
    return client.get(url).text


def test_who_draws_is_asked_for_a_number_and_reads_none_of_them(mia: TestClient, drawn: dict[str, str]) -> None:
    for size in ("", "0", "many", "9999"):
        assert mia.post(f"{SAMPLES}/draw", data={"size": size}).status_code == 400
    assert "You drew it: your colleagues read it." in words(mia.get(SAMPLES).text)
    answer = mia.post(f"{drawn['live-1']}/open", data={"purpose": "quality_review"})
    assert answer.status_code == 400
    assert WORDS not in answer.text


def test_supervisors_do_not_draw(mia: TestClient, sign_in: As) -> None:
    assert "Draw a sample" in mia.get(SAMPLES).text
    assert "Draw a sample" not in sign_in("sam").get(SAMPLES).text
    assert sign_in("sam").post(f"{SAMPLES}/draw", data={"size": "5"}).status_code == 404


def test_a_supervisor_is_led_to_the_next_one_of_their_team(drawn: dict[str, str], sign_in: As) -> None:
    assert f'href="{drawn["live-1"]}"' in sign_in("sam").get(SAMPLES).text
    assert f'href="{drawn["live-2"]}"' in sign_in("olga").get(SAMPLES).text


def test_another_teams_conversation_is_not_there(drawn: dict[str, str], sign_in: As) -> None:
    for who in ("olga", "otto"):
        client = sign_in(who)
        assert client.get(drawn["live-1"]).status_code == 404
        assert client.post(f"{drawn['live-1']}/open", data={"purpose": "quality_review"}).status_code == 404
        assert client.post(f"{drawn['live-1']}/answer", data={"said": "nothing"}).status_code == 404
    assert sign_in("sam").get(f"{SAMPLES}/999").status_code == 404


def test_looking_at_the_page_opens_nothing(drawn: dict[str, str], line: Home, sign_in: As) -> None:
    sam = sign_in("sam")
    for _ in range(2):
        assert WORDS not in sam.get(drawn["live-1"]).text
    assert "open conversation" not in [each["action"] for each in tail(line, 20)]


def test_it_is_read_without_flags_and_labels(drawn: dict[str, str], sign_in: As) -> None:
    page = open_text(sign_in("sam"), drawn["live-1"])
    assert WORDS in page
    without_form = sub(r"<form.*?</form>", "", page, flags=16)
    assert "Why of" not in page
    for told in ("risk 2", "active thoughts", "advice", "getting in touch", "labels-1", "high", "look now"):
        assert told not in words(without_form), told


def test_the_form_has_the_kinds_that_rules_know(drawn: dict[str, str], sign_in: As) -> None:
    page = open_text(sign_in("sam"), drawn["live-1"])
    assert len(findall(r'name="kind" value="\w+"', page)) == 17
    assert " checked" not in page, "nothing is chosen beforehand: that would tell what rules say"


def test_an_answer_is_kept_with_the_time_it_took(drawn: dict[str, str], line: Home, clock: Clock, sign_in: As) -> None:
    sam = sign_in("sam")
    open_text(sam, drawn["live-1"])
    clock.pass_by(seconds=90)
    form = {"said": "problem", "kind": ["imminent_risk", "no_closing"], "note": "called her"}
    answer = sam.post(f"{drawn['live-1']}/answer", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, SAMPLES)
    found = next(each for each in sampled(line) if each.conversation == "live-1")
    assert (found.answer, found.kinds, found.note) == ("problem", ("imminent_risk", "no_closing"), "called her")
    assert (found.answered_by, found.seconds) == ("sam", 90.0)
    page = sam.get(drawn["live-1"]).text
    assert "sam has answered this" in words(page)
    assert WORDS not in page
    again = sign_in("tess").post(f"{drawn['live-1']}/answer", data={"said": "nothing"})
    assert again.status_code == 400
    assert "sam has answered this already" in again.text


def test_an_answer_that_is_missing_is_asked_for(drawn: dict[str, str], line: Home, sign_in: As) -> None:
    sam = sign_in("sam")
    open_text(sam, drawn["live-1"])
    for form in ({}, {"said": "perhaps"}, {"said": "problem", "kind": "no_such_rule"}):
        assert sam.post(f"{drawn['live-1']}/answer", data=form).status_code == 400
    assert all(each.answer is None for each in sampled(line))


def test_row_filters_know_at_once_what_may_be_read(drawn: dict[str, str], line: Home, sign_in: As) -> None:
    def is_open() -> dict[str, bool]:
        rows = Lake(line.lake).table("quality.samples").read().to_pylist()
        return {row["conversation"]: row["is_open"] for row in rows}

    assert is_open() == {"live-1": True, "live-2": True}
    sign_in("sam").post(f"{drawn['live-1']}/answer", data={"said": "nothing"})
    assert is_open() == {"live-1": False, "live-2": True}


def test_when_the_time_is_over_nothing_is_opened(drawn: dict[str, str], clock: Clock, sign_in: As) -> None:
    clock.pass_by(days=14)
    sam = sign_in("sam")
    assert "The time to read this sample is over." in words(sam.get(drawn["live-1"]).text)
    assert sam.post(f"{drawn['live-1']}/open", data={"purpose": "quality_review"}).status_code == 400


def test_too_few_readings_are_not_compared(drawn: dict[str, str], sign_in: As) -> None:
    page = words(sign_in("sam").get(SAMPLES).text)
    assert "Too few to say: a comparison needs 10 readings on either side." in page
    assert "significant" not in page
