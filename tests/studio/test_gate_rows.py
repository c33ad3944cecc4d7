"""Promises of rules chosen by rows: the rows say the same as the rule, for every state."""

from itertools import product

import pytest

from nightlight.conversations.cards import Card
from nightlight.conversations.gates import GateState, is_open, parse_gate, print_gate
from nightlight.conversations.labels import Phase
from nightlight.studio.gate_rows import Row, rows_of, rule_of

RULES = (
    "trust>=0.3",
    "not asked",
    "asked and (trust>=0.3 or turn>=8)",
    "not (asked and turn>=2)",
    "not (asked or told(exam)) or openness>=0.5",
    "(asked or turn>=2) and (trust>=0.3 or told(exam))",
    "phase in [goal_setting,planning] or not not asked",
)


def states() -> list[GateState]:
    return [
        GateState(trust=trust, openness=openness, phase=phase, asked=asked, told=frozenset(told), turn=turn)
        for trust, openness, phase, asked, told, turn in product(
            (0.1, 0.4), (0.2, 0.6), (Phase.EXPLORATION, Phase.PLANNING), (True, False), ((), ("exam",)), (1, 9)
        )
    ]


@pytest.mark.parametrize("rule", RULES)
def test_the_rows_open_exactly_when_the_rule_does(rule: str) -> None:
    rows = rows_of(rule)
    assert rows is not None
    chosen = parse_gate(rule_of(rows))
    assert [is_open(chosen, state) for state in states()] == [is_open(parse_gate(rule), state) for state in states()]


def test_every_rule_of_the_shipped_cards_can_be_chosen(cards: dict[str, Card]) -> None:
    gates = {fact.gate for card in cards.values() for fact in card.facts}
    gates |= {answer.gate for card in cards.values() for answer in card.risk_answers.values()}
    assert [print_gate(gate) for gate in gates if rows_of(print_gate(gate)) is None] == []


def test_what_rows_cannot_show_is_said_to_be_none() -> None:
    assert rows_of("trust>0.3") is None
    assert rows_of(" and ".join(f"(asked or turn>={n})" for n in range(1, 5))) is None


def test_rows_without_a_condition_say_nothing() -> None:
    assert rule_of([Row("", False, ""), Row("or", True, "asked"), Row("and", False, "")]) == "not asked"
    assert rule_of([]) == ""
