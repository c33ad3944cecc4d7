"""While pages are served, live conversations are looked at."""

from datetime import timedelta
from threading import Event, Thread

import pytest
from tests.web.conftest import NOW

from nightlight.conversations.labels import Author
from nightlight.db import rows_of, transaction
from nightlight.errors import NightlightError
from nightlight.quality.events import Event as Message
from nightlight.quality.live import take_event
from nightlight.settings import Home
from nightlight.web.quality import watch


def test_what_ended_long_ago_is_forgotten_by_looking(home: Home) -> None:
    message = Message("live-1", "m1", Author.TEXTER, "hi", NOW)
    take_event(home, message, clock=lambda: NOW)
    watch.look(home, lambda: NOW + timedelta(hours=49))
    with transaction(home.database_url) as connection:
        assert [row["text"] for row in rows_of(connection, "quality_messages", "1")] == [None]


def test_a_look_that_fails_is_told_and_ends_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looks: list[str] = []
    ending = Event()

    def fail(_: Home, **__: object) -> None:
        looks.append("look")
        if len(looks) == 3:
            ending.set()
        raise ValueError("a secret word") if len(looks) == 2 else NightlightError("the database is away")

    monkeypatch.setattr(watch, "look_again", fail)
    monkeypatch.setattr(watch, "EVERY_SECONDS", 0.0)
    watching = Thread(target=watch.watch, args=(home, lambda: NOW, ending))
    watching.start()
    watching.join(timeout=30)
    assert looks == ["look"] * 3
    assert "the database is away" in caplog.text
    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text
