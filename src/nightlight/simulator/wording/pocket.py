"""The pocket model: a small Llama in this process that says a card's line with other small words, or answers how the
counselor is with a line that anybody's card could have. It needs no network, no torch and no GPU (extra `pocket`)."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from nightlight.conversations.labels import Author
from nightlight.errors import NightlightError
from nightlight.registry import manifest
from nightlight.settings import POCKET
from nightlight.simulator.checks import plain
from nightlight.simulator.plan import Move
from nightlight.simulator.wording.bank import fillers_of
from nightlight.simulator.wording.figures import LET_STAND
from nightlight.simulator.wording.generated import NoWords
from nightlight.simulator.wording.pocket_voice import theirs_among, typed_as
from nightlight.simulator.wording.pocket_words import (
    ANSWERED_FREELY,
    CASUAL,
    END,
    ENDS_CLAUSE,
    FREE,
    MARK_INSTEAD,
    MARKS,
    NEXT,
    SAY,
    SMALL,
    Lexicon,
    Piece,
    controls,
    kept_prompt,
    kind_of_line,
    pieces_of,
    small_choices,
    written,
)
from nightlight.simulator.wording.prompt import Prompt

if TYPE_CHECKING:
    import numpy as np

WORDS, MODEL, GENAI, CONFIG = "words.json", "model.onnx", manifest.GENAI, manifest.CONFIG
PAST = "past_key_values"  # the inputs in which a layer is given what it has seen
TEMPERATURE = 0.9
LONGEST = 60  # words that stay; hardly a card has a line of more than 30
APART = 2  # messages of the texter's between two lines of others, or more
LAST_MARKS = frozenset({".", "...", "!"})


class Reader(Protocol):
    """A model that has read something: how likely each word of its lexicon comes next."""

    def read(self, numbers: Sequence[int]) -> None: ...

    def scores(self) -> "np.ndarray[Any, Any]": ...


@dataclass(frozen=True)
class PocketModel:
    """A model's folder, loaded: every sentence is read by a new `reader`, so that threads share nothing.

    `lines`: what anybody might answer to how the counselor is, by `kind_of_line`; `free`: how often it is one of those
    while the card still has a line of its own."""

    lexicon: Lexicon
    reader: Callable[[], Reader]
    lines: Mapping[str, tuple[str, ...]]
    free: float

    @cached_property
    def stock(self) -> frozenset[str]:
        """All those lines, without marks."""
        return frozenset(plain(line) for lines in self.lines.values() for line in lines)


class _OnnxReader:
    """Keeps what the layers have `seen`, so that a word costs a word. onnxruntime is asked itself: other threads go on
    while it computes, which onnxruntime-genai does not let them (0.18)."""

    def __init__(self, session: Any, seen: Mapping[str, "np.ndarray[Any, Any]"]) -> None:
        self._session, self._seen = session, seen
        self._wanted = ["logits", *(name.replace(PAST, "present") for name in seen)]
        self._waiting: list[int] = []
        self._read = 0
        self._scores: np.ndarray[Any, Any]

    def read(self, numbers: Sequence[int]) -> None:
        """Kept until a score is asked for: words in a row cost hardly more than one."""
        self._waiting += numbers

    def scores(self) -> "np.ndarray[Any, Any]":
        import numpy as np

        if self._waiting:
            self._read += len(self._waiting)
            asked = {"input_ids": np.array([self._waiting]), "attention_mask": np.ones((1, self._read), np.int64)}
            logits, *seen = self._session.run(self._wanted, asked | dict(self._seen))
            self._seen = dict(zip(self._seen, seen, strict=True))
            self._scores = logits[0, -1].astype(np.float64)
            self._waiting = []
        return self._scores


def load_pocket(folder: Path) -> PocketModel:
    """The model in a folder; raises NightlightError where its library is not installed or a file is missing."""
    check_pocket(folder)
    import numpy as np
    import onnxruntime

    about = json.loads((folder / WORDS).read_text(encoding="utf-8"))
    if "lines" not in about:
        raise NightlightError(
            "this pocket model was made by an earlier version", where=str(folder), remedy="train one: docs/recipes.md"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # sessions that are answered at once have a core each
    session = onnxruntime.InferenceSession(folder / GENAI / MODEL, options, providers=["CPUExecutionProvider"])
    size = json.loads((folder / GENAI / CONFIG).read_text(encoding="utf-8"))["model"]["decoder"]["head_size"]
    past = [each for each in session.get_inputs() if each.name.startswith(PAST)]
    nothing = {each.name: np.zeros((1, each.shape[1], 0, size), np.float32) for each in past}
    lines = {kind: tuple(each) for kind, each in about["lines"].items()}
    reader = partial(_OnnxReader, session, nothing)
    return PocketModel(Lexicon(tuple(about["words"])), reader, lines, float(about["free"]))


def check_pocket(folder: Path) -> None:
    if find_spec("onnxruntime") is None:
        raise NightlightError(
            "the pocket model needs onnxruntime, which is not installed",
            remedy="run `pip install 'nightlight[pocket]'`, or use another wording",
        )
    if not all((folder / name).is_file() for name in (WORDS, f"{GENAI}/{CONFIG}", f"{GENAI}/{MODEL}")):
        raise NightlightError("no pocket model lies here", where=str(folder), remedy="train one: docs/recipes.md")


class PocketGenerator:
    """The pocket model behind the interface of all models; one serves all sessions of a process."""

    name = POCKET

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
            raise NoWords(LET_STAND)
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
    said = [text for author, text in prompt.history if author is Author.TEXTER]
    free = prompt.move is Move.REACT and (random.random() < model.free or _is_spent(prompt))
    if free and (line := _anybodys(model, prompt, said, _Chooser(random, 1.0))):
        return line
    pieces = pieces_of(prompt.line)
    if not 0 < sum(not piece.is_small for piece in pieces) <= LONGEST:
        return ""
    heard = {piece.key.rstrip("_") for text in said for piece in pieces_of(text)}
    words = _say_keeping(model, prompt, pieces, _Chooser(random, TEMPERATURE), heard)
    line = typed_as(prompt.line, written(words, lowercase=prompt.voice.lowercase > 0.5))
    return line if _bare(line) != _bare(prompt.line) else ""


class _Chooser:
    """Draws the next word among those that may come."""

    def __init__(self, random: "np.random.Generator", temperature: float) -> None:
        self.random, self.temperature = random, temperature

    def level(self, pieces: Sequence[Piece]) -> int:
        """How many small words there shall be: about as many as the line has."""
        there = sum(piece.is_small for piece in pieces)
        return max(0, there + int(self.random.integers(-1, 2)))

    def word(self, reader: Reader, lexicon: Lexicon, allowed: Sequence[str]) -> str:
        import numpy as np

        if len(allowed) == 1:
            return allowed[0]
        scores = reader.scores()[lexicon.numbers(allowed)] / self.temperature
        shares = np.exp(scores - scores.max())
        return allowed[int(self.random.choice(len(allowed), p=shares / shares.sum()))]


def _is_spent(prompt: Prompt) -> bool:
    """Whether the card has no line of its own left."""
    return prompt.line in fillers_of(prompt.voice).spent[prompt.tone]


def _anybodys(model: PocketModel, prompt: Prompt, said: Sequence[str], choose: _Chooser) -> str:
    """A line of any card that answers the same, which this texter could have written and has not yet; the model chooses
    it word by word, by what such a texter would say. None comes soon after another."""
    heard = [plain(text) for text in said]
    if prompt.reaction not in ANSWERED_FREELY or model.stock & set(heard[-APART:]):
        return ""
    counselor = prompt.history[-1][1] if prompt.history and prompt.history[-1][0] is Author.COUNSELOR else ""
    answers = model.lines.get(kind_of_line(prompt.reaction, prompt.tone, prompt.voice), ())
    left = {
        tuple(piece.key for piece in pieces_of(line)): line
        for line in theirs_among(answers, prompt.line, said, counselor)
        if plain(line) not in heard
    }
    if not left:
        return ""
    reader, place = model.reader(), 0
    reader.read(model.lexicon.numbers([*controls(prompt, mode=FREE, small=0), SAY]))
    while True:
        word = choose.word(reader, model.lexicon, sorted({(*keys, END)[place] for keys in left}))
        left = {keys: line for keys, line in left.items() if (*keys, END)[place] == word}
        if word == END:
            like = said[-1] if said and _is_spent(prompt) else prompt.line
            return typed_as(like, next(iter(left.values())))
        reader.read([model.lexicon.number(word)])
        place += 1


def _say_keeping(
    model: PocketModel, prompt: Prompt, pieces: Sequence[Piece], choose: _Chooser, heard: set[str]
) -> list[str]:
    """The words that stay as the line has them, in its order; the model writes the small words between them, and
    chooses among words that are alike. `heard`: what the texter has said, so that one way of writing is kept to."""
    lexicon, reader = model.lexicon, model.reader()
    reader.read(lexicon.numbers(kept_prompt(prompt, pieces, lexicon, small=choose.level(pieces))))
    said: list[str] = []
    ends: list[str] = []
    for piece in pieces:
        if piece.is_small:
            ends += [piece.key] * (piece.key in MARKS)
            continue
        may_differ = bool(piece.alike) and piece.written.lower() == piece.key  # no quotation mark hangs on it
        word = choose.word(reader, lexicon, _alike(piece, heard, prompt)) if may_differ else lexicon.seen(piece)
        reader.read([lexicon.number(word)])
        _small_words(reader, lexicon, said, choose, heard, marks=_marks_for(ends, said), stop=NEXT)
        said.append(word if may_differ else _as_written(piece, lexicon))
        ends = []
    reader.read([lexicon.number(SAY)])
    _small_words(reader, lexicon, said, choose, heard, marks=[], stop=END)
    return said + [mark for mark in ends if mark in LAST_MARKS and said[-1] not in ENDS_CLAUSE][:1]


def _alike(piece: Piece, heard: set[str], prompt: Prompt) -> list[str]:
    """The words that may stand for this one: the one that the texter uses, or else any that such a texter types."""
    typed = [word for word in piece.alike if prompt.voice.lowercase > 0.5 or word not in CASUAL or word == piece.key]
    return [word for word in typed if word in heard] or typed


def _as_written(piece: Piece, lexicon: Lexicon) -> str:
    is_shouted = piece.written.isupper() and len(piece.written) > 1
    return piece.written.lower() if lexicon.knows(piece.key) and not is_shouted else piece.written


def _marks_for(ends: Sequence[str], said: Sequence[str]) -> list[str]:
    """Where a clause ends in the card, the marks of which one ends it here."""
    if not ends or not said:
        return []
    if said[-1] in ENDS_CLAUSE:  # a question mark stands already
        return ["/"] if "/" in ends else []
    return list(MARK_INSTEAD["/" if "/" in ends else ends[0]])


def _small_words(
    reader: Reader,
    lexicon: Lexicon,
    said: list[str],
    choose: _Chooser,
    heard: set[str],
    *,
    marks: Sequence[str],
    stop: str,
) -> None:
    """Some small words, until the model says `stop`; none that the texter has just used."""
    here: list[str] = []
    worn = (heard | set(said)) & SMALL - set(MARKS)
    while True:
        allowed = [word for word in small_choices(said, here, marks, stop=stop) if word not in worn]
        word = choose.word(reader, lexicon, allowed)
        reader.read([lexicon.number(word)])
        if word == stop:
            return
        said.append(word)
        here.append(word)


def _bare(line: str) -> list[str]:
    """What a line says, whatever its marks."""
    return [piece.key for piece in pieces_of(line) if piece.key not in MARKS]
