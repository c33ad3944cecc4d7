"""Two versions side by side."""

import re

import pytest
from tests.web.models.conftest import As
from tests.web.practice.conftest import CARD, take_in_cards

from nightlight.catalog.statements import read_statements
from nightlight.errors import NightlightError
from nightlight.operations.texters_side_by_side import Answer, AnsweredTwice, TextersCompared
from nightlight.practice.cards import PlayedCard
from nightlight.registry.stored import ModelVersion
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies
from nightlight.web.models import comparing, played_once


def test_measures_stand_side_by_side_with_the_difference_and_which_is_better(sign_in: As) -> None:
    page = sign_in("uma").get("/models/pocket/compare?one=prod/2&other=dev/4").text
    rows = re.findall(r"<tr>\s*<th scope=\"row\">(.*?)</tr>", page, re.DOTALL)
    fluency = next(row for row in rows if row.startswith("lines that read well"))
    assert "+0.05" in fluency
    assert "dev/pocket/4 ▶" in fluency
    leaks = next(row for row in rows if row.startswith("facts told too early"))
    assert "the same" in leaks
    assert "nightlight model compare pocket prod/2 dev/4" in page


def test_before_two_are_chosen_there_are_only_the_choices(sign_in: As) -> None:
    page = sign_in("clara").get("/models/pocket/compare")
    assert page.status_code == 200
    assert "Measures" not in page.text


@pytest.mark.parametrize("written", ["prod/99", "prod/x", "2", "nowhere/1", "prod/99999999999999999999"])
def test_a_version_that_is_not_there_is_not_compared(sign_in: As, written: str) -> None:
    assert sign_in("clara").get(f"/models/pocket/compare?one=dev/1&other={written}").status_code == 404


class Plays:
    """What two versions say, without a model: one answer that both give, one that differs."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, home: Home, one: ModelVersion, other: ModelVersion, played: PlayedCard) -> TextersCompared:
        self.asked.append(played.card.id)
        same, other_words = Answer(("hi",), 0, ("slow",)), Answer(("i miss her",), 1, ())
        turns = (AnsweredTwice("", same, same), AnsweredTwice("What is going on?", same, other_words))
        return TextersCompared(one.label, other.label, played.card.id, 1, turns)


@pytest.fixture
def plays(line: Home, monkeypatch: pytest.MonkeyPatch) -> Plays:
    """A line with cards, which clara may write and sam practises with; cleo decides on models and does neither."""
    take_in_cards(line)
    more = "GRANT EXECUTE ON APP studio TO writers; GRANT EXECUTE ON MODEL pocket TO supervisors;"
    more = f"CREATE GROUP writers; ADD USER clara TO GROUP writers; {more}"
    apply_policies(line, list(read_statements(more, "more.sql")), by="ada", text=more)
    found = Plays()
    monkeypatch.setattr(comparing, "compare_texters", found)
    return found


def test_both_play_the_same_card_and_what_differs_stands_side_by_side(plays: Plays, sign_in: As) -> None:
    url = f"/models/pocket/compare?one=prod/2&other=prod/1&card={CARD}"
    for who in ("clara", "sam"):
        page = sign_in(who).get(url).text
        assert "1 of 2 answers differ." in page
        assert "prod/pocket/2 said 0 lines, prod/pocket/1 1" in page
        twice = page[page.index('<ol class="twice">') :]
        assert twice.count("<small>both</small>") == 1
        assert re.search(r"<small>prod/pocket/1</small>\s*<p>i miss her</p>", twice)
        assert "card&#39;s own line: slow" in twice
    assert plays.asked == [CARD], "played once, and kept"


def test_who_neither_practises_nor_writes_cards_hears_nothing_of_them(plays: Plays, sign_in: As) -> None:
    url = f"/models/pocket/compare?one=prod/2&other=prod/1&card={CARD}"
    for who in ("cleo", "ada"):
        page = sign_in(who).get(url).text
        assert "Play it twice" not in page
        assert "i miss her" not in page
    assert sign_in("vera").get(url).status_code == 404
    assert plays.asked == []


def test_before_a_card_is_chosen_or_for_one_that_is_not_there_nothing_is_played(plays: Plays, sign_in: As) -> None:
    for end in ("", "&card=no-such-card"):
        page = sign_in("clara").get(f"/models/pocket/compare?one=prod/2&other=prod/1{end}")
        assert page.status_code == 200
        assert "Play it twice" in page.text
    assert plays.asked == []


def test_a_version_that_cannot_speak_is_told_in_one_line(
    plays: Plays, sign_in: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> TextersCompared:
        raise NightlightError("the files of prod/pocket/1 are missing", remedy="restore them from a backup")

    monkeypatch.setattr(comparing, "compare_texters", refuse)
    answer = sign_in("clara").get(f"/models/pocket/compare?one=prod/1&other=staging/3&card={CARD}")
    assert answer.status_code == 400
    assert "the files of prod/pocket/1 are missing" in answer.text


def test_nobody_waits_for_what_another_plays(plays: Plays, sign_in: As) -> None:
    url = f"/models/pocket/compare?one=prod/1&other=staging/2&card={CARD}"
    with played_once._PLAYING:
        answer = sign_in("clara").get(url)
    assert answer.status_code == 400
    assert "two versions are being played just now" in answer.text
    assert sign_in("clara").get(url).status_code == 200
    assert plays.asked == [CARD]


def test_what_nobody_has_let_in_is_not_opened_by_pages(plays: Plays, sign_in: As) -> None:
    page = sign_in("clara").get(f"/models/pocket/compare?one=prod/2&other=dev/4&card={CARD}").text
    assert "others by command, with --card" in page
    assert plays.asked == []
