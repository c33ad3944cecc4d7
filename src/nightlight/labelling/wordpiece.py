"""A text as the numbers of its word pieces, as BERT reads it: 80 lines in place of a compiled library of 10 MB.

Equal to the library `tokenizers` but for a few rare characters (docs/encoder.md); and `[MASK]` and the like, written
in a message, are plain text."""

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

UNKNOWN, START, END = "[UNK]", "[CLS]", "[SEP]"
CONTINUED = "##"
LONGEST_WORD = 100  # letters; what is longer is unknown
REMEMBERED = 50_000  # words whose pieces are kept
IDEOGRAPHS = (
    *((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F)),
    *((0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F)),
)
"""Each of these is a word of its own."""


class WordPiece:
    """`vocabulary`: number by piece. `lower`: letters are read without case; `bare`: without accents."""

    def __init__(self, vocabulary: Mapping[str, int], *, lower: bool, bare: bool) -> None:
        self._vocabulary, self._lower, self._bare = vocabulary, lower, bare
        self._unknown, self._start, self._end = (vocabulary[name] for name in (UNKNOWN, START, END))
        self._pieces = lru_cache(maxsize=REMEMBERED)(self._cut)

    def numbers(self, text: str, most: int) -> list[int]:
        """The pieces between a start and an end, `most` with these two; what is more is left out."""
        found = [self._start]
        for word in self._words(text):
            found += self._pieces(word)
            if len(found) >= most:
                break
        return [*found[: most - 1], self._end]

    def _words(self, text: str) -> list[str]:
        if not text.isascii():
            text = "".join(_spaced(letter) for letter in text)
            if self._bare:
                text = "".join(
                    part for part in unicodedata.normalize("NFD", text) if unicodedata.category(part) != "Mn"
                )
        if self._lower:
            text = text.lower() if text.isascii() else "".join(letter.lower() for letter in text)
        return "".join(_apart(letter) for letter in text).split()

    def _cut(self, word: str) -> tuple[int, ...]:
        """The longest piece that begins the word, then the longest that goes on, to its end."""
        if len(word) > LONGEST_WORD:
            return (self._unknown,)
        found, start = [], 0
        while start < len(word):
            mark = CONTINUED if start else ""
            ends = (end for end in range(len(word), start, -1) if mark + word[start:end] in self._vocabulary)
            end = next(ends, None)
            if end is None:
                return (self._unknown,)
            found.append(self._vocabulary[mark + word[start:end]])
            start = end
        return tuple(found)


@lru_cache(maxsize=4096)
def _spaced(letter: str) -> str:
    """Without what cannot be seen; space round an ideograph."""
    if letter == "\ufffd" or unicodedata.category(letter) in ("Cc", "Cf", "Co", "Cs"):
        return " " if letter in "\t\n\r" else ""
    return f" {letter} " if any(low <= ord(letter) <= high for low, high in IDEOGRAPHS) else letter


@lru_cache(maxsize=4096)
def _apart(letter: str) -> str:
    """Space round a punctuation mark; control characters are gone."""
    if letter.isascii():
        if not letter.isprintable():
            return " " if letter in "\t\n\r" else ""
        return letter if letter.isalnum() or letter == " " else f" {letter} "
    return f" {letter} " if unicodedata.category(letter).startswith("P") else letter
