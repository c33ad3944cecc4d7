"""The optional sentence encoder: texts as vectors, by a BERT-shaped model in a folder. Needs numpy, not torch.

Tokens of many texts stand one below the other in one matrix, so nothing is padded and nothing is masked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from nightlight.errors import NightlightError
from nightlight.labelling.encoder_files import REMEDY, read_files

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nightlight.labelling.encoder_files import Tensors

    Floats = NDArray[np.float32]

FORMULA = 1  # belongs to the version: goes up when the same files give other vectors
TOGETHER = 1024  # tokens that are read at once
ROWS = 32  # of the widest layer that stay in the processor's cache


class Said(Protocol):
    """A message, and what it answers."""

    @property
    def text(self) -> str: ...

    @property
    def before(self) -> str: ...


@dataclass(frozen=True)
class Block:
    """One layer: `ask` gives queries, keys and values side by side; each part is a matrix and a bias, or a norm."""

    ask: "tuple[Floats, Floats]"
    tell: "tuple[Floats, Floats]"
    told: "tuple[Floats, Floats]"
    widen: "tuple[Floats, Floats]"
    narrow: "tuple[Floats, Floats]"
    done: "tuple[Floats, Floats]"


class Encoder:
    """Vectors of length 1, near each other where texts mean something near. `version` names weights and formula.

    Which texts stand together changes a vector by less than 1e-5."""

    def __init__(self, folder: Path) -> None:
        try:
            files = read_files(folder)
            config, tensors = files.config, files.tensors
            self.version = f"encoder-{FORMULA}-{files.digest[:8]}"
            self.size, self._heads = int(config["hidden_size"]), int(config["num_attention_heads"])
            self._pieces, self._longest, self._small = files.pieces, files.longest, float(config["layer_norm_eps"])
            kinds = tensors["embeddings.token_type_embeddings.weight"]
            self._words = tensors["embeddings.word_embeddings.weight"]
            self._places = tensors["embeddings.position_embeddings.weight"] + kinds[0]
            if self.size % self._heads or self._words.shape[1] != self.size:
                raise ValueError(self.size)
            self._first = _pair(tensors, "embeddings.LayerNorm", turned=False)
            layers = range(int(config["num_hidden_layers"]))
            self._blocks = [_block(tensors, f"encoder.layer.{number}", self.size // self._heads) for number in layers]
        except KeyError as error:
            raise NightlightError(f"the encoder lacks {error}", where=str(folder), remedy=REMEDY) from error
        except (ValueError, TypeError, ZeroDivisionError) as error:
            raise NightlightError(
                "the encoder's parts do not fit together", where=str(folder), remedy=REMEDY
            ) from error

    def encode(self, texts: Sequence[str]) -> "Floats":
        """A row for each text; of long ones their beginning (here: 256 word pieces) is read."""
        import numpy as np

        found = np.empty((len(texts), self.size), dtype=np.float32)
        numbers = [self._pieces.numbers(text, self._longest) for text in texts]
        for places in _portions([len(row) for row in numbers]):
            found[places] = self._read([numbers[place] for place in places])
        return found

    def _read(self, numbers: Sequence[Sequence[int]]) -> "Floats":
        """Vectors of texts in the order of their lengths."""
        import numpy as np

        lengths = [len(row) for row in numbers]
        tokens = self._words[np.concatenate(numbers)]
        tokens += self._places[np.concatenate([np.arange(length) for length in lengths])]
        _normalize(tokens, self._first, self._small)
        for block in self._blocks:
            tokens += _dense(self._attend(_dense(tokens, block.ask), lengths), block.tell)
            _normalize(tokens, block.told, self._small)
            wide = tokens @ block.widen[0]
            _gelu(wide, block.widen[1])
            tokens += _dense(wide, block.narrow)
            _normalize(tokens, block.done, self._small)
        starts = np.cumsum([0, *lengths[:-1]])
        means = np.add.reduceat(tokens, starts, axis=0) / np.array(lengths, dtype=np.float32)[:, None]
        return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True))

    def _attend(self, asked: "Floats", lengths: Sequence[int]) -> "Floats":
        """What each token takes from the tokens of its own text: texts of one length are read together."""
        import numpy as np

        found = np.empty((len(asked), self.size), dtype=np.float32)
        start = 0
        for length, texts in groupby(lengths):
            count = len(list(texts))
            end = start + count * length
            shape = (count, length, -1, self._heads, self.size // self._heads)
            query, key, value = asked[start:end].reshape(shape).transpose(2, 0, 3, 1, 4)
            near = query @ key.swapaxes(-1, -2)
            near -= near.max(axis=-1, keepdims=True)
            np.exp(near, out=near)
            near /= near.sum(axis=-1, keepdims=True)
            found[start:end] = (near @ value).swapaxes(1, 2).reshape(-1, self.size)
            start = end
        return found


def dense(encoder: Encoder, messages: Sequence[Said]) -> "Floats":
    """A row for each message: the vector of its text, then that of what it answers (zeros where there is nothing).
    The same words are read once."""
    import numpy as np

    texts = list(dict.fromkeys(text for message in messages for text in (message.text, message.before) if text))
    vectors = np.vstack([encoder.encode(texts), np.zeros((1, encoder.size), dtype=np.float32)])
    place = {text: number for number, text in enumerate(texts)} | {"": len(texts)}
    said = np.array([place[message.text] for message in messages], dtype=np.int64)
    heard = np.array([place[message.before] for message in messages], dtype=np.int64)
    return np.hstack([vectors[said], vectors[heard]])


def _block(tensors: "Tensors", name: str, width: int) -> Block:
    """A layer's matrices, turned so that a row of tokens is multiplied from the left."""
    import numpy as np

    query, key, value = (_pair(tensors, f"{name}.attention.self.{part}") for part in ("query", "key", "value"))
    scale = np.float32(1 / sqrt(width))
    return Block(
        (np.hstack([query[0] * scale, key[0], value[0]]), np.hstack([query[1] * scale, key[1], value[1]])),
        _pair(tensors, f"{name}.attention.output.dense"),
        _pair(tensors, f"{name}.attention.output.LayerNorm", turned=False),
        _pair(tensors, f"{name}.intermediate.dense"),
        _pair(tensors, f"{name}.output.dense"),
        _pair(tensors, f"{name}.output.LayerNorm", turned=False),
    )


