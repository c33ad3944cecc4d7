"""The page of one model: who was champion when, its story, how it does while it is used."""

import json
from datetime import timedelta

import pytest
from tests.web.conftest import NOW, browsers
from tests.web.models.conftest import As

from nightlight.catalog.audit import tail
from nightlight.db import insert_row, transaction
from nightlight.practice.cohorts import make_cohort
from nightlight.registry.promotion import promote
from nightlight.registry.rollout import rollout_of
from nightlight.settings import Home

WORDING = '[wording]\nkind = "pocket"\n'


def test_it_shows_who_was_champion_when(sign_in: As) -> None:
    page = sign_in("cleo").get("/models/pocket").text
    section = page[page.index("Who was champion when") : page.index("Trying a version out")]
    assert section.index("champion now") < section.index("prod/pocket/1</a>")
    assert section.count("<rect") == 2


def test_its_story_tells_in_words_what_was_done_and_what_was_refused(line: Home, sign_in: As) -> None:
    sign_in("dario").post("/models/pocket/dev/4/promotion", data={"to": "staging", "alias": "champion"})
    page = sign_in("uma").get("/models/pocket").text
    story = page[page.index("Its story") :]
    assert "clara promoted pocket 5 to staging as challenger" in story
    refused = story.index("dario wanted to promote pocket 4 to staging as champion")
    assert "refused" in story[refused : refused + 200]
    assert "earlier event" in story
    whole = sign_in("uma").get("/models/pocket?story=whole").text
    assert "earlier event" not in whole
    assert whole.count("registered a version of pocket") == 5


def test_a_bar_that_is_broken_while_it_is_used_is_told_with_the_way_back(line: Home) -> None:
    with browsers(use_pocket(line, leaks=30), lambda: NOW) as sign_in:
        overview, page = (sign_in("clara").get(url).text for url in ("/models", "/models/pocket"))
    for told in (overview, page):
        assert "<strong>prod/pocket/2</strong>: 50 % of 60 lines would have told too much, at most 5 %" in told
        assert "<code>nightlight model rollback pocket --as USER</code> takes it back" in told
        assert '<a class="button" href="/models/pocket/rollback">' in told
    assert "beyond a bar" in page


def test_what_keeps_its_bars_is_told_as_such(line: Home) -> None:
    with browsers(use_pocket(line, leaks=0), lambda: NOW) as sign_in:
        page = sign_in("clara").get("/models/pocket").text
    assert "within the bars" in page
    assert "would have told too much" not in page


def test_a_champion_that_practice_does_not_ask_is_told_as_such(sign_in: As) -> None:
    assert "Practice does not ask it now" in sign_in("clara").get("/models/pocket").text


def use_pocket(line: Home, *, leaks: int) -> Home:
    """Practice in the words of the champion: 60 lines in the last hours, so many taken back."""
    (line.root / "gates.toml").write_text((line.root / "gates.toml").read_text() + "\n[pocket.live]\nleaks = 0.05\n")
    (line.root / "nightlight.toml").write_text(WORDING)
    values = {"session": "s1", "turn": 1, "wording": "pocket 2", "is_shadow": 0, "asked": 60, "spoken": 60 - leaks}
    more = {"leaks": leaks, "fallbacks": "{}", "seconds": json.dumps([0.2] * 60), "at": NOW - timedelta(hours=2)}
    with transaction(line.database_url) as connection:
        insert_row(connection, "practice_wordings", values | more)
    return Home.open(line.root)


@pytest.fixture
def challenged(line: Home) -> Home:
    """A line whose prod has a challenger: the fourth version."""
    for number, to in ((4, "staging"), (4, "prod")):
        promote(line, "pocket", number, to=to, alias="challenger", by="clara", clock=lambda: NOW)
    return line


def test_a_second_person_tries_the_challenger_out_and_anyone_who_decides_ends_it(challenged: Home, sign_in: As) -> None:
    page = sign_in("clara").get("/models/pocket").text
    number = page.split('name="version" value="')[1].split('"')[0]
    form = {"version": number, "kind": "percentage", "percentage": "10", "cohort": ""}
    answer = sign_in("clara").post("/models/pocket/rollout", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/models/pocket?done=rollout")
    running = rollout_of(challenged, "pocket")
    assert running is not None
    assert (running.kind, running.value, running.by) == ("percentage", "10", "clara")
    shown = sign_in("uma").get("/models/pocket").text
    assert "is being tried out: 10 % of people" in shown
    ended = sign_in("dario").post("/models/pocket/rollout/end", data={"reason": "lines  too\nlong"})
    assert ended.headers["location"] == "/models/pocket?done=stopped"
    assert rollout_of(challenged, "pocket") is None
    assert tail(challenged, 1, action="stop rollout")[0]["detail"].endswith("lines too long")


@pytest.mark.parametrize(
    ("who", "status", "line_told"),
    [
        ("dario", 400, "&#39;dario&#39; trained or registered prod/pocket"),
        ("uma", 400, "&#39;uma&#39; does not have MANAGE on MODEL pocket"),
        ("vera", 404, "there is nothing here that you may open"),
    ],
)
def test_an_author_a_user_and_a_stranger_try_nothing_out(
    challenged: Home, sign_in: As, who: str, status: int, line_told: str
) -> None:
    answer = sign_in(who).post("/models/pocket/rollout", data={"version": "3", "kind": "shadow"})
    assert answer.status_code == status
    assert line_told in answer.text
    assert rollout_of(challenged, "pocket") is None


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"kind": "percentage", "percentage": "200"}, "&#39;200&#39; is no percentage"),
        ({"kind": "cohort", "cohort": "autumn"}, "there is no cohort &#39;autumn&#39;"),
        ({"kind": ""}, "is no way to try a version out"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(
    challenged: Home, sign_in: As, form: dict[str, str], told: str
) -> None:
    answer = sign_in("clara").post("/models/pocket/rollout", data={"version": "3"} | form)
    assert answer.status_code == 400
    assert told in answer.text


def test_a_cohort_is_named_to_those_who_decide_alone(challenged: Home, sign_in: As) -> None:
    make_cohort(challenged, "night owls", [], by="sam", clock=lambda: NOW)
    form = {"version": "3", "kind": "cohort", "cohort": "night owls"}
    assert sign_in("clara").post("/models/pocket/rollout", data=form).status_code == 303
    assert "night owls" in sign_in("cleo").get("/models/pocket").text
    for url in ("/models", "/models/pocket", "/models/pocket?story=whole"):
        page = sign_in("uma").get(url).text
        assert "is being tried out: a cohort" in page
        assert "night owls" not in page
