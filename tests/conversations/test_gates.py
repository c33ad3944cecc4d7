"""The rule language: what is printed parses to the same gate, evaluation is plain logic, and every other text is
refused with the column of the first thing that is wrong."""

import re
from collections.abc import Callable
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlight.conversations.gates import (
    QUANTITIES,
    And,
    Asked,
    AtLeast,
    Gate,
    GateError,
    GateState,
    Not,
    Or,
    PhaseIn,
    Told,
    TurnAtLeast,
    facts_named,
    is_open,
    parse_gate,
    print_gate,
)
from nightlight.conversations.labels import Phase

FACTS = ["the-bus", "first-day", "4am-walk"]
Meaning: TypeAlias = Callable[[GateState], bool]
Pair: TypeAlias = tuple[Gate, Meaning]

shares = st.floats(0, 1)
states = st.builds(
    GateState,
    trust=shares,
    openness=shares,
    phase=st.sampled_from(Phase),
    asked=st.booleans(),
    told=st.frozensets(st.sampled_from(FACTS)),
    turn=st.integers(0, 50),
)
rules: st.SearchStrategy[Pair] = st.one_of(
    st.builds(
        lambda quantity, value: (AtLeast(quantity, value), lambda state: getattr(state, quantity) >= value),
        st.sampled_from(QUANTITIES),
        shares,
    ),
    st.builds(lambda turn: (TurnAtLeast(turn), lambda state: state.turn >= turn), st.integers(0, 50)),
    st.builds(
        lambda phases: (PhaseIn(tuple(phases)), lambda state: state.phase in phases),
        st.lists(st.sampled_from(Phase), min_size=1, max_size=3),
    ),
    st.just((Asked(), lambda state: state.asked)),
    st.builds(lambda fact: (Told(fact), lambda state: fact in state.told), st.sampled_from(FACTS)),
)


def _combined(pairs: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    """Gates made of gates, each beside what it means."""
    several = st.lists(pairs, min_size=2, max_size=3)
    return st.one_of(
        st.builds(lambda pair: (Not(pair[0]), lambda state: not pair[1](state)), pairs),
        st.builds(lambda all_: (And(tuple(g for g, _ in all_)), lambda s: all(m(s) for _, m in all_)), several),
        st.builds(lambda any_: (Or(tuple(g for g, _ in any_)), lambda s: any(m(s) for _, m in any_)), several),
    )


gates = st.recursive(rules, _combined, max_leaves=8)


@given(gates)
@settings(deadline=None)
def test_a_printed_gate_parses_to_the_same_gate(pair: Pair) -> None:
    assert parse_gate(print_gate(pair[0])) == pair[0]


@given(gates, states)
@settings(deadline=None)
def test_evaluation_agrees_with_plain_logic(pair: Pair, state: GateState) -> None:
    gate, meaning = pair
    assert is_open(gate, state) is meaning(state)


words = ["trust", "openness", "turn", ">=", "0.3", "2", "phase", "in", "[", "]", ",", "asked", "told", "(", ")"]
rule_like = st.lists(st.sampled_from([*words, "and", "or", "not", "the-bus", "planning", "?"]), max_size=12)


@given(st.one_of(st.text(), rule_like.map(" ".join)))
@settings(deadline=None)
def test_any_text_is_a_gate_or_refused_at_a_column(text: str) -> None:
    found = _gate_or_refusal(text)
    if isinstance(found, GateError):
        assert 1 <= found.column <= len(text) + 1
        assert found.remedy
    else:
        assert parse_gate(print_gate(found)) == found


def _gate_or_refusal(text: str) -> Gate | GateError:
    try:
        return parse_gate(text)
    except GateError as refusal:
        return refusal


def test_not_binds_before_and_and_before_or() -> None:
    trust, asked, told = AtLeast("trust", 0.3), Asked(), Told("the-bus")
    assert parse_gate("not asked and trust>=0.3 or told(the-bus)") == Or((And((Not(asked), trust)), told))
    assert parse_gate("asked and (trust>=0.3 or told(the-bus))") == And((asked, Or((trust, told))))


def test_spaces_do_not_matter() -> None:
    spaced = "  trust >= 0.3  or phase  in [ goal_setting , planning ]and told( the-bus ) "
    assert print_gate(parse_gate(spaced)) == "trust>=0.3 or phase in [goal_setting,planning] and told(the-bus)"


def test_a_gate_names_its_facts() -> None:
    assert [*facts_named(parse_gate("told(a) and not (told(b) or asked)"))] == ["a", "b"]


@pytest.mark.parametrize(
    ("rule", "refusal"),
    [
        ("", "column 1: expected a rule; use one of: trust>=x"),
        ("trust", "column 6: expected '>='; as in 'trust>=0.3'"),
        ("trust>0.3", "column 6: expected '>='; as in 'trust>=0.3'"),
        ("trust>=1.5", "column 8: expected a number from 0 to 1; as in 'trust>=0.3'"),
        ("openness>=-0.1", "column 11: expected a number from 0 to 1; as in 'openness>=0.3'"),
        ("turn>=2.5", "column 7: expected a whole number; as in 'turn>=8'"),
        ("asked asked", "column 7: expected 'and', 'or' or the end"),
        ("asked and", "column 10: expected a rule"),
        ("(asked or turn>=2", "column 18: expected ')'"),
        ("told the-bus", "column 6: expected '('; as in 'told(fact-id)'"),
        ("told(The Bus)", "column 6: expected a fact id"),
        ("phase in planning", "column 10: expected '['"),
        ("phase in [plannning]", "column 11: expected a phase; did you mean 'planning'?"),
        ("phase in []", "column 11: expected a phase"),
        ("hope>=0.3", "column 1: expected a rule"),
        ("__import__('os')", "column 1: expected a rule"),
    ],
)
def test_a_rule_that_is_not_the_language_is_refused_where_it_leaves_it(rule: str, refusal: str) -> None:
    with pytest.raises(GateError, match="^" + re.escape(refusal)):
        parse_gate(rule)


def test_a_rule_nested_without_end_is_refused() -> None:
    with pytest.raises(GateError, match="nested more than 20 deep"):
        parse_gate("(" * 10_000 + "asked")
