"""Words of a model's own that nobody uses: what a Llama says that has hardly learned anything.

The checks of a line look for what must not be told; they let a string of syllables pass that tells nothing."""

import re
from collections.abc import Iterable

from nightlight.simulator.measures.plays import Plays

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def strange_words(plays: Plays, texts: Iterable[str]) -> float:
    """The share of words in lines of the model's own that stand neither in these texts nor in what else was said.

    `texts`: what people write, for the words there are."""
    known = {word for text in texts for word in _words(text)}
    said: list[str] = []
    for session in plays.all():
        for turn in session.turns:
            known.update(_words(turn.counselor))
            for worded in turn.worded:
                known.update(_words(worded.line))
                said += [word for message in worded.messages if worded.by for word in _words(message)]
    return sum(word not in known for word in said) / max(1, len(said))


def _words(text: str) -> list[str]:
    """
    >>> _words("Idk, it's 3 things")
    ['idk', "it's", 'things']
    """
    return WORD.findall(text.lower().replace("’", "'"))
