"""A browser of somebody in a workspace, without a window: comes in with a ticket, runs cells, sees what they print."""

import asyncio
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener

from fastapi import FastAPI


@dataclass(frozen=True)
class Output:
    """What a cell gave: its printed text and last value, and the error that ended it."""

    text: str
    error: str


class Guest:
    """Enters at an address that the pages gave."""

    def __init__(self, address: str) -> None:
        self.base = address.split("/login")[0]
        self.jar = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self.jar), HTTPRedirectHandler())
        with self._opener.open(address, timeout=30) as answer:
            self.arrived, self.headers = answer.url, dict(answer.headers)

    def get(self, path: str) -> tuple[int, str]:
        return self.send("GET", path)

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Status and text; redirects are followed."""
        from urllib.error import HTTPError

        xsrf = next((cookie.value or "" for cookie in self.jar if cookie.name == "_xsrf"), "")
        headers = {"X-XSRFToken": xsrf, "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.base + path, data, headers, method=method)  # noqa: S310 - this machine
        try:
            with self._opener.open(request, timeout=60) as answer:
                return answer.status, answer.read().decode(errors="replace")
        except HTTPError as error:
            with error:
                return error.code, error.read().decode(errors="replace")

    def start_kernel(self) -> str:
        status, text = self.send("POST", "/api/kernels", {"name": "nightlight"})
        assert status == 201, text
        return str(json.loads(text)["id"])

    def run(self, kernel: str, *cells: str, username: str = "somebody else") -> list[Output]:
        """Run cells one after another, in messages that claim to be of `username`."""
        return asyncio.run(self._run(kernel, cells, username))

    def shown_out(self, kernel: str, act: Callable[[], object]) -> int:
        """The code with which the server closes a kernel's socket, which is open when `act` is called."""

        async def hold() -> int:
            socket = await self._connect(kernel)
            await asyncio.to_thread(act)
            while await socket.read_message() is not None:
                pass
            socket.close()
            return int(socket.close_code or 0)

        return asyncio.run(asyncio.wait_for(hold(), 60))

    async def _connect(self, kernel: str) -> Any:
        from tornado.httpclient import HTTPRequest
        from tornado.websocket import websocket_connect

        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)
        address = f"{self.base.replace('http', 'ws', 1)}/api/kernels/{kernel}/channels?session_id={uuid.uuid4()}"
        return await websocket_connect(HTTPRequest(address, headers={"Cookie": cookies, "Origin": self.base}))

    async def _run(self, kernel: str, cells: tuple[str, ...], username: str) -> list[Output]:
        socket = await self._connect(kernel)
        outputs = [await asyncio.wait_for(self._run_cell(socket, cell, username), 120) for cell in cells]
        await _closed(socket)
        return outputs

    async def _run_cell(self, socket: Any, code: str, username: str) -> Output:
        asked = str(uuid.uuid4())
        header = {"msg_id": asked, "username": username, "session": "s", "msg_type": "execute_request"}
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": False}
        message = {"channel": "shell", "header": {**header, "version": "5.3", "date": "2026-03-01T00:00:00Z"}}
        await socket.write_message(json.dumps({**message, "parent_header": {}, "metadata": {}, "content": content}))
        text, error = "", ""
        while True:
            said = json.loads(await socket.read_message())
            if said["parent_header"].get("msg_id") != asked:
                continue
            match said["msg_type"]:
                case "stream":
                    text += said["content"]["text"]
                case "execute_result" | "display_data":
                    text += said["content"]["data"].get("text/plain", "")
                case "error":
                    error = f"{said['content']['ename']}: {said['content']['evalue']}"
                case "status" if said["content"]["execution_state"] == "idle":
                    return Output(text, error)


@contextmanager
def served(app: FastAPI) -> Iterator[int]:
    """The pages on a loopback port, which is given."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(30)


async def _closed(socket: Any) -> None:
    """Wait until both sides have closed a WebSocket, so that nothing of it is left when the loop ends."""
    socket.close()
    while await socket.read_message() is not None:
        pass
