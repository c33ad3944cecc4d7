"""A line's own thresholds, from its completed conversations: only what is unusual there is flagged."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from statistics import fmean, quantiles

from nightlight.conversations.labels import CoarsePhase
from nightlight.quality.flags.conduct_rules import advice_shares
from nightlight.quality.flags.declared import Seen
from nightlight.quality.flags.facts import Facts, Stretch
from nightlight.quality.flags.thresholds import START, Thresholds

FEWEST = 200
"""Conversations that a percentile is taken from; with fewer the start value stays."""
STUCK = {
    CoarsePhase.INITIAL_CONTACT: "contact",
    CoarsePhase.ASSESSMENT: "assessment",
    CoarsePhase.INTERVENTION: "intervention",
}


def learn_thresholds(conversations: Iterable[Seen], start: Thresholds = START, *, fewest: int = FEWEST) -> Thresholds:
    """`start` with this line's 95th and 10th percentiles in place of those that enough completed conversations tell."""
    facts = [Facts(seen, start) for seen in conversations if seen.ended]
    usual = [each for each in facts if each.lines and not each.is_mostly_unread]
    learned: dict[str, float | int] = {}
    for name, (measure, percent) in _measures().items():
        values = [value for each in usual if (value := measure(each)) is not None]
        if len(values) >= max(fewest, 2):
            learned[name] = _percentile(values, percent, whole=name.endswith("_messages"))
    return replace(start, **learned)  # type: ignore[arg-type]  # names and kinds are those of the fields


def as_toml(thresholds: Thresholds) -> str:
    """What `flags.toml` says to have these: the numbers that are no start values. Prepared texts stay in their file."""
    own = ((field.name, getattr(thresholds, field.name)) for field in fields(Thresholds) if field.name != "macros")
    return "".join(f"{name} = {str(value).lower()}\n" for name, value in own if value != getattr(START, name))


def _measures() -> dict[str, tuple[Callable[[Facts], float | None], int]]:
    """What is measured of each conversation for a threshold, and which percentile of it is the threshold."""
    stuck: dict[str, tuple[Callable[[Facts], float | None], int]] = {}
    for phase, name in STUCK.items():
        stuck[f"stuck_{name}_messages"] = (_longest(phase, lambda stretch: len(stretch.lines)), 95)
        stuck[f"stuck_{name}_minutes"] = (_longest(phase, lambda stretch: stretch.minutes, times=True), 95)
    return stuck | {
        "wait_minutes": (lambda facts: max((minutes for minutes, _ in facts.waits), default=None), 95),
        "advice_share": (lambda facts: shares[0] if (shares := advice_shares(facts)) else None, 95),
        "reflection_share": (lambda facts: shares[1] if (shares := advice_shares(facts)) else None, 10),
        "few_words": (_words, 10),
    }


def _longest(
    phase: CoarsePhase, size: Callable[[Stretch], float], *, times: bool = False
) -> Callable[[Facts], float | None]:
    def longest(facts: Facts) -> float | None:
        if times and not facts.has_times:
            return None
        return max((size(stretch) for stretch in facts.stretches if stretch.phase is phase), default=None)

    return longest


def _words(facts: Facts) -> float | None:
    return fmean(line.words for line in facts.counselor) if facts.counselor else None


def _percentile(values: Sequence[float], percent: int, *, whole: bool) -> float | int:
    found = quantiles(values, n=100, method="inclusive")[percent - 1]
    return round(found) if whole else round(found, 3)
