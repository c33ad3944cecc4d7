"""Whole answers of a model behind an OpenAI-compatible address, for measuring: slow is fine, no answer is an error."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError
from nightlight.simulator.wording.openai import PATH, TEMPERATURE, TOP_P

if TYPE_CHECKING:
    from nightlight.settings import WordingSettings
    from nightlight.simulator.wording.controls import Chat

SECONDS = 300.0
PAUSES = (1.0, 5.0, 20.0, 60.0)  # before each further try: a server may be started again meanwhile


def open_chat(settings: "WordingSettings", *, sleep: Callable[[float], None] = time.sleep) -> "Chat":
    """The chat of the server and model in the settings, with the same host, proxies and redirects as in practice."""
    import os

    import httpx2

    client = httpx2.Client(
        base_url=settings.url.rstrip("/").removesuffix("/v1"),
        trust_env=False,
        follow_redirects=False,
        timeout=SECONDS,
        limits=httpx2.Limits(max_keepalive_connections=0),
    )
    key = os.environ.get(settings.api_key_variable, "") if settings.api_key_variable else ""
    headers = {"Authorization": f"Bearer {key}"} if key else {}

    def chat(messages: Sequence[Mapping[str, str]], seed: int, most_tokens: int) -> str:
        body = {
            "model": settings.model,
            "messages": list(messages),
            "max_tokens": most_tokens,
            "temperature": TEMPERATURE,
            "top_p": TOP_P,
            "seed": seed % 2**31,
        }
        for pause in (*PAUSES, None):
            try:
                return _text(client.post(PATH, json=body, headers=headers))
            except (httpx2.HTTPError, _Unusable) as problem:
                if pause is None or (isinstance(problem, _Unusable) and not problem.again):
                    raise NightlightError(
                        f"the server of '{settings.model}' gave no answer ({type(problem).__name__.strip('_')})",
                        remedy="see whether it runs, serves this model, and takes prompts of 4,096 tokens",
                    ) from None
                sleep(pause)
        raise AssertionError("the last try returns or raises")

    return chat


def asked_once(chat: "Chat") -> "Chat":
    """The chat with its answers remembered: the same messages and seed are asked once."""
    answers: dict[tuple[str, int, int], str] = {}

    def remembering(messages: Sequence[Mapping[str, str]], seed: int, most_tokens: int) -> str:
        key = (json.dumps([dict(each) for each in messages]), seed, most_tokens)
        if key not in answers:
            answers[key] = chat(messages, seed, most_tokens)
        return answers[key]

    return remembering


class _Unusable(Exception):  # noqa: N818  # named for the answer
    """An answer that is none; `again`: another try may mend it."""

    def __init__(self, *, again: bool) -> None:
        super().__init__()
        self.again = again


def _text(answer: Any) -> str:
    if answer.status_code != 200:
        raise _Unusable(again=answer.status_code >= 500 or answer.status_code == 429)
    try:
        return str(answer.json()["choices"][0]["message"]["content"] or "")
    except (ValueError, LookupError, TypeError):
        raise _Unusable(again=False) from None
