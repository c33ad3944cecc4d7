"""How far each part of a card is."""

from dataclasses import dataclass

from nightlight.studio.card_problems import problems_by_field, warned_lines
from nightlight.studio.card_source import Tree
from nightlight.web.studio.parts import PARTS, Part, part_of


@dataclass(frozen=True)
class Standing:
    """How far a part is: how many of its fields still have a problem, and how many hold forbidden detail."""

    part: Part
    open: int
    warned: int


def standings(tree: Tree) -> list[Standing]:
    """Every part with what is still missing in it."""
    problems = [_part_key(path) for path in problems_by_field(tree)]
    warned = [_part_key(path) for path in warned_lines(tree)]
    return [Standing(part, problems.count(part.key), warned.count(part.key)) for part in PARTS]


def _part_key(path: str) -> str:
    key = part_of(path)
    return "facts" if key.startswith("fact-") else key
