"""The pocket model: a small Llama in this process that says a card's line with other small words around it, or answers
how the counselor is in words that anybody uses. It needs no network, no torch and no GPU (extra `pocket`)."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from nightlight.errors import NightlightError
from nightlight.simulator.plan import Move
from nightlight.simulator.wording.generated import NoWords
from nightlight.simulator.wording.pocket_words import (
    ANSWERED_FREELY,
    END,
    ENDS_CLAUSE,
    FREE,
    LONGEST_FREE,
    MARKS,
    NEXT,
    SAY,
    Lexicon,
    Piece,
    controls,
    free_words,
    kept_prompt,
    pieces_of,
    small_choices,
    spelled_out,
    written,
)
from nightlight.simulator.wording.prompt import Prompt

if TYPE_CHECKING:
    import numpy as np

WORDS, GENAI = "words.json", "genai"
TEMPERATURE, WARMER, TRIES = 0.8, 0.15, 4
MOST_LIKELY = 40  # words of which a free answer chooses the next
LONGEST = 60  # words that stay; hardly a card has a line of more than 30
USUAL_MARKS, LAST_MARKS = (",", ".", "...", "/"), frozenset({".", "...", "!"})


class Reader(Protocol):
    """A model that has read something: how likely each word of its lexicon comes next."""

    def read(self, numbers: Sequence[int]) -> None: ...

    def scores(self) -> "np.ndarray[Any, Any]": ...


@dataclass(frozen=True)
class PocketModel:
    """A model's folder, loaded: every sentence is read by a reader of its own, so that threads share nothing. `free`:
    the share of the answers to how the counselor is that it finds words for alone."""

    lexicon: Lexicon
    model: Any
    longest: int
    free: float = 0.0

    def reader(self) -> Reader:
        return _GenaiReader(self.model, self.longest)


class _GenaiReader:
    def __init__(self, model: Any, longest: int) -> None:
        import onnxruntime_genai as genai

        search = genai.GeneratorParams(model)
        search.set_search_options(max_length=longest, do_sample=False)
        self._generator = genai.Generator(model, search)

    def read(self, numbers: Sequence[int]) -> None:
        import numpy as np

        self._generator.append_tokens(np.array([numbers], dtype=np.int32))

    def scores(self) -> "np.ndarray[Any, Any]":
        import numpy as np

        scores: np.ndarray[Any, Any] = np.asarray(self._generator.get_logits(), dtype=np.float64)
        last: np.ndarray[Any, Any] = scores.reshape(-1, self._width)[-1]
        return last

    @cached_property
    def _width(self) -> int:
        return int(self._generator.get_logits().shape[-1])


def load_pocket(folder: Path) -> PocketModel:
    """The model in a folder; raises NightlightError where its library is not installed or a file is missing."""
    check_pocket(folder)
    import onnxruntime_genai as genai

    genai.disable_telemetry_events()
    about = json.loads((folder / WORDS).read_text(encoding="utf-8"))
    config = genai.Config(str(folder / GENAI))
    lexicon = Lexicon(tuple(about["words"]))
    return PocketModel(lexicon, genai.Model(config), int(about["longest"]), float(about["free"]))


def check_pocket(folder: Path) -> None:
    if find_spec("onnxruntime_genai") is None:
        raise NightlightError(
            "the pocket model needs onnxruntime-genai, which is not installed",
            remedy="run `pip install 'nightlight[pocket]'`, or use another wording",
        )
    if not (folder / WORDS).is_file() or not (folder / GENAI / "genai_config.json").is_file():
        raise NightlightError("no pocket model lies here", where=str(folder), remedy="train one: docs/recipes.md")


class PocketGenerator:
    """The pocket model behind the interface of all models; one serves all sessions of a process."""

    name = "pocket"

    def __init__(self, folder: Path, *, model: str) -> None:
        check_pocket(folder)
        self.model = model
        self._folder = folder
        self._loaded: PocketModel | None = None
        self._loading = Lock()

    def generate(self, prompt: Prompt, *, seed: int, most_tokens: int) -> Iterator[str]:
        """The whole line at once: it takes some hundredths of a second."""
        try:
            line = say(self._model(), prompt, seed=seed)
        except Exception as error:  # whatever a model's files hold, a conversation goes on
            raise NoWords("broken answer") from error
        if not line:
            raise NoWords("no other words")
        yield line

    def _model(self) -> PocketModel:
        with self._loading:
            if self._loaded is None:
                self._loaded = load_pocket(self._folder)
            return self._loaded


def say(model: PocketModel, prompt: Prompt, *, seed: int) -> str:
    """The prompt's line in other words, "" where none come; the same seed gives the same."""
    import numpy as np

    random = np.random.default_rng(seed)
    pieces = pieces_of(prompt.line)
    free = prompt.move is Move.REACT and prompt.reaction in ANSWERED_FREELY and random.random() < model.free
    stay = sum(not piece.is_small for piece in pieces)
    if not free and not 0 < stay <= LONGEST:
        return ""
    for attempt in range(TRIES):
        choose = _Chooser(random, TEMPERATURE + WARMER * attempt)
        lowercase, no_end_mark = prompt.voice.lowercase > 0.5, prompt.voice.no_end_mark > 0.5
        words = _say_freely(model, prompt, choose) if free else _say_keeping(model, prompt, pieces, choose)
        words = spelled_out(words) if free and not lowercase else words
        line = written(words, lowercase=lowercase, no_end_mark=no_end_mark)
        if line and _bare(line) != _bare(prompt.line):
            return line
    return ""


