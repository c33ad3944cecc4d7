"""The shipped pocket texter in practice, as it is: its words, a rollout of it and its way back."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.practice.conftest import CARD, KIND, Clock, say
from tests.practice.served import BARS, add_deciders, let_through, then, to_prod

from nightlight.catalog.statements import read_statements
from nightlight.practice import sessions, wordings
from nightlight.practice.playing import playing
from nightlight.practice.rollouts import roll_out
from nightlight.practice.sessions import Practice
from nightlight.registry.promotion import rollback
from nightlight.registry.serving import LOOK_AGAIN
from nightlight.registry.stored import ModelVersion
from nightlight.registry.versions import manifest_of, register
from nightlight.settings import Home, WordingSettings, shipped
from nightlight.simulator.feedback import Mode
from nightlight.sql.policies import apply_policies

POLICIES = """
GRANT EXECUTE ON MODEL pocket TO trainers; GRANT EXECUTE ON MODEL pocket TO deciders;
GRANT MANAGE ON MODEL pocket TO deciders;
"""


@pytest.fixture
def line(people: Home) -> Home:
    """A line whose texters speak in the pocket's words."""
    return replace(people, settings=replace(people.settings, wording=WordingSettings("pocket")))


@pytest.fixture
def deciding(line: Home, empty_registry: Path) -> Home:
    """The same with a registry, and somebody who decides."""

    shutil.copytree(empty_registry, line.registry)
    add_deciders(line)
    apply_policies(line, read_statements(POLICIES, "pocket.sql"), by="test")
    (line.root / "gates.toml").write_text(BARS.replace("llama", "pocket"))
    return line


def let_in(home: Home, alias: str) -> ModelVersion:
    version = register(home, "pocket", shipped("models/pocket"), author="dario", clock=then)
    return as_approved(home, let_through(home, version), alias)


def as_approved(home: Home, version: ModelVersion, alias: str) -> ModelVersion:
    """To prod, where the clinicians have approved all that it learned from."""
    approved = [str(each["sha256"]) for each in manifest_of(home, version).starters]
    return to_prod(home, version, alias, approved=approved)


def spoken_by(home: Home, practice: Practice, clock: Clock) -> set[str]:
    """Who worded the lines of a whole conversation, read as another process would."""
    for number in range(len(KIND)):
        say(home, practice, number, clock)
    said = [[reply.text for reply in turn.replies] for turn in sessions.resume(home, practice).turns]
    playing.found.clear()
    resumed = sessions.resume(home, practice)
    assert [[reply.text for reply in turn.replies] for turn in resumed.turns] == said
    return {worded.by for turn in resumed.turns for worded in turn.worded}


def test_a_conversation_holds_the_pocket_s_words_and_is_resumed_with_them(line: Home, clock: Clock) -> None:
    practice = sessions.begin(line, "ana", CARD, mode=Mode.OFF, seed=5, clock=clock)
    assert practice.wording == "pocket shipped"
    assert spoken_by(line, practice, clock) == {"shipped", ""}


def test_a_person_in_a_rollout_hears_the_challenger_until_it_is_champion_and_taken_back(
    deciding: Home, clock: Clock, seconds: list[float]
) -> None:
    first, second = let_in(deciding, "champion"), let_in(deciding, "challenger")
    roll_out(deciding, "pocket", second.version, kind="percentage", value="99", by="clara", clock=clock)
    tried = sessions.begin(deciding, "ana", CARD, mode=Mode.OFF, seed=5, clock=clock)
    assert tried.wording == f"pocket {second.version}"
    assert spoken_by(deciding, tried, clock) == {str(second.version), ""}

    as_approved(deciding, second, "champion")
    rollback(deciding, "pocket", by="clara", clock=clock)
    seconds[0] += LOOK_AGAIN
    assert (
        sessions.begin(deciding, "ana", CARD, mode=Mode.OFF, seed=5, clock=clock).wording == f"pocket {first.version}"
    )
    assert wordings.wording_of(deciding, tried.wording).name == "pocket"
