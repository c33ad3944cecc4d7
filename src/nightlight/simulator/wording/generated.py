"""Wording by a model with the card's bank behind it: what the model may not or cannot say, the card says itself.

The bank chooses the line for each step; the model says some of them in other words. Whatever fails, the line stands."""

import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from nightlight.errors import NightlightError
from nightlight.labelling.cues import has_risk_cue
from nightlight.simulator.wording import Situation, Worded, Wording
from nightlight.simulator.wording.figures import WordingFigures
from nightlight.simulator.wording.keeping import first_problem, in_voice, is_the_card_s
from nightlight.simulator.wording.prompt import WORDED, Prompt, prompt_of

TOKENS_A_WORD, TOKENS_BESIDE = 2, 8  # a small model's tokenizer needs about 1.5
PATIENCE = 2.0  # seconds of one reply, after which no further line of it is asked for
LONGEST = 400  # characters that are read of a reply


class NoWords(Exception):  # noqa: N818  # no error: the card's line stands instead
    """A model said nothing in time; `reason` is one of a few words, never text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Generator(Protocol):
    """A model that writes. `name`: the wording it makes; `model`: which one exactly, kept with every session."""

    name: str
    model: str

    def generate(self, prompt: Prompt, *, seed: int, most_tokens: int) -> Iterator[str]:
        """Pieces of its text as they come; closing the iterator stops it. Raises NoWords where none come in time."""
        ...


class GeneratedWording:
    """The bank's lines in a model's words. One serves all sessions of a process."""

    def __init__(self, generator: Generator, bank: Wording) -> None:
        self.generator, self.bank = generator, bank
        self.name = generator.name
        self.figures = WordingFigures()

    def word(self, situation: Situation, also: WordingFigures | None = None) -> tuple[Worded, ...]:
        """Words for the plan's steps; `also`: figures that count these lines beside the process's own."""
        lines = self.bank.word(situation)
        # The opening is no event that could be kept; what a check of the session took back, the card says.
        if not situation.texts or is_the_card_s(situation) or situation.taken_back:
            return lines
        until = time.monotonic() + PATIENCE
        return tuple(
            self._said(each, situation, place, also) if _may_be_reworded(each) and time.monotonic() < until else each
            for place, each in enumerate(lines)
        )

    def _said(self, worded: Worded, situation: Situation, place: int, also: WordingFigures | None) -> Worded:
        """The line in the model's words, or as it stands in the card where they are not good enough."""
        prompt = prompt_of(situation, worded)
        began = time.monotonic()
        try:
            messages = in_voice(self._read(prompt, f"{situation.seed}:{place}"), prompt.voice)
            problem = first_problem(messages, worded, situation, most_words=prompt.most_words)
        except NoWords as none:
            messages, problem = (), none.reason
        except NightlightError:  # its files have gone: nobody who practises can mend that
            messages, problem = (), "not opened"
        seconds = time.monotonic() - began
        for figures in filter(None, (self.figures, also)):
            figures.count(problem, seconds)
        if problem:
            return replace(worded, refused=problem)
        return replace(worded, messages=messages, by=self.generator.model)

    def _read(self, prompt: Prompt, seed: str) -> str:
        """One line of the model's, read no further than it may be long."""
        most_tokens = TOKENS_A_WORD * prompt.most_words + TOKENS_BESIDE
        pieces = self.generator.generate(prompt, seed=zlib.crc32(seed.encode()), most_tokens=most_tokens)
        text = ""
        try:
            for piece in pieces:
                text = (text + piece).lstrip()
                if "\n" in text or len(text) > LONGEST or len(text.split()) > prompt.most_words + 1:
                    break
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
        return text.split("\n", 1)[0]


def _may_be_reworded(worded: Worded) -> bool:
    """A line that hints at risk stays as it is: trainees learn to hear it."""
    return worded.step.move in WORDED and bool(worded.line) and not has_risk_cue(worded.line)
