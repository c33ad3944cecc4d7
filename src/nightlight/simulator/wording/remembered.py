"""A model that is asked for no line twice: what it said to the same prompt with the same seed is said again.

So cards can be played at once, as many trainees do, before their figures are taken one after the other."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from nightlight.simulator.wording.generated import NoWords
from nightlight.simulator.wording.prompt import Prompt

if TYPE_CHECKING:
    from nightlight.simulator.wording.generated import Generator


class Remembered:
    """A generator with all its answers, and all its failures; for the time of one evaluation. `seconds`: of each line
    that it was really asked for, as far as it was read."""

    def __init__(self, generator: "Generator", clock: Callable[[], float] = time.monotonic) -> None:
        self.name, self.model = generator.name, generator.model
        self.seconds: list[float] = []
        self._generator, self._clock = generator, clock
        self._known: dict[tuple[Prompt, int, int], tuple[tuple[str, ...], str]] = {}

    def generate(self, prompt: Prompt, *, seed: int, most_tokens: int) -> Iterator[str]:
        key = (prompt, seed, most_tokens)
        if key not in self._known:
            yield from self._asked(key)
            return
        pieces, reason = self._known[key]
        yield from pieces
        if reason:
            raise NoWords(reason)

    def _asked(self, key: tuple[Prompt, int, int]) -> Iterator[str]:
        prompt, seed, most_tokens = key
        pieces: list[str] = []
        reason, began = "", self._clock()
        try:
            with closing(self._generator.generate(prompt, seed=seed, most_tokens=most_tokens)) as said:  # type: ignore[type-var]
                for piece in said:
                    pieces.append(piece)
                    yield piece
        except NoWords as none:
            reason = none.reason
            raise
        finally:  # also where the reader has enough: it will have enough at the same piece again
            self.seconds.append(self._clock() - began)
            self._known[key] = (tuple(pieces), reason)
