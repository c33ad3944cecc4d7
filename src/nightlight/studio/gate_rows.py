"""Gate rules as rows to choose from: conditions joined by "and" or "or", each said or denied.

"and" binds closer than "or", as in the rule itself; what stands in parentheses is multiplied out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from nightlight.conversations.gates import And, Gate, GateError, Not, Or, parse_gate, print_gate

MOST_ROWS = 8


@dataclass(frozen=True)
class Row:
    """One condition: how it is joined to those before it ("and", "or"; "" in the first), whether it is denied, and
    the condition itself as the rule writes it."""

    join: str
    denied: bool
    condition: str


def rows_of(rule: str) -> tuple[Row, ...] | None:
    """The rows of a rule; None for one that cannot be read or needs more rows than a person would choose."""
    try:
        gate = parse_gate(rule)
    except GateError:
        return None
    groups = _groups(gate)
    if sum(map(len, groups)) > MOST_ROWS:
        return None
    rows = [
        Row(
            "or" if place == 0 else "and",
            isinstance(each, Not),
            print_gate(each.gate if isinstance(each, Not) else each),
        )
        for group in groups
        for place, each in enumerate(group)
    ]
    return (Row("", rows[0].denied, rows[0].condition), *rows[1:])


def rule_of(rows: Iterable[Row]) -> str:
    """The rule that the rows say; "" for none. Raises GateError for a condition that is not of the language."""
    chosen = [row for row in rows if row.condition]
    text = " ".join(
        f"{row.join + ' ' if place else ''}{'not ' if row.denied else ''}{row.condition}"
        for place, row in enumerate(chosen)
    )
    return print_gate(parse_gate(text)) if text else ""


def _groups(gate: Gate, *, denied: bool = False) -> Sequence[tuple[Gate, ...]]:
    """The gate as alternatives of conditions that hold together."""
    match gate:
        case Not(inner):
            return _groups(inner, denied=not denied)
        case And(gates) | Or(gates):
            parts = [_groups(part, denied=denied) for part in gates]
            if isinstance(gate, Or) != denied:
                return [group for part in parts for group in part]
            return [tuple(each for group in groups for each in group) for groups in product(*parts)]
    return [(Not(gate) if denied else gate,)]
