"""How a model's wording does, as plain numbers for live checks: no text is kept."""

from collections import Counter, deque
from collections.abc import Sequence
from threading import Lock

KEPT = 1000  # seconds of the newest replies

LEAKS = frozenset({"closed fact", "closed rung", "risk", "method detail"})
"""Reasons that would have told what the card keeps closed, or what nobody may tell."""

LET_STAND = "no other words"
"""The reason of a model that was asked and left the card's line as it is, which is no failure of it."""


class WordingFigures:
    """Counts since the process began; safe for many threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._reasons: Counter[str] = Counter()
        self._seconds: deque[float] = deque(maxlen=KEPT)

    def count(self, problem: str, seconds: float) -> None:
        """One line that a model was asked for; `problem`: why the card's line stands instead, "" for none."""
        with self._lock:
            self._reasons[problem] += 1
            self._seconds.append(seconds)

    @property
    def seconds(self) -> tuple[float, ...]:
        """Of the newest lines, the oldest first."""
        with self._lock:
            return tuple(self._seconds)

    def as_row(self) -> dict[str, float | int | dict[str, int]]:
        """`asked`, `spoken` (in the model's words), `leaks` (taken back), `reasons` of the fallbacks, seconds."""
        with self._lock:
            reasons, seconds = dict(self._reasons), sorted(self._seconds)
        spoken = reasons.pop("", 0)
        return {
            "asked": spoken + sum(reasons.values()),
            "spoken": spoken,
            "leaks": sum(count for reason, count in reasons.items() if reason in LEAKS),
            "reasons": reasons,
            "median_seconds": round(quantile(seconds, 0.5), 3),
            "p95_seconds": round(quantile(seconds, 0.95), 3),
        }


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value within which this share of them lies, smallest first; 0 of none.

    >>> quantile([0.1, 0.2, 0.9], 0.5), quantile([], 0.95)
    (0.2, 0.0)
    """
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