def _pair(tensors: "Tensors", name: str, *, turned: bool = True) -> "tuple[Floats, Floats]":
    import numpy as np

    weight, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
    return np.ascontiguousarray(weight.T) if turned else np.array(weight), np.array(bias)


def _dense(rows: "Floats", layer: "tuple[Floats, Floats]") -> "Floats":
    found = rows @ layer[0]
    found += layer[1]
    return found


def _normalize(rows: "Floats", norm: "tuple[Floats, Floats]", small: float) -> None:
    """Each row with mean 0 and deviation 1, then scaled and moved; in place."""
    import numpy as np

    rows -= rows.mean(axis=1, keepdims=True)
    spread = np.einsum("ij,ij->i", rows, rows) / rows.shape[1]
    rows /= np.sqrt(spread + small)[:, None]
    rows *= norm[0]
    rows += norm[1]


TAIL = (0.127414796, -0.142248368, 0.7107068705, -0.7265760135, 0.5307027145)
SLOPE = 0.3275911 / sqrt(2)
"""Abramowitz and Stegun 7.1.26, halved: how much of the normal distribution lies beyond a value, to 1e-7."""


def _gelu(rows: "Floats", bias: "Floats") -> None:
    """x times the share of the normal distribution below x, after the bias; in place, a few rows at a time."""
    import numpy as np

    for start in range(0, len(rows), ROWS):
        part = rows[start : start + ROWS]
        part += bias
        size = np.abs(part)
        height = np.square(part)
        height *= np.float32(-0.5)
        np.exp(height, out=height)
        height *= size
        size *= np.float32(SLOPE)
        size += np.float32(1)
        np.reciprocal(size, out=size)
        beyond = size * np.float32(TAIL[4])
        for share in TAIL[3::-1]:
            beyond += np.float32(share)
            beyond *= size
        beyond *= height
        np.maximum(part, 0, out=part)
        part -= beyond


def _portions(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The places of texts, short ones first, in portions of few tokens enough."""
    portion: list[int] = []
    tokens = 0
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if portion and tokens + lengths[place] > TOGETHER:
            yield portion
            portion, tokens = [], 0
        portion.append(place)
        tokens += lengths[place]
    if portion:
        yield portion
