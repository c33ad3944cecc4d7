"""Whole answers of a model behind an OpenAI-compatible address, for measuring: slow is fine, no answer is an error."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError
from nightlight.simulator.wording.openai import address_of, body_of, key_of, open_client

if TYPE_CHECKING:
    from nightlight.settings import WordingSettings
    from nightlight.simulator.wording.controls import Chat

SECONDS = 300.0
PAUSES = (1.0, 5.0, 20.0, 60.0)  # before each further try: a server may be started again meanwhile


def open_chat(settings: "WordingSettings", *, sleep: Callable[[float], None] = time.sleep) -> "Chat":
    """The chat of the server and model in the settings, asked as in practice but for its patience; raises
    NightlightError where the server's key is not in the environment."""
    import httpx2

    client, address = open_client(key_of(settings)), address_of(settings.url)

    def chat(messages: Sequence[Mapping[str, str]], seed: int, most_tokens: int) -> str:
        body = body_of(settings.model, messages, seed=seed % 2**31, most_tokens=most_tokens)
        for pause in (*PAUSES, None):
            try:
                return _text(client.post(address, json=body, timeout=SECONDS))
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
