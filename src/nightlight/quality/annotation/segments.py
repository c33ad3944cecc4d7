"""Do two people see the phases change in the same places? Pk, WindowDiff and boundaries found within some messages.

A boundary is a message whose phase is another than that of the message before it. Pk: D. Beeferman, A. Berger, J.
Lafferty, "Statistical Models for Text Segmentation" (1999); WindowDiff: L. Pevzner, M. Hearst, "A Critique and
Improvement of an Evaluation Metric for Text Segmentation" (2002)."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

NEAR = 2  # messages


@dataclass(frozen=True)
class Boundaries:
    """Pk and WindowDiff are shares of windows on which the two differ: 0 is agreement; `f1` is 1 in agreement. None
    where there is nothing to compare: conversations too short for a window, no boundary in any."""

    pk: float | None
    window_diff: float | None
    f1: float | None


def boundaries(phases: Sequence[Hashable]) -> list[bool]:
    """Whether the phase changes, between each message and the next.

    >>> boundaries(["a", "a", "b", "b", "c"])
    [False, True, False, True]
    """
    return [before != after for before, after in pairwise(phases)]


def window(one: Sequence[bool], other: Sequence[bool]) -> int:
    """Half the length of a mean segment of both, at least one message."""
    segments = sum(one) + sum(other) + 2
    return max(1, round((len(one) + 1) / segments))


def differing_windows(one: Sequence[bool], other: Sequence[bool], k: int) -> tuple[int, int, int]:
    """Of the windows of k steps: in how many one has a boundary and the other none (Pk), in how many their numbers of
    boundaries differ (WindowDiff), and how many windows there are."""
    found = [(sum(one[at : at + k]), sum(other[at : at + k])) for at in range(len(one) - k + 1)]
    return sum((a > 0) != (b > 0) for a, b in found), sum(a != b for a, b in found), len(found)


def matched(one: Sequence[bool], other: Sequence[bool], near: int = NEAR) -> int:
    """How many boundaries of one have a partner among the other's within some messages, each partner once.

    >>> matched([True, False, False, False], [False, True, False, True])
    1
    """
    mine = [at for at, is_boundary in enumerate(one) if is_boundary]
    theirs = [at for at, is_boundary in enumerate(other) if is_boundary]
    found = 0
    while mine and theirs:
        if abs(mine[0] - theirs[0]) <= near:
            found += 1
            mine, theirs = mine[1:], theirs[1:]
        elif mine[0] < theirs[0]:
            mine = mine[1:]
        else:
            theirs = theirs[1:]
    return found


def compare(conversations: Iterable[tuple[Sequence[Hashable], Sequence[Hashable]]]) -> Boundaries:
    """Both people's phases of each conversation, compared; every window and every boundary counts the same."""
    by_pk = by_number = windows = together = both = 0
    for phases in conversations:
        one, other = map(boundaries, phases)
        either, number, count = differing_windows(one, other, window(one, other))
        by_pk, by_number, windows = by_pk + either, by_number + number, windows + count
        together, both = together + matched(one, other), both + sum(one) + sum(other)
    return Boundaries(
        pk=by_pk / windows if windows else None,
        window_diff=by_number / windows if windows else None,
        f1=2 * together / both if both else None,
    )
