"""A small OpenAI-compatible server for tests: real HTTP on loopback, replies made from the prompt, faults on request.

Run by hand: `python -m tests.simulator.openai_server PORT`; the model's name in a request picks how it behaves."""

import json
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

LINE = re.compile(r'"(.*)"\nSay it in your own words', re.DOTALL)
SLOW = 30.0  # seconds


@dataclass
class Server:
    """Where it listens, and every request it got."""

    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    says: dict[str, str] = field(default_factory=dict)  # what a model's name answers, other than the built-in ones
    stopping: threading.Event = field(default_factory=threading.Event)


def reworded(system: str) -> str:
    """The line of the prompt in other words, always the same."""
    found = LINE.search(system)
    return f"well, {found[1]}" if found else "well"


def application(server: Server) -> Any:
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse

    app = FastAPI()

    @app.post("/v1/chat/completions")
    async def complete(request: Request) -> Response:
        body = await request.json()
        server.requests.append({**body, "key": request.headers.get("authorization", "")})
        model = body["model"]
        if model in ("error", "flaky") and (model == "error" or len(server.requests) == 1):
            return JSONResponse({"error": "out of memory"}, 500)
        if model == "refuses":
            return JSONResponse({"error": "no such model"}, 404)
        if model == "moved":
            return RedirectResponse("http://192.0.2.1/v1/chat/completions", 307)
        if model == "broken":
            return PlainTextResponse("data: {broken\n\n", media_type="text/event-stream")
        if model == "page":
            return PlainTextResponse("<html>welcome</html>")
        if model == "shapeless":
            return PlainTextResponse('data: {"choices": [{"delta": 3}]}\n\n', media_type="text/event-stream")
        text = server.says.get(model, reworded(body["messages"][0]["content"]))
        if not body.get("stream"):
            return JSONResponse({"choices": [{"message": {"role": "assistant", "content": text}}]})
        return StreamingResponse(_events(server, model, text), media_type="text/event-stream")

    return app


def _events(server: Server, model: str, text: str) -> Iterator[str]:
    if model == "slow":
        server.stopping.wait(SLOW)
    if model == "empty":
        yield "data: [DONE]\n\n"
        return
    words = re.findall(r"\S+\s*", text)
    if model == "endless":
        words = words * 1000
    for word in words:
        if model in ("drips", "endless"):
            server.stopping.wait(0.05)
        if server.stopping.is_set():
            return
        yield f"data: {json.dumps({'choices': [{'index': 0, 'delta': {'content': word}}]})}\n\n"
        if model == "drips":
            server.stopping.wait(SLOW)
    yield "data: [DONE]\n\n"


@contextmanager
def running(port: int = 0) -> Iterator[Server]:
    """A server for as long as the block."""
    import uvicorn

    server = Server()
    runner = uvicorn.Server(uvicorn.Config(application(server), port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=runner.run)
    thread.start()
    try:
        while not runner.started:
            if not thread.is_alive():
                raise RuntimeError("the server did not start")
            time.sleep(0.01)  # until its socket listens
        address = runner.servers[0].sockets[0].getsockname()
        server.url = f"http://127.0.0.1:{address[1]}"
        yield server
    finally:
        server.stopping.set()
        runner.should_exit = runner.force_exit = True
        thread.join()


if __name__ == "__main__":
    with running(int(sys.argv[1])) as here:
        sys.stdout.write(f"{here.url}\n")
        sys.stdout.flush()
        here.stopping.wait()
