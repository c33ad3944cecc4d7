"""Gate rules chosen on a page: a select for each condition, joined by "and" or "or"; nobody writes the rule itself."""

from collections.abc import Mapping
from typing import TypeAlias

from starlette.datastructures import FormData

from nightlight.conversations.gates import GateError
from nightlight.conversations.labels import Phase
from nightlight.errors import NightlightError
from nightlight.languages import N_
from nightlight.studio.card_source import Tree
from nightlight.studio.gate_rows import Row, rows_of, rule_of
from nightlight.web.practice.words import PHASES

ROWS = 3
Condition: TypeAlias = tuple[str, str, dict[str, str]]
Group: TypeAlias = tuple[str, list[Condition]]


def gate_rows(rule: str) -> list[Row] | None:
    """The rows of a rule and empty ones to choose more; None where it is not one that rows can show."""
    found = () if not rule else rows_of(rule)
    if found is None:
        return None
    return [*found, *[Row("and", False, "")] * max(1, ROWS - len(found))]


def conditions(tree: Tree, gates: Mapping[str, list[Row] | None]) -> list[Group]:
    """The conditions to choose from, in groups: the rule, its sentence, the sentence's values."""
    shares = [f"{number / 20:g}" for number in range(1, 20)]
    found: list[Group] = [
        (N_("Trust"), [(f"trust>={share}", N_("trust at least %(n)s"), {"n": share}) for share in shares]),
        (N_("Openness"), [(f"openness>={share}", N_("openness at least %(n)s"), {"n": share}) for share in shares]),
        (
            N_("Time"),
            [
                (f"turn>={n}", N_("from the counselor's message %(n)s on"), {"n": str(n)})
                for n in (*range(1, 13), 15, 20)
            ],
        ),
        (N_("Asked"), [("asked", N_("the counselor asks for it"), {})]),
        (
            N_("Phase"),
            [(f"phase in [{phase}]", N_("phase: %(phase)s"), {"phase": PHASES[phase]}) for phase in Phase]
            + [("phase in [goal_setting,planning]", N_("phase: finding a goal, or planning"), {})],
        ),
        (
            N_("Already told"),
            [
                (f"told({fact['id']})", N_("they have told %(fact)s"), {"fact": fact["id"]})
                for fact in tree["facts"]
                if fact["id"]
            ],
        ),
    ]
    known = {rule for _, group in found for rule, _, _ in group}
    used = {row.condition for rows in gates.values() for row in rows or () if row.condition}
    others: list[Condition] = [(rule, "%(rule)s", {"rule": rule}) for rule in sorted(used - known)]
    return [(title, group) for title, group in [*found, (N_("Others"), others)] if group]


def sent_rule(path: str, sent: FormData, before: str) -> str:
    """The rule whose rows were sent; a rule that rows cannot show, or whose rows are as they were, stays."""
    rows: list[Row] = []
    for number in range(1, 2 * ROWS + 10):
        condition = str(sent.get(f"{path}:{number}:is", ""))
        denied = sent.get(f"{path}:{number}:not") == "not"
        join = "or" if sent.get(f"{path}:{number}:join") == "or" else "and"
        if condition:
            rows.append(Row(join if rows else "", denied, condition))
    if f"{path}:1:is" not in sent or tuple(rows) == rows_of(before):
        return before
    try:
        return rule_of(rows)
    except GateError as error:
        raise NightlightError("the rule cannot be read", remedy=error.remedy) from error
