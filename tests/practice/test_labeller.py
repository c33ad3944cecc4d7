"""Sessions that begin after a promotion are read by the new labeller; one that goes on keeps the one it began with."""

import shutil
from pathlib import Path

import pytest
from tests.labelling.registered import let_people_decide, looked_up_at_once, to_production, write_other
from tests.practice.conftest import CARD, SECRET, Clock

from nightlight.labelling.model import shipped_model
from nightlight.labelling.serving import _following, labeller_in_use
from nightlight.practice import sessions
from nightlight.practice.playing import playing
from nightlight.practice.sessions import Practice
from nightlight.registry.versions import FILES, run_folder
from nightlight.settings import Home
from nightlight.simulator.feedback import Mode
from nightlight.simulator.session import Said


def labeller_of(home: Home, practice: Practice) -> str:
    """The version that reads a session's next message."""
    return sessions.resume(home, practice).labeller.version


def test_a_new_champion_reads_the_sessions_that_begin_then(
    people: Home, empty_registry: Path, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up_at_once(monkeypatch)
    shutil.copytree(empty_registry, people.registry)
    let_people_decide(people)

    def begin() -> Practice:
        return sessions.begin(people, "ana", CARD, mode=Mode.NUDGE, seed=3, clock=clock)

    running = begin()
    sessions.record(people, running, Said(20.0, SECRET), key="a", clock=clock)
    version = to_production(people, write_other(tmp_path / "other"))
    fresh = begin()
    assert fresh.labeller == labeller_in_use(people).version != shipped_model().version
    assert (running.labeller, labeller_of(people, running)) == (shipped_model().version,) * 2
    assert labeller_of(people, fresh) == fresh.labeller
    playing.found.clear()  # another process, or this one begun again
    assert labeller_of(people, running) == shipped_model().version
    (run_folder(people, version) / FILES / "counselor.npz").write_bytes(b"")
    playing.found.clear()
    _following.cache_clear()
    assert begin().labeller == shipped_model().version
    assert sessions.record(people, fresh, Said(20.0, SECRET), key="b", clock=clock).replies
