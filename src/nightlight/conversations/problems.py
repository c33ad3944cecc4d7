"""What is wrong with a file, problem by problem: where, what, and what to do.

A problem names keys, labels and lines, never the text a person wrote: problems go to logs and screens of others."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from nightlight.errors import NightlightError


@dataclass(frozen=True, order=True)
class Problem:
    """One defect of a file; `line` counts from 1.

    >>> print(Problem("cards/a.yaml", 3, "unknown key 'titel'", "did you mean 'title'?"))
    cards/a.yaml:3: unknown key 'titel'; did you mean 'title'?
    """

    file: str
    line: int
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}; {self.remedy}"


@dataclass
class Findings:
    """The problems found so far in one file."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def add(self, line: int, what: str, remedy: str) -> None:
        self.problems.append(Problem(self.file, line, what, remedy))

    def ordered(self) -> list[Problem]:
        """Without repeats, in the order of the lines."""
        return sorted(set(self.problems))


def refuse(problems: Sequence[Problem]) -> NightlightError:
    """The error to raise for these problems (at least one): the first in full, the others counted.

    >>> print(refuse([Problem("a.txt", 1, "no header", "begin with 'card: ...'"), Problem("a.txt", 9, "...", "...")]))
    a.txt:1: no header; begin with 'card: ...' (and 1 more problem)
    """
    first, more = problems[0], len(problems) - 1
    count = f" (and {more} more problem{'s' if more > 1 else ''})" if more else ""
    return NightlightError(first.what, where=f"{first.file}:{first.line}", remedy=first.remedy + count)


def nearest(word: str, vocabulary: Iterable[str]) -> str | None:
    """The word of the vocabulary that was most likely meant.

    >>> nearest("opne_question", ["open_question", "closed_question"])
    'open_question'
    """
    close = get_close_matches(word, list(vocabulary), n=1, cutoff=0.6)
    return str(close[0]) if close else None


def choose_from(word: str, vocabulary: Iterable[str], *, listed: str = "corpus/FORMAT.md") -> str:
    """The remedy for an unknown word: the nearest known one, else the whole vocabulary if it is short, else where it
    is listed."""
    words = [str(known) for known in vocabulary]
    if close := nearest(word, words):
        return f"did you mean '{close}'?"
    return f"use one of: {', '.join(words)}" if len(words) <= 12 else f"use one of those in {listed}"


def shown(word: str) -> str:
    """The word in quotes, unless it is more than a word: a sentence in the wrong place is not repeated in an error.

    >>> shown("sceptcal"), shown("a whole sentence")
    ("'sceptcal'", 'more than one word')
    """
    return f"'{word}'" if re.fullmatch(r"[+\w.-]{1,40}", word) else "more than one word"


def read_text(path: Path, findings: Findings) -> str | None:
    """The file's text, which must be UTF-8; None after saying in `findings` why it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        findings.add(1, (error.strerror or "unreadable").lower(), "check the path and its permissions")
    except UnicodeDecodeError as error:
        findings.add(error.object.count(b"\n", 0, error.start) + 1, "this is not UTF-8", "save the file as UTF-8")
    return None
