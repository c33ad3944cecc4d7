"""Work of some seconds that a page asks two models for: done once, kept, and never waited for by anybody else."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar, cast

from nightlight.errors import NightlightError

KEPT = 16
_PLAYING = Lock()
_played: "OrderedDict[tuple[str, ...], Any]" = OrderedDict()
T = TypeVar("T")


class Busy(NightlightError):  # noqa: N818  # no mistake: wait a little
    """Another page's work is under way."""


def played_before(key: tuple[str, ...]) -> Any:
    """What `played_once` gave for it; None when it has not been asked, or too long ago."""
    return _played.get(key)


def played_once(key: tuple[str, ...], play: Callable[[], T]) -> T:
    """What `play` gives, or gave before; raises Busy while other work runs: waiting requests would stop all pages.

    `key`: everything that decides about the answer, the kind of work first.
    """
    if (known := _played.get(key)) is not None:
        return cast(T, known)
    if not _PLAYING.acquire(blocking=False):
        raise Busy("two versions are being played just now", remedy="try it again in a minute")
    try:
        found = _played[key] = play()
        while len(_played) > KEPT:
            _played.popitem(last=False)
        return found
    finally:
        _PLAYING.release()
