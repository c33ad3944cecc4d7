"""What models do while they are used, held against the bars of `gates.toml`; nothing is taken back by itself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.practice.conftest import CARD, Clock, Versions, say
from tests.practice.served import kept, to_prod
from tests.simulator.openai_server import Server

from nightlight.db import transaction
from nightlight.practice import sessions, store
from nightlight.practice.heard import insert_heard
from nightlight.practice.live_checks import WINDOW, LiveCheck, live_checks
from nightlight.practice.store import ASSESSMENT, Practice
from nightlight.registry.promotion import rollback
from nightlight.registry.rollout import start_rollout, stop_rollout
from nightlight.registry.versions import get_version
from nightlight.settings import Home, WordingSettings
from nightlight.simulator.feedback import Mode
from nightlight.simulator.wording.figures import LET_STAND, WordingFigures

LEAK, TIMEOUT, SPOKEN = "closed fact", "timeout", ""


def lines(
    home: Home,
    wording: str,
    reasons: Sequence[str],
    *,
    at: datetime,
    seconds: float = 0.5,
    session: str = "one",
    is_shadow: bool = False,
) -> None:
    """Turns that asked for one line each, with these ends."""
    with transaction(home.database_url) as connection:
        for turn, reason in enumerate(reasons):
            figures = WordingFigures()
            figures.count(reason, seconds)
            insert_heard(connection, session, turn, wording, figures, at=at, is_shadow=is_shadow)


def begun(home: Home, wording: str, stopped: int, of: int, clock: Clock) -> None:
    """Sessions with a wording, the first ones stopped."""
    with transaction(home.database_url) as connection:
        for number in range(of):
            practice = Practice(
                id=f"{wording} {number}",
                person="ana",
                card=CARD,
                card_version=1,
                difficulty=1,
                topics=(),
                kind="practice",
                mode=Mode.OFF,
                seed=1,
                wording=wording,
                labeller="",
                shift="",
                assignment="",
                branch_of="",
                began_at=clock(),
            )
            store.insert_practice(connection, replace(practice, stopped=number < stopped))


def checked(home: Home, clock: Clock) -> dict[str, LiveCheck]:
    return {check.wording: check for check in live_checks(home, since=clock() - WINDOW)}


def test_what_a_session_asked_of_its_model_is_counted(
    llamas: Home, versions: Versions, llama_server: Server, clock: Clock
) -> None:
    practice = sessions.begin(llamas, "ana", CARD, mode=Mode.OFF, seed=5, clock=clock)
    for number in range(5):
        say(llamas, practice, number, clock)
    sessions.stop(llamas, practice, clock=clock)
    said = [word for turn in sessions.resume(llamas, practice).turns for word in turn.worded]
    found = checked(llamas, clock)[kept(versions[0])]
    assert found.asked == len(llama_server.requests) > 0
    assert found.spoken == sum(bool(word.by) for word in said)
    assert found.fallbacks == sum(bool(word.refused) for word in said) == found.asked - found.spoken
    assert (found.sessions, found.stops, found.is_shadow) == (1, 1, False)
    assert found.p95_seconds > 0
    assert (found.version, found.problems) == ("prod/llama/1", ())


def test_an_assessment_and_yesterdays_lines_are_not_counted(llamas: Home, versions: Versions, clock: Clock) -> None:
    practice = sessions.begin(llamas, "ana", CARD, mode=Mode.OFF, kind=ASSESSMENT, clock=clock)
    say(llamas, practice, 0, clock)
    lines(llamas, kept(versions[0]), [LEAK] * 60, at=clock() - timedelta(hours=25))
    assert [(check.asked, check.sessions) for check in checked(llamas, clock).values()] == [(0, 0)]


@pytest.mark.parametrize(
    ("reasons", "seconds", "problem"),
    [
        ([LEAK] * 6 + [SPOKEN] * 94, 0.5, "6 % of 100 lines would have told too much, at most 5 %"),
        ([TIMEOUT] * 71 + [SPOKEN] * 29, 0.5, "71 % of 100 lines stood in the card's own words, at most 70 %"),
        ([SPOKEN] * 100, 4.5, "a line took 4.5 s (p95), at most 4 s"),
    ],
)
def test_a_broken_bar_says_which_version_which_figure_which_bar_and_the_way_back(
    llamas: Home, versions: Versions, clock: Clock, reasons: Sequence[str], seconds: float, problem: str
) -> None:
    lines(llamas, kept(versions[0]), reasons, at=clock(), seconds=seconds)
    found = checked(llamas, clock)[kept(versions[0])]
    assert found.problems == (problem,)
    # There is none before this champion.
    assert found.line == f'prod/llama/1: {problem}; set kind = "bank" in the table [wording] of nightlight.toml'


@pytest.mark.parametrize(
    ("reasons", "seconds"),
    [([LEAK] * 5 + [SPOKEN] * 95, 0.5), ([TIMEOUT] * 70 + [SPOKEN] * 30, 4.0), ([LEAK] * 49, 9.0)],
)
def test_what_is_within_its_bars_or_too_little_to_judge_is_no_problem(
    llamas: Home, versions: Versions, clock: Clock, reasons: Sequence[str], seconds: float
) -> None:
    lines(llamas, kept(versions[0]), reasons, at=clock(), seconds=seconds)
    found = checked(llamas, clock)[kept(versions[0])]
    assert found.problems == ()
    assert found.is_judged is (len(reasons) >= 50)


def test_a_challenger_is_judged_while_it_is_tried_out_and_its_end_is_the_way_back(
    llamas: Home, versions: Versions, clock: Clock
) -> None:
    lines(llamas, kept(versions[1]), [LEAK] * 60, at=clock(), is_shadow=True)
    assert checked(llamas, clock)[kept(versions[1])].problems == ()
    start_rollout(llamas, "llama", 2, kind="shadow", by="clara", clock=clock)
    found = checked(llamas, clock)[kept(versions[1])]
    assert found.is_shadow
    assert found.sessions == 1
    assert found.problems[0].startswith("100 % of 60 lines would have told too much")
    assert found.line.startswith("prod/llama/2: ")
    assert found.remedy == "`nightlight model rollout llama --stop --as USER` ends trying it out"
    stop_rollout(llamas, "llama", by="clara", clock=clock)
    assert checked(llamas, clock)[kept(versions[1])].problems == ()


def test_a_champion_that_followed_another_is_taken_back_by_a_rollback_and_judged_no_more(
    llamas: Home, versions: Versions, clock: Clock
) -> None:
    to_prod(llamas, get_version(llamas, "llama", 2))
    lines(llamas, kept(versions[1]), [LEAK] * 60, at=clock())
    found = checked(llamas, clock)[kept(versions[1])]
    assert found.remedy == "`nightlight model rollback llama --as USER` takes it back"
    assert found.problems
    rollback(llamas, "llama", by="clara", clock=clock)
    assert checked(llamas, clock)[kept(versions[1])].problems == ()


def test_sessions_that_are_stopped_count_beside_those_in_the_cards_own_lines(
    llamas: Home, versions: Versions, clock: Clock
) -> None:
    wording = kept(versions[0])
    lines(llamas, wording, [SPOKEN] * 60, at=clock())
    begun(llamas, wording, 12, 30, clock)
    assert checked(llamas, clock)[wording].problems == (
        "12 of 30 sessions were stopped, at most 10 % more than the 0 % in the cards' own lines",
    )
    begun(llamas, "bank", 12, 30, clock)  # people stop as often without any model
    assert checked(llamas, clock)[wording].problems == ()


def test_a_few_sessions_that_were_stopped_prove_nothing(llamas: Home, versions: Versions, clock: Clock) -> None:
    lines(llamas, kept(versions[0]), [SPOKEN] * 60, at=clock())
    begun(llamas, kept(versions[0]), 1, 3, clock)
    found = checked(llamas, clock)[kept(versions[0])]
    assert (found.sessions, found.stops, found.problems) == (3, 1, ())


def test_bars_of_the_home_count_and_a_key_that_is_left_out_judges_nothing(
    llamas: Home, versions: Versions, clock: Clock
) -> None:
    lines(llamas, kept(versions[0]), [LEAK] * 3, at=clock())
    file = llamas.root / "gates.toml"
    file.write_text("[llama.live]\nleast = 3\nfallbacks = 0.5\n")
    problems = checked(llamas, clock)[kept(versions[0])].problems
    assert problems == ("100 % of 3 lines stood in the card's own words, at most 50 %",)


def test_a_model_that_the_settings_name_is_judged_by_the_bars_of_llama(people: Home, clock: Clock) -> None:
    named = replace(people, settings=replace(people.settings, wording=WordingSettings("openai", "", "harbour")))
    lines(named, "openai harbour", [LEAK] * 60, at=clock())
    found = checked(named, clock)["openai harbour"]
    assert found.problems
    assert (found.model, found.version) == ("llama", "")
    assert found.line.startswith("openai harbour: 100 %")


def test_a_line_that_a_model_let_stand_is_no_failure_of_it(people: Home, clock: Clock) -> None:
    lines(people, "pocket shipped", [LET_STAND] * 80 + [SPOKEN] * 10, at=clock())
    found = checked(people, clock)["pocket shipped"]
    assert (found.asked, found.spoken, found.fallbacks, found.problems) == (90, 10, 0, ())


def test_in_the_cards_own_lines_there_is_nothing_to_check(people: Home, clock: Clock) -> None:
    begun(people, "bank", 1, 3, clock)
    assert live_checks(people, since=clock() - WINDOW) == []


def test_both_databases_say_the_same(anywhere: Home, clock: Clock) -> None:
    lines(anywhere, "openai harbour", [LEAK, SPOKEN, TIMEOUT], at=clock())
    lines(anywhere, "openai harbour", [SPOKEN], at=clock() - timedelta(days=2), session="old")
    found = checked(anywhere, clock)["openai harbour"]
    assert (found.asked, found.spoken, found.leaks, found.fallbacks, found.p95_seconds) == (3, 1, 1, 2, 0.5)


def test_what_a_turn_did_not_ask_is_no_row(people: Home, clock: Clock) -> None:
    with transaction(people.database_url) as connection:
        insert_heard(connection, "one", 1, "openai harbour", WordingFigures(), at=clock())
    assert checked(people, clock) == {}
