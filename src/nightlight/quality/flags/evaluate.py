"""Flags of a conversation: each rule in turn looks at the same facts. No clock, no file, the same flags every time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nightlight.quality.flags.declared import Flag, Rule, Seen, When
from nightlight.quality.flags.facts import Facts
from nightlight.quality.flags.rules import RULE, RULES
from nightlight.quality.flags.thresholds import START, Thresholds


def find_flags(seen: Seen, thresholds: Thresholds = START, *, rules: Sequence[Rule] = RULES) -> tuple[Flag, ...]:
    """The flags of a conversation as it stands, the severest first, then in the order of the rules.

    Rules of the end speak only once it has ended; where most of it could not be read, only rules of time speak.
    """
    return tuple(sorted(_found(Facts(seen, thresholds), rules), key=lambda flag: -flag.severity.rank))


def _found(facts: Facts, rules: Sequence[Rule]) -> Iterator[Flag]:
    for rule in rules:
        if (rule.when is When.END and not facts.ended) or (facts.is_mostly_unread and not rule.unread_too):
            continue
        evidence = rule.find(facts)
        if evidence is not None:
            yield Flag(
                rule.id,
                rule.version,
                evidence.severity or rule.severity,
                evidence.message_ids,
                evidence.why,
                evidence.probability,
                facts.seen.labels.version,
            )


@dataclass(frozen=True)
class Changes:
    """`raised`: new ones, and those that became severer; `cleared`: gone, by rules whose flags may go."""

    raised: tuple[Flag, ...]
    cleared: tuple[Flag, ...]


def changes(before: Sequence[Flag], after: Sequence[Flag]) -> Changes:
    """What changed from one look at a conversation to the next; a flag that may not go and is not found again stays."""
    were = {flag.rule: flag for flag in before}
    are = {flag.rule for flag in after}
    return Changes(
        tuple(flag for flag in after if flag.rule not in were or flag.severity.rank > were[flag.rule].severity.rank),
        tuple(flag for flag in before if flag.rule not in are and flag.rule in RULE and RULE[flag.rule].clears),
    )
