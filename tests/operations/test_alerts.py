"""Promises of the alerts: each target hears of a failure once, of its end once, and its own failing stops nothing."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, TypeVar

import pytest

from nightlight.errors import NightlightError
from nightlight.operations.alerts import announce, send_test, targets, told
from nightlight.settings import Home, Settings

Server = TypeVar("Server", bound=socketserver.BaseServer)

FAILING = {"source messages": "exports/messages: no file matches"}


class Webhook(HTTPServer):
    """A chat system's incoming webhook: keeps what it is sent, answers `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Post)
        self.received: list[dict[str, Any]] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook/secret-token"


class _Post(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.status == 200:
            self.server.received.append(body)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class MailServer(socketserver.TCPServer):
    """As much of SMTP as a mail needs; it does not take mails to `refused`."""

    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Dialogue)
        self.mails: list[str] = []
        self.refused = ""

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Dialogue(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 ready")
        self._talk()

    def _talk(self) -> None:
        while line := self.rfile.readline().decode().strip():
            match line.split()[0].upper():
                case "DATA":
                    self._say("354 go on")
                    lines = iter(lambda: self.rfile.readline().decode(), ".\r\n")
                    self.server.mails.append("".join(line.removeprefix(".") for line in lines))
                    self._say("250 taken")
                case "RCPT" if self.server.refused and self.server.refused in line:
                    self._say("550 no such box: somebody's words")
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 fine")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    yield from serving(Webhook())


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    yield from serving(MailServer())


def serving(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def home_with(tmp_path: Path) -> Callable[..., Home]:
    root = Home.create(tmp_path / "harbour").root
    return lambda **settings: Home(root, Settings(**settings))


def tell(home: Home, failing: Mapping[str, str], *, undecided: bool = False) -> list[str]:
    return announce(home, failing, undecided=lambda subject: undecided)


def test_a_failure_is_announced_once_and_its_end_once(webhook: Webhook, home_with: Callable[..., Home]) -> None:
    home = home_with(alert_webhook=webhook.url)
    for failing in (FAILING, FAILING, {}, {}):
        assert tell(home, failing) == []
    first, second = webhook.received
    assert first["failing"] == [{"subject": "source messages", "error": FAILING["source messages"]}]
    assert first["text"].startswith("Nightlight harbour: 1 failure\nsource messages fails: ")
    assert second["failing"] == []
    assert second["solved"][0]["subject"] == "source messages"


def test_a_restart_repeats_nothing(webhook: Webhook, home_with: Callable[..., Home]) -> None:
    tell(home_with(alert_webhook=webhook.url), FAILING)
    tell(home_with(alert_webhook=webhook.url), FAILING)
    assert len(webhook.received) == 1


def test_another_failure_of_the_same_source_is_news_but_a_grown_count_is_not(
    webhook: Webhook, home_with: Callable[..., Home]
) -> None:
    home = home_with(alert_webhook=webhook.url)
    for line in ("7 rows break it", "1,024 rows break it", "the disk is full"):
        tell(home, {"dataset gold.retention": line})
    assert [post["failing"][0]["error"] for post in webhook.received] == ["7 rows break it", "the disk is full"]


def test_what_a_round_could_not_decide_is_not_called_solved(webhook: Webhook, home_with: Callable[..., Home]) -> None:
    home = home_with(alert_webhook=webhook.url)
    tell(home, FAILING)
    tell(home, {}, undecided=True)
    assert len(webhook.received) == 1
    tell(home, {})
    assert webhook.received[1]["solved"]


def test_a_mail_says_what_fails(mail_server: MailServer, home_with: Callable[..., Home]) -> None:
    home = home_with(alert_mail_to="ops@example.org", alert_mail_host=mail_server.host)
    assert tell(home, FAILING) == []
    (mail,) = mail_server.mails
    assert "Subject: Nightlight harbour: 1 failure" in mail
    assert "To: ops@example.org" in mail
    assert "source messages fails: exports/messages: no file matches" in mail


def test_a_target_that_could_not_be_reached_hears_of_it_later_and_the_other_only_once(
    webhook: Webhook, mail_server: MailServer, home_with: Callable[..., Home]
) -> None:
    home = home_with(alert_webhook=webhook.url, alert_mail_to="ops@example.org", alert_mail_host=mail_server.host)
    webhook.status = 503
    (problem,) = tell(home, FAILING)
    assert problem == "alert by webhook not delivered: it answered 503; the next round tries again"
    webhook.status = 200
    assert tell(home, FAILING) == []
    assert len(webhook.received) == len(mail_server.mails) == 1


def test_an_unreachable_target_is_a_line_without_the_webhooks_secret(home_with: Callable[..., Home]) -> None:
    closed = Webhook()
    closed.server_close()
    home = home_with(
        alert_webhook=closed.url, alert_mail_to="ops@example.org", alert_mail_host=f"127.0.0.1:{closed.server_port}"
    )
    problems = tell(home, FAILING)
    assert len(problems) == 2
    assert all("Connection refused" in problem for problem in problems)
    assert "secret-token" not in "".join(problems)


def test_the_state_is_the_owners_alone_and_a_damaged_one_counts_as_empty(
    webhook: Webhook, home_with: Callable[..., Home]
) -> None:
    home = home_with(alert_webhook=webhook.url)
    tell(home, FAILING)
    state = home.root / "alerts.json"
    assert state.stat().st_mode & 0o077 == 0
    state.write_text("{")
    assert tell(home, FAILING) == []
    assert len(webhook.received) == 2


def test_a_test_reaches_every_target_says_that_nothing_failed_and_is_no_failure(
    webhook: Webhook, home_with: Callable[..., Home]
) -> None:
    home = home_with(alert_webhook=webhook.url, alert_mail_to="a@line.org", alert_mail_host="127.0.0.1:1")
    results = send_test(home)
    assert results["webhook"] == ""
    assert results["e-mail"]
    assert webhook.url not in str(results)
    assert "nothing failed" in webhook.received[0]["text"]
    assert told(home) == {}
    assert send_test(home_with()) == {}


def test_what_was_told_stands_until_it_is_solved(webhook: Webhook, home_with: Callable[..., Home]) -> None:
    home = home_with(alert_webhook=webhook.url)
    tell(home, FAILING)
    assert told(home) == {"webhook": FAILING}
    tell(home, {})
    assert told(home) == {"webhook": {}}


def test_a_webhook_that_is_no_web_address_is_refused() -> None:
    with pytest.raises(NightlightError, match="'alert_webhook' is not a web address"):
        targets(Settings(alert_webhook="file:///etc/hostname"))
