"""Which texts are nearly the same, by the share of word pairs they have in common, without comparing all with all."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TypeAlias

_WORD = re.compile(r"[^\W_]+")
Pairs: TypeAlias = frozenset[tuple[str, str]]


def copies(texts: Sequence[str], known: Sequence[str], share: float) -> tuple[int, ...]:
    """The places of `texts` that are near copies of another one of them, or of a `known` text.

    >>> copies(["please hold on a moment for me", "Please hold on a moment for me!", "so it was you"], [], 0.9)
    (0, 1)
    """
    places: dict[Pairs, list[int]] = defaultdict(list)
    for place, text in enumerate(texts):
        places[_word_pairs(text)].append(place)
    prepared = frozenset(map(_word_pairs, known))
    copied = {pairs for pairs, of in places.items() if pairs and (len(of) > 1 or pairs in prepared)}
    _tie([*places, *(prepared - places.keys())], copied, share)
    return tuple(sorted(place for pairs in copied & places.keys() for place in places[pairs]))


def _tie(every: Sequence[Pairs], copied: set[Pairs], share: float) -> None:
    """Add to `copied` each that has this share in common with another.

    Sets that near have one of their few rarest pairs in common, so only those that do are compared; and who has a
    partner needs no second one, so a hundred copies cost no more than a hundred comparisons."""
    seen_in = Counter(pair for pairs in every for pair in pairs)
    loose: dict[tuple[str, str], list[Pairs]] = defaultdict(list)
    tied: dict[tuple[str, str], list[Pairs]] = defaultdict(list)
    for pairs in every:
        if sum(seen_in[pair] > 1 for pair in pairs) < share * len(pairs):
            continue  # too much of it stands nowhere else
        for rare in _rarest(pairs, seen_in, share):
            partners = [other for other in loose[rare] if _in_common(pairs, other) >= share]
            if partners:
                loose[rare] = [other for other in loose[rare] if other not in partners]
                tied[rare] += partners
                copied |= {pairs, *partners}
            elif pairs not in copied and any(_in_common(pairs, other) >= share for other in tied[rare]):
                copied.add(pairs)
            (tied if pairs in copied else loose)[rare].append(pairs)


def _rarest(pairs: Iterable[tuple[str, str]], seen_in: Counter[tuple[str, str]], share: float) -> list[tuple[str, str]]:
    ordered = sorted(pairs, key=lambda pair: (seen_in[pair], pair))
    return ordered[: len(ordered) - math.ceil(share * len(ordered) - 1e-9) + 1]


def _in_common(one: Pairs, other: Pairs) -> float:
    return len(one & other) / len(one | other)


def _word_pairs(text: str) -> Pairs:
    return frozenset(pairwise(_WORD.findall(text.lower())))
