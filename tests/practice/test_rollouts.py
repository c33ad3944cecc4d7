"""Who meets a version that is tried out, and that a process that runs follows champion, rollout and rollback."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from tests.practice.conftest import CARD, Clock, Versions, say
from tests.practice.served import kept, speaking, to_prod
from tests.simulator.openai_server import Server

from nightlight.catalog.audit import tail
from nightlight.errors import NightlightError
from nightlight.practice import sessions, wordings
from nightlight.practice.cohorts import end_cohort, make_cohort
from nightlight.practice.playing import playing
from nightlight.practice.rollouts import place_of, roll_out
from nightlight.practice.sessions import Practice
from nightlight.practice.store import ASSESSMENT
from nightlight.registry.promotion import rollback
from nightlight.registry.rollout import stop_rollout
from nightlight.registry.serving import LOOK_AGAIN, served_name
from nightlight.registry.stored import ModelVersion
from nightlight.registry.versions import get_version
from nightlight.settings import Home
from nightlight.simulator.feedback import Mode

PEOPLE = [f"person{number}" for number in range(2000)]


Begun = Callable[[str], Practice]


@pytest.fixture
def begun(llamas: Home, clock: Clock) -> Begun:
    return lambda person: sessions.begin(llamas, person, CARD, mode=Mode.OFF, seed=5, clock=clock)


def version_of(word: str) -> ModelVersion:
    return ModelVersion("llama", 1, "prod", "dario", datetime.now(UTC), (), "", "", False, "", {"digest": word})


@pytest.mark.parametrize("share", [1, 10, 50, 99])
def test_a_share_of_people_is_about_that_share(share: int) -> None:
    version = version_of("a" * 64)
    met = sum(place_of(version, person) < share for person in PEOPLE)
    assert abs(met / len(PEOPLE) - share / 100) < 0.03


def test_a_share_that_grows_takes_people_in_and_sends_none_away() -> None:
    version = version_of("a" * 64)
    met = [{person for person in PEOPLE if place_of(version, person) < share} for share in range(1, 100)]
    assert all(fewer <= more for fewer, more in pairwise(met))
    assert len(met[-1]) > len(met[0])


def test_not_the_same_people_try_every_version_out() -> None:
    first, second = version_of("a" * 64), version_of("b" * 64)
    met = [{person for person in PEOPLE if place_of(version, person) < 10} for version in (first, second)]
    assert len(met[0] & met[1]) < 0.3 * len(met[0])


def test_a_process_that_runs_follows_promotion_and_rollback_and_sessions_keep_their_version(
    llamas: Home, versions: Versions, begun: Begun, seconds: list[float], llama_server: Server, clock: Clock
) -> None:
    first, challenger = versions
    before = begun("ana")
    say(llamas, before, 0, clock)
    assert before.wording == kept(first)
    second = to_prod(llamas, get_version(llamas, "llama", 2))
    assert second == replace(challenger, aliases=second.aliases, tags=second.tags)
    seconds[0] += LOOK_AGAIN
    assert LOOK_AGAIN < 10
    after = begun("ben")
    assert after.wording == kept(second)
    say(llamas, before, 1, clock)
    say(llamas, after, 0, clock)
    playing.found.clear()  # and in a process that was started anew
    say(llamas, before, 2, clock)
    asked = [request["model"] for request in llama_server.requests]
    assert set(asked) == {served_name(first), served_name(second)}
    assert asked[-1] == served_name(first)
    rollback(llamas, "llama", by="clara", clock=clock)
    seconds[0] += LOOK_AGAIN
    assert begun("ana").wording == kept(first)


def test_a_cohort_meets_the_version_and_nobody_else(
    llamas: Home, versions: Versions, begun: Begun, seconds: list[float], clock: Clock
) -> None:
    make_cohort(llamas, "spring", ["ana"], by="sam", clock=clock)
    roll_out(llamas, "llama", versions[1].version, kind="cohort", value="spring", by="clara", clock=clock)
    assert begun("ana").wording == kept(versions[1])
    assert begun("ben").wording == kept(versions[0])
    end_cohort(llamas, "spring", by="sam", clock=clock)
    assert begun("ana").wording == kept(versions[0])


def test_a_share_of_people_meets_it_until_it_is_stopped(
    llamas: Home, versions: Versions, begun: Begun, seconds: list[float], clock: Clock
) -> None:
    ana, ben = (place_of(versions[1], person) for person in ("ana", "ben"))
    first, last = ("ana", "ben") if ana < ben else ("ben", "ana")
    between = str(min(99, max(1, ana, ben)))
    assert ana != ben
    roll_out(llamas, "llama", versions[1].version, kind="percentage", value=between, by="clara", clock=clock)
    assert begun(first).wording == kept(versions[1])
    assert begun(last).wording == kept(versions[0])
    stop_rollout(llamas, "llama", by="clara", clock=clock)
    seconds[0] += LOOK_AGAIN
    assert begun(first).wording == kept(versions[0])


def test_where_people_are_compared_no_version_is_tried_out(llamas: Home, versions: Versions, clock: Clock) -> None:
    roll_out(llamas, "llama", versions[1].version, kind="percentage", value="99", by="clara", clock=clock)
    practice = sessions.begin(llamas, "ana", CARD, mode=Mode.OFF, kind=ASSESSMENT, clock=clock)
    assert practice.wording == "bank"


def test_a_model_that_the_settings_name_is_the_one_that_speaks(llamas: Home, versions: Versions, clock: Clock) -> None:
    wording = replace(llamas.settings.wording, model="harbour-llama")
    named = replace(llamas, settings=replace(llamas.settings, wording=wording))
    roll_out(llamas, "llama", versions[1].version, kind="percentage", value="99", by="clara", clock=clock)
    for person in ("ana", "ben"):
        assert sessions.begin(named, person, CARD, mode=Mode.OFF, clock=clock).wording == "openai harbour-llama"


def test_without_a_champion_the_card_speaks_and_the_line_says_what_to_do(
    people: Home, clock: Clock, seconds: list[float]
) -> None:
    llamas = speaking(people, "http://127.0.0.1:9")
    assert sessions.begin(llamas, "ana", CARD, mode=Mode.OFF, clock=clock).wording == "bank"
    with pytest.raises(NightlightError, match=r"prod has no champion of 'llama'; promote one .*or set model in"):
        wordings.open_wording(llamas, "openai")


def test_a_cohort_that_is_not_there_is_told_to_who_decides_alone(
    llamas: Home, versions: Versions, clock: Clock
) -> None:
    for person, why in (("clara", "there is no cohort 'spring'"), ("ana", "'ana' does not have EXECUTE on MODEL")):
        with pytest.raises(NightlightError, match=why):
            roll_out(llamas, "llama", versions[1].version, kind="cohort", value="spring", by=person, clock=clock)
        record = tail(llamas, 1)[0]
        assert (record["action"], record["principal"], record["outcome"]) == ("roll out model", person, "refused")


def test_the_author_cannot_let_a_cohort_meet_what_they_trained(llamas: Home, versions: Versions, clock: Clock) -> None:
    make_cohort(llamas, "spring", ["ana"], by="sam", clock=clock)
    with pytest.raises(NightlightError, match="'dario' trained or registered prod/llama/2; a second person"):
        roll_out(llamas, "llama", versions[1].version, kind="cohort", value="spring", by="dario", clock=clock)