class _Chooser:
    """Draws the next word among those that may come."""

    def __init__(self, random: "np.random.Generator", temperature: float) -> None:
        self.random, self.temperature = random, temperature

    def level(self, pieces: Sequence[Piece]) -> int:
        """How many small words there shall be: about as many as the line has."""
        there = sum(piece.is_small for piece in pieces)
        return max(0, there + int(self.random.integers(-1, 2)))

    def word(self, reader: Reader, lexicon: Lexicon, allowed: Sequence[str], most_likely: int = 0) -> str:
        import numpy as np

        scores = reader.scores()[lexicon.numbers(allowed)] / self.temperature
        if most_likely and len(allowed) > most_likely:
            scores = np.where(scores < np.partition(scores, -most_likely)[-most_likely], -np.inf, scores)
        shares = np.exp(scores - scores.max())
        return allowed[int(self.random.choice(len(allowed), p=shares / shares.sum()))]


def _say_keeping(model: PocketModel, prompt: Prompt, pieces: Sequence[Piece], choose: _Chooser) -> list[str]:
    """The words that stay as the line has them, in its order; the model writes the small words between them."""
    lexicon, reader = model.lexicon, model.reader()
    reader.read(lexicon.numbers(kept_prompt(prompt, pieces, lexicon, small=choose.level(pieces))))
    said: list[str] = []
    ends: list[str] = []
    for piece in pieces:
        if piece.is_small:
            ends += [piece.key] * (piece.key in MARKS)
            continue
        reader.read([lexicon.number(lexicon.seen(piece))])
        _small_words(reader, lexicon, said, choose, marks=_marks_for(ends, piece), stop=NEXT)
        is_common = lexicon.knows(piece.key) and not (piece.written.isupper() and len(piece.written) > 1)
        said.append(piece.written.lower() if is_common else piece.written)
        ends = []
    reader.read([lexicon.number(SAY)])
    _small_words(reader, lexicon, said, choose, marks=[], stop=END)
    return said + [mark for mark in ends if mark in LAST_MARKS and said[-1] not in ENDS_CLAUSE][:1]


def _marks_for(ends: Sequence[str], piece: Piece) -> list[str]:
    """Where a clause ends it ends with some mark; "!" only where the card has it, a comma not before a capital."""
    usual = [mark for mark in USUAL_MARKS if mark != "," or not piece.written[:1].isupper()]
    return [*usual, *(["!"] if "!" in ends else [])] if ends else []


def _small_words(
    reader: Reader, lexicon: Lexicon, said: list[str], choose: _Chooser, *, marks: Sequence[str], stop: str
) -> None:
    """Some small words, until the model says `stop`."""
    here: list[str] = []
    while True:
        word = choose.word(reader, lexicon, small_choices(said, here, marks, stop=stop))
        reader.read([lexicon.number(word)])
        if word == stop:
            return
        said.append(word)
        here.append(word)


def _say_freely(model: PocketModel, prompt: Prompt, choose: _Chooser) -> list[str]:
    """An answer to how the counselor is, in words of everybody."""
    lexicon, reader = model.lexicon, model.reader()
    asked = controls(prompt, mode=FREE, small=choose.level(pieces_of(prompt.line)))
    reader.read(lexicon.numbers([*asked, SAY]))
    words = sorted(free_words(lexicon))
    said: list[str] = []
    while len(said) < LONGEST_FREE:
        barred = {said[-1]} if said and said[-1] not in ENDS_CLAUSE else ENDS_CLAUSE
        allowed = [word for word in words if word not in barred]
        word = choose.word(reader, lexicon, [END, *allowed] if said else allowed, MOST_LIKELY)
        if word == END:
            return said
        said.append(word)
        reader.read([lexicon.number(word)])
    return []


def _bare(line: str) -> list[str]:
    """What a line says, whatever its marks."""
    return [piece.key for piece in pieces_of(line) if piece.key not in MARKS]
