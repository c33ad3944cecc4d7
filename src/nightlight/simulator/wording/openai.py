"""A model behind an OpenAI-compatible address inside the organization: vLLM, llama.cpp's server, Ollama.

One call words one step. It is read in a thread of its own, so that no server, name look-up or slow drip of bytes holds
a trainee longer than the timeout."""

import json
import os
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cached_property
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError
from nightlight.settings import OPENAI
from nightlight.simulator.wording.breaker import Breaker
from nightlight.simulator.wording.generated import NoWords
from nightlight.simulator.wording.prompt import Prompt

if TYPE_CHECKING:
    import httpx2

    from nightlight.settings import WordingSettings

PATH = "/v1/chat/completions"
TEMPERATURE, TOP_P = 0.8, 0.95
TRIES = 2
EMPTY = "empty"
AGAIN = frozenset({"not reached", "server error"})  # failures at once, which another try may mend
CHUNK = "data:"
LONGEST_LINE = 100_000  # characters of one chunk


class OpenAIGenerator:
    """Chat completions of one model at one address; one serves all sessions of a process."""

    name = OPENAI

    def __init__(
        self, url: str, model: str, *, seconds: float, api_key: str = "", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.model = model
        self._url = address_of(url)
        self._seconds = seconds
        self._api_key = api_key
        self._breaker = Breaker(clock)

    @cached_property
    def _client(self) -> "httpx2.Client":
        return open_client(self._api_key)

    def generate(self, prompt: Prompt, *, seed: int, most_tokens: int) -> Iterator[str]:
        if not self._breaker.lets_through():
            raise NoWords("resting")
        failed = False  # also where the reader has enough and closes this
        try:
            yield from self._tried(self._body(prompt, seed, most_tokens), time.monotonic() + self._seconds)
        except NoWords as none:
            failed = none.reason != EMPTY  # the server works, the model had nothing to say
            raise
        finally:
            self._breaker.tell(failed=failed)

    def _body(self, prompt: Prompt, seed: int, most_tokens: int) -> dict[str, Any]:
        asked = body_of(self.model, prompt.messages(), seed=seed, most_tokens=most_tokens)
        return {**asked, "stream": True, "stop": ["\n"]}

    def _tried(self, body: dict[str, Any], until: float) -> Iterator[str]:
        """The pieces of the first try that gives any."""
        for attempt in range(1, TRIES + 1):
            spoken = False
            try:
                with closing(self._call(body, until)) as pieces:
                    for piece in pieces:
                        spoken = True
                        yield piece
            except NoWords as none:
                if spoken or attempt == TRIES or none.reason not in AGAIN:
                    raise
            else:
                if not spoken:
                    raise NoWords(EMPTY)
                return

    def _call(self, body: dict[str, Any], until: float) -> Generator[str]:
        """One call's pieces; raises NoWords, at `until` at the latest."""
        found: SimpleQueue[str | NoWords | None] = SimpleQueue()
        stop = Event()
        Thread(target=self._listen, args=(body, until, found, stop), name="wording", daemon=True).start()
        try:
            while True:
                try:
                    each = found.get(timeout=max(0.0, until - time.monotonic()))
                except Empty:
                    raise NoWords("timeout") from None
                if each is None:
                    return
                if isinstance(each, NoWords):
                    raise each
                yield each
        finally:
            stop.set()

    def _listen(
        self, body: dict[str, Any], until: float, found: "SimpleQueue[str | NoWords | None]", stop: Event
    ) -> None:
        """Call the server and hand over its pieces until it ends, fails, or nobody wants more."""
        import httpx2

        try:
            left = max(0.05, until - time.monotonic())
            with self._client.stream("POST", self._url, json=body, timeout=left) as answer:
                _check(answer)
                for piece in _pieces(answer):
                    if stop.is_set():
                        return
                    found.put(piece)
            found.put(None)
        except NoWords as none:
            found.put(none)
        except httpx2.TimeoutException:
            found.put(NoWords("timeout"))
        except httpx2.HTTPError:
            found.put(NoWords("not reached"))
        except Exception:  # whatever a server sends, a conversation goes on
            found.put(NoWords("broken answer"))


def _check(answer: "httpx2.Response") -> None:
    if answer.status_code >= 500 or answer.status_code == 429:
        raise NoWords("server error")
    if answer.status_code != 200:
        raise NoWords("refused")


def _pieces(answer: "httpx2.Response") -> Iterator[str]:
    """The text in the chunks of a streamed answer; raises where it is none."""
    is_stream = False
    for line in _lines(answer):
        if not line.startswith(CHUNK):
            continue
        is_stream = True
        content = line.removeprefix(CHUNK).strip()
        if content == "[DONE]":
            return
        choices = json.loads(content)["choices"]
        piece = choices[0].get("delta", {}).get("content") if choices else None
        if piece:
            yield str(piece)
    if not is_stream:
        raise NoWords("broken answer")


def _lines(answer: "httpx2.Response") -> Iterator[str]:
    """Lines as they come, none longer than a chunk ever is."""
    rest = ""
    for text in answer.iter_text():
        *lines, rest = (rest + text).split("\n")
        yield from lines
        if len(rest) > LONGEST_LINE:
            raise NoWords("broken answer")
    yield rest


def open_openai(settings: "WordingSettings") -> OpenAIGenerator:
    """The generator that a home's settings name; raises NightlightError where its key is not in the environment."""
    seconds = float(settings.timeout_seconds)
    return OpenAIGenerator(settings.url, settings.model, seconds=seconds, api_key=key_of(settings))


def address_of(url: str) -> str:
    """Where completions are asked for, however a server prints its own address."""
    return url.rstrip("/").removesuffix("/v1") + PATH


def key_of(settings: "WordingSettings") -> str:
    """The key of the server, "" where it wants none; raises NightlightError where it is not in the environment."""
    if not settings.api_key_variable:
        return ""
    if key := os.environ.get(settings.api_key_variable, ""):
        return key
    raise NightlightError(
        f"the environment variable '{settings.api_key_variable}' is empty",
        remedy="set it to the key of the wording server, or leave api_key_variable out of [wording]",
    )


def open_client(api_key: str) -> "httpx2.Client":
    """No proxy and no redirect: what is said goes to the address in the settings and nowhere else. Connections are
    not kept: one that a server has left would cost the line."""
    import httpx2

    return httpx2.Client(
        headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
        trust_env=False,
        follow_redirects=False,
        limits=httpx2.Limits(max_keepalive_connections=0),
    )


def body_of(model: str, messages: Sequence[Mapping[str, str]], *, seed: int, most_tokens: int) -> dict[str, Any]:
    """What every call asks for, streamed or not."""
    return {
        "model": model,
        "messages": list(messages),
        "max_tokens": most_tokens,
        "temperature": TEMPERATURE,
        "top_p": TOP_P,
        "seed": seed,
    }
