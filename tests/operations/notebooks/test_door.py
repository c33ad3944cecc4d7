"""The pages' side of a workspace: it answers who may come in and stay, and hands kernels connections with a token."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import pytest

from nightlight.errors import NightlightError
from nightlight.operations.notebooks.door import Answers, Door
from nightlight.operations.notebooks.line_to_pages import LineToPages


class House:
    """A door with pages behind it that answer every request with what they were sent."""

    def __init__(self, folder: Path) -> None:
        self.path, self.ended = folder / "pages.sock", Event()
        self.requests: list[str] = []
        self.asked: list[tuple[str, str, bool]] = []
        self.token, self.status, self.body = "secret-token", "200 OK", b'{"answer": 1}'
        self.pages = socket.create_server(("127.0.0.1", 0))
        Thread(target=self._serve, daemon=True).start()
        ours, self.server = socket.socketpair()
        self.server.settimeout(10)
        Door(ours, self.path, self.pages.getsockname(), Answers(self._enter, self._stays, self._token, self.ended.set))

    def ask(self, line: bytes) -> bytes:
        self.server.sendall(line + b"\n")
        return self.server.recv(10_000)

    def _enter(self, ticket: str) -> dict[str, str] | None:
        return {"person": "ana", "session": "s1"} if ticket == "good" else None

    def _stays(self, person: str, session: str, here: bool) -> bool:
        if person == "broken":
            raise NightlightError("the catalog's database cannot be opened")
        self.asked.append((person, session, here))
        return person == "ana"

    def _token(self) -> str:
        if not self.token:
            raise NightlightError("purpose 'p' is not allowed to workspace_a")
        return self.token

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.pages.accept()
            except OSError:
                return
            with connection:
                self.requests.append(connection.recv(100_000).decode())
                head = f"HTTP/1.1 {self.status}\r\nContent-Length: {len(self.body)}\r\nX-Kind: a\r\n\r\n"
                connection.sendall(head.encode() + self.body)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.server.close()
    assert house.ended.wait(10)
    house.pages.close()


@pytest.fixture
def line(house: House) -> Iterator[LineToPages]:
    line = LineToPages(house.path)
    yield line
    line.close()


def test_a_ticket_tells_whose_it_is_and_a_bad_one_nothing(house: House) -> None:
    assert json.loads(house.ask(b'{"ticket": "good"}')) == {"person": "ana", "session": "s1"}
    assert json.loads(house.ask(b'{"ticket": "guessed"}')) == {}


def test_who_may_stay_is_asked_each_time(house: House) -> None:
    assert json.loads(house.ask(b'{"person": "ana", "session": "s1", "here": true}')) == {"stays": True}
    assert json.loads(house.ask(b'{"person": "sam", "session": "s2", "here": false}')) == {"stays": False}
    assert house.asked == [("ana", "s1", True), ("sam", "s2", False)]


def test_when_the_pages_cannot_tell_nobody_stays(house: House) -> None:
    assert json.loads(house.ask(b'{"person": "broken", "session": "s1", "here": true}')) == {}


@pytest.mark.parametrize("question", [b"no JSON", b"[]", b'{"person": "ana"}', b"x" * 9_000 + b"\n"])
def test_a_server_that_asks_what_is_no_question_is_cut_off(house: House, question: bytes) -> None:
    with suppress(OSError):  # cut off while it is still sending
        assert house.ask(question) == b""
    assert house.ended.wait(10)


def test_a_kernel_asks_the_pages_with_the_workspaces_token_and_the_persons_name(
    house: House, line: LineToPages
) -> None:
    content, headers = line.ask("POST", "/api/sql", {"sql": "SELECT 1"}, person="ana")
    assert (content, headers["x-kind"]) == (b'{"answer": 1}', "a")
    assert "Authorization: Bearer secret-token" in house.requests[0]
    assert "X-Nightlight-Person: ana" in house.requests[0]
    house.token = "another"
    assert line.json("GET", "/api/me") == {"answer": 1}
    assert "Bearer another" in house.requests[1]
    assert "X-Nightlight-Person" not in house.requests[1]


def test_a_refusal_of_the_pages_is_told_as_they_said_it(house: House, line: LineToPages) -> None:
    house.status, house.body = "400 Bad Request", b'{"error": "there is no table \'a.b\'", "remedy": "look again"}'
    with pytest.raises(NightlightError, match=r"there is no table 'a.b'; look again"):
        line.ask("POST", "/api/sql", {"sql": "SELECT 1"})
    house.body = b"<html>"
    with pytest.raises(NightlightError, match="the pages answered 400"):
        line.ask("POST", "/api/sql", {"sql": "SELECT 1"})


def test_a_workspace_without_a_token_is_told_why(house: House, line: LineToPages) -> None:
    house.token = ""
    with pytest.raises(NightlightError, match="purpose 'p' is not allowed"):
        line.ask("GET", "/api/me")


def test_pages_that_are_gone_are_said_to_be_gone(house: House, line: LineToPages) -> None:
    house.pages.shutdown(socket.SHUT_RDWR)
    house.pages.close()
    with pytest.raises(NightlightError, match="the pages do not answer"):
        line.ask("GET", "/api/me")


def test_all_ends_when_the_server_ends(house: House, line: LineToPages) -> None:
    line.ask("GET", "/api/me")
    house.server.close()
    assert house.ended.wait(10)
    with pytest.raises(NightlightError, match="the pages do not answer"):
        line.ask("GET", "/api/me")
