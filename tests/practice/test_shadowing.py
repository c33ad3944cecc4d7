"""A version in the shadow is asked for the same lines; nobody hears it, waits for it, or reads what it said."""

import threading
from pathlib import Path

import pytest
from tests.conftest import copy_home
from tests.practice.conftest import CARD, KIND, Clock, Versions, say
from tests.practice.served import kept, speaking
from tests.simulator.openai_server import Server

from nightlight.db import rows_of, transaction
from nightlight.practice import sessions, shadowing, tables
from nightlight.practice.playing import playing
from nightlight.practice.rollouts import roll_out
from nightlight.practice.sessions import Practice
from nightlight.practice.shadowing import Shadowing, Spoken
from nightlight.registry.rollout import start_rollout
from nightlight.registry.serving import served_name
from nightlight.settings import Home
from nightlight.simulator.feedback import Mode
from nightlight.simulator.wording import generated


@pytest.fixture
def shadow(monkeypatch: pytest.MonkeyPatch) -> Shadowing:
    made = Shadowing()
    monkeypatch.setattr(generated, "PATIENCE", 60.0)  # how busy this machine is decides nothing here
    monkeypatch.setattr(sessions, "shadowing", made)
    return made


def converse(home: Home, clock: Clock, person: str = "ana") -> Practice:
    practice = sessions.begin(home, person, CARD, mode=Mode.OFF, seed=5, clock=clock)
    for number in range(len(KIND)):
        say(home, practice, number, clock)
    return practice


def counted(home: Home) -> list[dict[str, object]]:
    with transaction(home.database_url) as connection:
        return rows_of(connection, "practice_wordings", "turn, is_shadow")


def said(home: Home, practice: Practice) -> list[tuple[object, ...]]:
    """Everything of a session, with whose words each line has."""
    return [(turn.replies, turn.worded, turn.state, turn.checks) for turn in sessions.resume(home, practice).turns]


def test_the_challenger_is_asked_for_the_same_lines_and_counted(
    llamas: Home, versions: Versions, shadow: Shadowing, llama_server: Server, clock: Clock
) -> None:
    champion, challenger = versions
    llama_server.says[served_name(challenger)] = "so anyway"
    roll_out(llamas, "llama", challenger.version, kind="shadow", by="clara", clock=clock)
    practice = converse(llamas, clock)
    shadow.waiting.join()
    assert practice.wording == kept(champion)
    heard, unheard = ([row for row in counted(llamas) if row["is_shadow"] == flag] for flag in (0, 1))
    assert heard
    assert {row["wording"] for row in heard} == {kept(champion)}
    assert {row["wording"] for row in unheard} == {kept(challenger)}
    assert [(row["turn"], row["asked"], row["at"]) for row in heard] == [
        (row["turn"], row["asked"], row["at"]) for row in unheard
    ]
    prompts = {
        name: [request["messages"] for request in llama_server.requests if request["model"] == served_name(version)]
        for name, version in (("champion", champion), ("challenger", challenger))
    }
    assert prompts["champion"] == prompts["challenger"]
    assert sum(int(str(row["spoken"])) for row in unheard) < sum(int(str(row["asked"])) for row in unheard)


def test_what_is_said_is_the_same_to_the_letter_with_a_shadow_and_without(
    with_llamas: Home,
    llamas: Home,
    versions: Versions,
    shadow: Shadowing,
    llama_server: Server,
    clock: Clock,
    tmp_path: Path,
) -> None:
    llama_server.says[served_name(versions[1])] = "something else"
    without = speaking(copy_home(with_llamas, tmp_path / "without"), llama_server.url)
    start_rollout(llamas, "llama", versions[1].version, kind="shadow", by="clara", clock=clock)
    spoken = said(llamas, converse(llamas, clock))
    shadow.waiting.join()
    assert any(row["is_shadow"] for row in counted(llamas))
    playing.found.clear()
    assert said(without, converse(without, Clock())) == spoken
    assert not any(row["is_shadow"] for row in counted(without))


def test_nobody_waits_for_a_shadow_that_does_not_answer(
    llamas: Home, versions: Versions, shadow: Shadowing, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    may_go_on, asked = threading.Event(), list[int]()

    def ask(spoken: Spoken) -> None:
        may_go_on.wait(30)
        asked.append(spoken.turn)

    monkeypatch.setattr(shadowing, "ask", ask)
    shadow.waiting.maxsize = 1
    practice = converse(llamas, clock)
    assert len(sessions.resume(llamas, practice).turns) == len(KIND) + 1  # while the first is still being asked
    assert asked == []
    may_go_on.set()
    shadow.waiting.join()
    heard = [row["turn"] for row in counted(llamas)]
    assert len(asked) < len(heard), "turns beyond what can wait are left out"


def test_a_shadow_that_fails_stops_no_conversation(
    llamas: Home, versions: Versions, shadow: Shadowing, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadowing, "shadow_of", lambda home, kept: 1 / 0)
    converse(llamas, clock)
    converse(llamas, clock, "ben")
    shadow.waiting.join()
    assert {row["is_shadow"] for row in counted(llamas)} == {0}


def test_no_words_are_in_the_figures(
    llamas: Home, versions: Versions, shadow: Shadowing, llama_server: Server, clock: Clock
) -> None:
    start_rollout(llamas, "llama", versions[1].version, kind="shadow", by="clara", clock=clock)
    practice = converse(llamas, clock)
    shadow.waiting.join()
    stored = " ".join(str(value) for row in counted(llamas) for value in row.values())
    texts = [reply.text for turn in sessions.resume(llamas, practice).turns for reply in turn.replies]
    assert not any(text in stored for text in (*texts, *KIND))


def test_an_erased_person_s_figures_are_gone_and_none_come_after(
    llamas: Home, versions: Versions, shadow: Shadowing, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    start_rollout(llamas, "llama", versions[1].version, kind="shadow", by="clara", clock=clock)
    waiting, go_on = list[Spoken](), shadowing.ask
    monkeypatch.setattr(shadowing, "ask", waiting.append)
    converse(llamas, clock)
    converse(llamas, clock, "ben")
    shadow.waiting.join()
    tables.erase_person(llamas, "ana", by="ada")
    for spoken in waiting:
        go_on(spoken)
    with transaction(llamas.database_url) as connection:
        theirs = {row["id"] for row in rows_of(connection, "practice_sessions", "id", person="ben")}
    assert {row["session"] for row in counted(llamas)} == theirs
    assert {row["is_shadow"] for row in counted(llamas)} == {0, 1}
