"""Which wording speaks in a person's session, and that it goes on when its model does not."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.practice.conftest import CARD, KIND, Clock
from tests.simulator.openai_server import Server, running

from nightlight.errors import NightlightError
from nightlight.practice import sessions, wordings
from nightlight.practice.playing import playing
from nightlight.practice.store import ASSESSMENT
from nightlight.practice.wordings import chosen, open_wording, seconds_of_a_line, wording_of
from nightlight.settings import Home, WordingSettings
from nightlight.simulator.feedback import Mode
from nightlight.simulator.session import Said, Session
from nightlight.simulator.wording.bank import LineBank
from nightlight.simulator.wording.generated import GeneratedWording


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def home(home: Home, server: Server) -> Home:
    """The line, with a model at an address."""
    wording = WordingSettings("openai", server.url, "llama", timeout_seconds=5)
    return replace(home, settings=replace(home.settings, wording=wording))


def texts(session: Session) -> list[list[str]]:
    return [[reply.text for reply in turn.replies] for turn in session.turns]


def test_a_session_is_resumed_with_the_words_that_were_said(home: Home, clock: Clock, server: Server) -> None:
    practice = sessions.begin(home, "ana", CARD, mode=Mode.OFF, seed=5, clock=clock)
    assert practice.wording == "openai llama"
    for number, text in enumerate(KIND):
        clock.pass_by(seconds=60)
        at = sessions.seconds_into(practice, clock())
        sessions.record(home, practice, Said(at, text), key=str(number), clock=clock)
    said = texts(sessions.resume(home, practice))
    assert any(text.startswith("well, ") for replies in said for text in replies)
    asked = len(server.requests)
    server.says["llama"] = "something else"
    playing.found.clear()  # another process
    resumed = sessions.resume(home, practice)
    assert texts(resumed) == said
    assert {each.by for turn in resumed.turns for each in turn.worded} == {"llama", ""}
    assert len(server.requests) == asked


def test_a_branch_keeps_what_was_said_before_it(home: Home, clock: Clock, server: Server) -> None:
    practice = sessions.begin(home, "ana", CARD, mode=Mode.OFF, seed=5, clock=clock)
    for number, text in enumerate(KIND[:4]):
        clock.pass_by(seconds=60)
        at = sessions.seconds_into(practice, clock())
        sessions.record(home, practice, Said(at, text), key=str(number), clock=clock)
    said = texts(sessions.resume(home, practice))
    server.says["llama"] = "something else"
    other = sessions.branch(home, practice, 3, KIND[4], clock=clock)
    assert texts(sessions.resume(home, other))[:3] == said[:3]
    assert other.wording == practice.wording


def test_where_people_are_compared_the_card_speaks(home: Home, clock: Clock, server: Server) -> None:
    practice = sessions.begin(home, "ana", CARD, mode=Mode.OFF, kind=ASSESSMENT, clock=clock)
    sessions.record(home, practice, Said(60.0, KIND[0]), key="1", clock=clock)
    assert practice.wording == "bank"
    assert server.requests == []


def test_a_wording_that_this_home_has_no_longer_gives_way_to_the_card(home: Home, clock: Clock) -> None:
    practice = sessions.begin(home, "ana", CARD, mode=Mode.OFF, clock=clock)
    assert isinstance(wording_of(home, practice.wording), GeneratedWording)
    without = replace(home, settings=replace(home.settings, wording=WordingSettings()))
    assert isinstance(wording_of(without, practice.wording), LineBank)
    assert chosen(without, "ana") == "bank"


def test_nobody_s_session_waits_for_a_key_that_is_missing(home: Home) -> None:
    wording = replace(home.settings.wording, api_key_variable="NO_SUCH_VARIABLE")
    without = replace(home, settings=replace(home.settings, wording=wording))
    assert chosen(without, "ana") == "bank"
    with pytest.raises(NightlightError, match="NO_SUCH_VARIABLE"):
        open_wording(without, "openai")


def test_a_line_that_is_tried_out_takes_its_time_or_says_why_none_came(home: Home, server: Server) -> None:
    wording = open_wording(home, "openai")
    assert isinstance(wording, GeneratedWording)
    assert 0 < seconds_of_a_line(wording) < 5
    server.says["llama"] = ""
    with pytest.raises(NightlightError, match="'openai' says nothing: empty; practice goes on with the cards' own"):
        seconds_of_a_line(wording)


def test_one_wording_serves_all_sessions_so_that_its_figures_are_one(home: Home) -> None:
    assert wording_of(home, "openai llama") is open_wording(home, "openai")


@pytest.mark.parametrize(
    ("name", "line"),
    [("opneai", "there is no wording 'opneai'; did you mean 'openai'?"), ("openai", "no server is named .*set url")],
)
def test_a_wording_that_is_not_there_is_one_clear_line(name: str, line: str) -> None:
    with pytest.raises(NightlightError, match=line):
        wordings.open_wording(None, name)
