"""What differs between two versions: a card part by part, a script line by line."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from nightlight.conversations.gates import print_gate
from nightlight.conversations.principles import Principle
from nightlight.studio.card_source import Tree, read_tree
from nightlight.studio.versions import Kind, Version


@dataclass(frozen=True)
class Change:
    """A part by its name (`goal.needs`, `facts.exam.tell`, a script's `messages`): what is gone and what is new."""

    part: str
    removed: tuple[str, ...]
    added: tuple[str, ...]


def difference(one: Version, other: Version) -> tuple[Change, ...]:
    """The changes from `one` to `other`, in the order of the card's form."""
    if one.kind is Kind.SCRIPT:
        changes = list(_lines("messages", one.source.splitlines(), other.source.splitlines()))
    else:
        changes = list(_trees("", read_tree(one.source, one.name), read_tree(other.source, other.name)))
    told = [[_said(each) for each in version.principles] for version in (one, other)]
    return (*changes, *_lists("principles", *told))


def _trees(inside: str, one: Tree, other: Tree) -> Iterator[Change]:
    for key in {**one, **other}:
        part = f"{inside}.{key}" if inside else key
        yield from _values(part, one.get(key), other.get(key))


def _values(part: str, one: Any, other: Any) -> Iterator[Change]:
    if one == other:
        return
    if part == "facts":
        facts = [{fact["id"]: fact for fact in each} for each in (one, other)]
        yield from _trees(part, *facts)
    elif isinstance(one, dict) or isinstance(other, dict):
        yield from _trees(part, one or {}, other or {})
    elif isinstance(one, list) or isinstance(other, list):
        yield from _lists(part, one or [], other or [])
    else:
        yield Change(part, _shown(one), _shown(other))


def _lists(part: str, one: list[str], other: list[str]) -> Iterator[Change]:
    """Lines that are gone and lines that are new; lines in another order alone are no change."""
    gone = tuple(line for line in one if line not in other)
    new = tuple(line for line in other if line not in one)
    if gone or new:
        yield Change(part, gone, new)


def _lines(part: str, one: list[str], other: list[str]) -> Iterator[Change]:
    for step, start, end, begin, stop in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if step != "equal":
            yield Change(part, tuple(one[start:end]), tuple(other[begin:stop]))


def _shown(value: Any) -> tuple[str, ...]:
    return () if value in (None, "") else (str(value),)


def _said(principle: Principle) -> str:
    when = f" [{print_gate(principle.applies_if)}]" if principle.applies_if else ""
    return f"{principle.why}{when}: not “{principle.never}”" + (f", “{principle.instead}”" if principle.instead else "")
