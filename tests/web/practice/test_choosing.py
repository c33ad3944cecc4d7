"""What somebody is offered to practise, and how a practice begins."""

from fastapi.testclient import TestClient
from tests.web.practice.conftest import CARD, As, Clock, begin, browsers, played, words

from nightlight.practice.assignments import assign
from nightlight.practice.cohorts import make_cohort
from nightlight.practice.sessions import list_practices
from nightlight.settings import Home

ASSIGNED = "night-shift-fine"


def test_a_volunteer_chooses_among_played_texters_with_their_warnings(vera: TestClient) -> None:
    page = words(vera.get("/practice").text)
    assert "First winter without Mum" in page
    assert "No clinician here has approved them yet" in page
    assert "a quiet wish to be where her mother is sits underneath" in page  # the card's own warning


def test_the_list_can_be_narrowed_by_topic_and_level(vera: TestClient) -> None:
    page = words(vera.get("/practice?topic=grief&level=1").text)
    assert "First winter without Mum" in page
    assert "Exam week, no sleep" not in page


def test_a_topic_left_out_is_offered_no_more_and_to_others_it_is(browse: As, vera: TestClient) -> None:
    vera.post("/practice/wellbeing/topics", data={"topic": ["grief"]})
    assert "First winter without Mum" not in words(vera.get("/practice").text)
    assert "First winter without Mum" in words(browse("sam").get("/practice").text)


def test_who_may_not_practise_finds_no_practice(browse: As) -> None:
    assert browse("otto").get("/practice").status_code == 404
    assert browse("otto").post(f"/practice/cards/{CARD}/sessions", data={"mode": "coach"}).status_code == 404
    assert "/practice" not in browse("otto").get("/").text


def test_practice_comes_first_in_a_volunteers_menu(vera: TestClient) -> None:
    home = vera.get("/").text
    assert home.index('href="/practice"') < home.index('href="/dashboards"')


def test_the_card_says_before_the_beginning_what_may_be_hard(vera: TestClient) -> None:
    page = words(vera.get(f"/practice/cards/{CARD}").text)
    assert "Before you begin" in page
    assert "played by the computer" in page
    assert "Starter: not yet approved by a clinician here." in page


def test_an_unknown_card_is_not_there(vera: TestClient) -> None:
    assert vera.get("/practice/cards/nobody-at-all").status_code == 404


def test_past_the_daily_cap_the_page_says_so_and_what_to_do(line: Home, clock: Clock) -> None:
    (line.root / "nightlight.toml").write_text("practice_daily_minutes = 1\n")
    with browsers(Home.open(line.root), clock) as browse:
        vera = browse("vera")
        played(vera, begin(vera), clock)
        answer = vera.post(f"/practice/cards/{CARD}/sessions", data={"mode": "coach"})
        assert answer.status_code == 400
        assert "enough for one day" in words(answer.text)
        assert "come back tomorrow" in words(answer.text)


def test_a_begun_practice_waits_on_the_page_and_at_home(vera: TestClient) -> None:
    chat = begin(vera)
    assert chat in vera.get("/practice").text
    assert "1 practice is begun" in words(vera.get("/").text)


def _assign(line: Home, clock: Clock) -> str:
    make_cohort(line, "March", ["vera"], by="sam", clock=clock)
    made = assign(line, "Asking plainly", "March", [ASSIGNED], by="sam", kind="assessment", clock=clock)
    return made.id


def test_an_assignment_comes_first_and_brings_its_own_rules(line: Home, vera: TestClient, clock: Clock) -> None:
    made = _assign(line, clock)
    page = vera.get("/practice").text
    assert words(page).index("Asking plainly") < words(page).index("Choose a texter")
    assert "no feedback until its end" in words(vera.get(f"/practice/cards/{ASSIGNED}?assignment={made}").text)
    vera.post(f"/practice/cards/{ASSIGNED}/sessions", data={"assignment": made, "mode": "coach"})
    begun = list_practices(line, "vera")[0]
    assert (begun.kind, begun.mode, begun.assignment) == ("assessment", "off", made)


def test_another_persons_assignment_gives_a_practice_nothing(line: Home, browse: As, clock: Clock) -> None:
    made = _assign(line, clock)
    browse("sam").post(f"/practice/cards/{ASSIGNED}/sessions", data={"assignment": made, "mode": "nudge"})
    assert list_practices(line, "sam")[0].assignment == ""


def test_an_assigned_texter_can_be_changed_without_a_reason(line: Home, vera: TestClient, clock: Clock) -> None:
    made = _assign(line, clock)
    answer = vera.post(f"/practice/assignments/{made}/another", data={"card": ASSIGNED})
    assert answer.status_code == 303
    assert ASSIGNED not in answer.headers["location"]
    assert f"/practice/cards/{ASSIGNED}?assignment" not in vera.get("/practice").text
