"""The pages' side of a workspace: who holds a ticket, who may stay, and connections to the pages for its kernels.

The server asks in JSON lines on a socket that nobody else holds. A kernel can open no socket: it sends a byte on the
line it was started with, and is sent one that is connected to the pages, with the workspace's token."""

import json
import selectors
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

from nightlight.errors import NightlightError

LINE_LIMIT, PATIENCE = 10_000, 5.0


@dataclass(frozen=True)
class Answers:
    """What the pages say: whose ticket it is, whether somebody may stay, the workspace's token, and that all ended."""

    enter: Callable[[str], dict[str, str] | None]
    stays: Callable[[str, str, bool], bool]
    token: Callable[[], str]
    ended: Callable[[], None]


class Door:
    """Answers on a thread of its own until the server has ended, or it is closed."""

    def __init__(self, server: socket.socket, path: Path, pages: tuple[str, int], answers: Answers) -> None:
        self._server, self._pages, self._answers, self._begun = server, pages, answers, b""
        self._kernels = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._kernels.bind(str(path))
        self._kernels.listen(16)
        self._selector = selectors.DefaultSelector()
        self._selector.register(server, selectors.EVENT_READ, self._answer)
        self._selector.register(self._kernels, selectors.EVENT_READ, self._accept)
        Thread(target=self._serve, name="notebooks", daemon=True).start()

    def _serve(self) -> None:
        while self._server.fileno() >= 0:
            for key, _ in self._selector.select():
                try:
                    key.data(key.fileobj)
                except (OSError, ValueError, KeyError, TypeError):  # a line that broke, or what is no question
                    self._forget(key.fileobj)
        for key in list(self._selector.get_map().values()):
            self._forget(key.fileobj)
        self._selector.close()
        self._answers.ended()

    def _accept(self, listening: socket.socket) -> None:
        line, _ = listening.accept()
        line.settimeout(PATIENCE)
        self._selector.register(line, selectors.EVENT_READ, self._connect)

    def _connect(self, line: socket.socket) -> None:
        """A connection for a kernel, or in its place why there is none."""
        if not line.recv(1):
            self._forget(line)
            return
        try:
            token = self._answers.token()
        except NightlightError as error:
            line.sendall(b"!" + str(error).encode()[:LINE_LIMIT])
            return
        with socket.create_connection(self._pages, PATIENCE) as connection:
            socket.send_fds(line, [token.encode()], [connection.fileno()])

    def _answer(self, server: socket.socket) -> None:
        received = server.recv(LINE_LIMIT)
        if not received or len(self._begun) > LINE_LIMIT:
            self._forget(server)
            return
        *questions, self._begun = (self._begun + received).split(b"\n")
        for question in questions:
            server.sendall(json.dumps(self._reply(json.loads(question))).encode() + b"\n")

    def _reply(self, question: dict[str, Any]) -> dict[str, Any]:
        """Whatever goes wrong here, the answer is no."""
        with suppress(NightlightError):
            if "ticket" in question:
                return self._answers.enter(str(question["ticket"])) or {}
            return {"stays": self._answers.stays(question["person"], question["session"], bool(question["here"]))}
        return {}

    def _forget(self, line: Any) -> None:
        with suppress(KeyError, ValueError):
            self._selector.unregister(line)
        line.close()
