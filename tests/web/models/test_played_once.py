"""Work for pages of two models: done once, kept, waited for by nobody."""

import pytest

from nightlight.errors import NightlightError
from nightlight.web.models import played_once as work
from nightlight.web.models.played_once import Busy, played_before, played_once


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_played", type(work._played)())


def test_what_was_played_is_kept() -> None:
    asked: list[str] = []

    def play() -> str:
        asked.append("played")
        return "the lines"

    assert played_before(("lines", "one")) is None
    assert [played_once(("lines", "one"), play) for _ in range(2)] == ["the lines"] * 2
    assert (played_before(("lines", "one")), asked) == ("the lines", ["played"])


def test_nobody_waits_while_another_plays() -> None:
    def while_playing() -> str:
        with pytest.raises(Busy, match="just now"):
            played_once(("lines", "other"), lambda: "never")
        return "mine"

    assert played_once(("lines", "mine"), while_playing) == "mine"
    assert played_once(("lines", "other"), lambda: "now") == "now"


def test_what_failed_is_tried_again() -> None:
    def fail() -> str:
        raise NightlightError("the files are missing")

    with pytest.raises(NightlightError, match="missing"):
        played_once(("lines", "one"), fail)
    assert played_once(("lines", "one"), lambda: "restored") == "restored"


def test_only_the_last_are_kept() -> None:
    for number in range(work.KEPT + 1):
        played_once(("lines", str(number)), lambda: "said")
    assert played_before(("lines", "0")) is None
    assert played_before(("lines", str(work.KEPT))) == "said"
