"""A kernel's line to the pages: HTTP on connections that the pages hand over, one for each request.

The kernel opens no socket itself, which it may not, and keeps no token: each connection comes with one."""

import http.client
import json
import socket
from pathlib import Path
from threading import Lock
from typing import Any

from nightlight.errors import NightlightError

TOKEN_LIMIT, PATIENCE = 10_000, 600
GONE = NightlightError("the pages do not answer", remedy="restart the kernel; is Nightlight still being served?")


class LineToPages:
    """Asks the pages as the workspace; `person` is told to the audit with each request, and gives no right."""

    def __init__(self, path: Path) -> None:
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._line.connect(str(path))
        self._lock = Lock()

    def ask(
        self, method: str, path: str, body: Any = None, *, person: str = "", accept: str = "application/json"
    ) -> tuple[bytes, dict[str, str]]:
        """The answer's body and headers; raises NightlightError with what the pages say."""
        token, connection = self._connection()
        headers = {"Authorization": f"Bearer {token}", "Accept": accept, "Content-Type": "application/json"}
        if person:
            headers["X-Nightlight-Person"] = person
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            raise GONE from None
        finally:
            connection.close()
        if answer.status >= 400:
            raise _refusal(answer.status, content)
        return content, {name.lower(): value for name, value in answer.getheaders()}

    def json(self, method: str, path: str, body: Any = None, *, person: str = "") -> Any:
        return json.loads(self.ask(method, path, body, person=person)[0])

    def close(self) -> None:
        self._line.close()

    def _connection(self) -> tuple[str, http.client.HTTPConnection]:
        with self._lock:
            try:
                self._line.sendall(b"\n")
                message, descriptors, _, _ = socket.recv_fds(self._line, TOKEN_LIMIT, 1)
            except OSError:
                raise GONE from None
        if not descriptors:
            raise NightlightError(message[1:].decode(errors="replace")) if message else GONE
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(fileno=descriptors[0])
        connection.sock.settimeout(PATIENCE)
        connection.auto_open = 0
        return message.decode(), connection


def _refusal(status: int, content: bytes) -> NightlightError:
    try:
        said = json.loads(content)
        return NightlightError(str(said["error"]), remedy=said.get("remedy") or None)
    except (ValueError, KeyError, TypeError):
        return NightlightError(f"the pages answered {status}")
