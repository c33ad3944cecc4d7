"""While pages are served, live conversations are looked at, and whoever is on duty is called."""

import socketserver
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread

import pytest
from tests.operations.test_alerts import MailServer, serving
from tests.web.conftest import NOW
from tests.web.quality.conftest import As, Clock

from nightlight.conversations.labels import Author
from nightlight.db import rows_of, transaction
from nightlight.errors import NightlightError
from nightlight.quality.access import Reach
from nightlight.quality.events import Event as Message
from nightlight.quality.live import take_event
from nightlight.quality.shifts import begin_shift
from nightlight.settings import Home
from nightlight.sql.broker import Broker
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


SAM = Reach("sam", counselors=frozenset({"v1"}))


class DeafServer(socketserver.TCPServer):
    """A mail server that takes the connection and says nothing until `let_go`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Silence)
        self.asked, self.let_go = Event(), Event()


class _Silence(socketserver.BaseRequestHandler):
    server: DeafServer

    def handle(self) -> None:
        self.server.asked.set()
        self.server.let_go.wait(timeout=30)


@pytest.fixture
def mails() -> Iterator[MailServer]:
    yield from serving(MailServer())


@pytest.fixture
def deaf() -> Iterator[DeafServer]:
    yield from serving(DeafServer())


def served_by(line: Home, host: str) -> Home:
    return replace(line, settings=replace(line.settings, alert_mail_host=host, mail_from="line@example.org"))


def test_whoever_is_on_duty_and_of_the_team_is_called_and_opening_answers_it(
    sign_in: As, line: Home, mails: MailServer, clock: Clock
) -> None:
    home = served_by(line, f"127.0.0.1:{mails.server_address[1]}")
    browser = sign_in("sam")
    browser.post("/quality/shift/begin", data={"mail": "sam@example.org"})
    with Broker(home) as broker:
        watch.call(home, broker, clock)
        assert ["To: sam@example.org" in mail for mail in mails.mails] == [True], "and live-2 is of another team"
        assert "live-1" in mails.mails[0]
        browser.post("/quality/conversations/live-1/open", data={"purpose": "quality_review"})
        clock.pass_by(minutes=6)
        watch.call(home, broker, clock)
    assert len(mails.mails) == 1


def test_a_flag_that_nobody_on_duty_has_heard_of_is_said_above_the_queue(
    sign_in: As, line: Home, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    assert "nobody on duty has been told" not in sign_in("sam").get("/quality").text
    with Broker(line) as broker:
        watch.call(line, broker, clock)
    assert "reached nobody" in caplog.text
    assert "dying" not in caplog.text
    page = " ".join(sign_in("sam").get("/quality").text.split())
    assert "A conversation calls for somebody now, and nobody on duty has been told." in page
    assert "the mail did not go out: nobody is on duty with an address" in page
    assert "live-1" not in sign_in("olga").get("/quality").text


def test_a_mail_server_that_says_nothing_holds_up_no_message(
    sign_in: As, line: Home, deaf: DeafServer, clock: Clock
) -> None:
    begin_shift(line, mail="sam@example.org", by=SAM, clock=clock)
    home = served_by(line, f"127.0.0.1:{deaf.server_address[1]}")
    with Broker(home) as broker:
        calling = Thread(target=watch.call, args=(home, broker, clock))
        calling.start()
        assert deaf.asked.wait(timeout=30)
        answer = take_event(home, Message("live-1", "m6", Author.TEXTER, "hello?", clock()), clock=clock)
        assert answer.is_read
        assert sign_in("sam").get("/quality").status_code == 200
        assert calling.is_alive()
        deaf.let_go.set()
        calling.join(timeout=30)
