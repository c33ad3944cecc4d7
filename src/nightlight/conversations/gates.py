"""Gate rules: when a texter tells something. A tiny language over the texter's state, parsed to a tree and never run.

gate = all {"or" all}     all = one {"and" one}     one = "not" one | "(" gate ")" | rule
rule = trust>=x | openness>=x | turn>=n | phase in [a,b] | asked | told(fact-id)      x from 0 to 1
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias, assert_never, get_args

from nightlight.conversations.labels import Phase
from nightlight.conversations.problems import choose_from
from nightlight.errors import NightlightError

Quantity: TypeAlias = Literal["trust", "openness"]
QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)
RULES = ("trust>=x", "openness>=x", "turn>=n", "phase in [a,b]", "asked", "told(fact-id)")


@dataclass(frozen=True)
class AtLeast:
    quantity: Quantity
    value: float


@dataclass(frozen=True)
class TurnAtLeast:
    turn: int


@dataclass(frozen=True)
class PhaseIn:
    phases: tuple[Phase, ...]


@dataclass(frozen=True)
class Asked:
    pass


@dataclass(frozen=True)
class Told:
    fact: str


@dataclass(frozen=True)
class Not:
    gate: "Gate"


@dataclass(frozen=True)
class And:
    """Two or more gates that must all be open."""

    gates: "tuple[Gate, ...]"


@dataclass(frozen=True)
class Or:
    """Two or more gates, one of which must be open."""

    gates: "tuple[Gate, ...]"


Gate: TypeAlias = AtLeast | TurnAtLeast | PhaseIn | Asked | Told | Not | And | Or


@dataclass(frozen=True)
class GateState:
    """What a gate may look at: trust and openness in [0, 1], the running phase, whether the counselor has asked for
    the very thing behind this gate, the ids of the facts told so far, and the counselor's messages so far."""

    trust: float
    openness: float
    phase: Phase
    asked: bool
    told: frozenset[str]
    turn: int


class GateError(NightlightError):
    """A rule that is not of the language; `column` counts from 1 in the rule's own text."""

    def __init__(self, what: str, *, column: int, remedy: str) -> None:
        self.column = column
        super().__init__(what, where=f"column {column}", remedy=remedy)


def is_open(gate: Gate, state: GateState) -> bool:
    """Whether the gate is open in this state; defined for every gate and every state.

    >>> state = GateState(trust=0.4, openness=0.3, phase=Phase.EXPLORATION, asked=True, told=frozenset(), turn=5)
    >>> is_open(parse_gate("asked and trust>=0.4"), state), is_open(parse_gate("told(the-move)"), state)
    (True, False)
    """
    match gate:
        case AtLeast("trust", value):
            return state.trust >= value
        case AtLeast(_, value):
            return state.openness >= value
        case TurnAtLeast(turn):
            return state.turn >= turn
        case PhaseIn(phases):
            return state.phase in phases
        case Asked():
            return state.asked
        case Told(fact):
            return fact in state.told
        case Not(inner):
            return not is_open(inner, state)
        case And(gates):
            return all(is_open(part, state) for part in gates)
        case Or(gates):
            return any(is_open(part, state) for part in gates)
    assert_never(gate)


def facts_named(gate: Gate) -> Iterator[str]:
    """The fact ids inside `told(...)`."""
    match gate:
        case Told(fact):
            yield fact
        case Not(inner):
            yield from facts_named(inner)
        case And(gates) | Or(gates):
            for part in gates:
                yield from facts_named(part)


def print_gate(gate: Gate) -> str:
    """The rule as it is written in a card; parsing it gives the same gate.

    >>> print_gate(parse_gate("asked and(trust >= 0.30 or turn>=8)"))
    'asked and (trust>=0.3 or turn>=8)'
    """
    match gate:
        case AtLeast(quantity, value):
            return f"{quantity}>={Decimal(str(value)):f}"
        case TurnAtLeast(turn):
            return f"turn>={turn}"
        case PhaseIn(phases):
            return f"phase in [{','.join(phases)}]"
        case Asked():
            return "asked"
        case Told(fact):
            return f"told({fact})"
        case Not(inner):
            return f"not {_print_inside(inner, And, Or)}"
        case And(gates):
            return " and ".join(_print_inside(part, And, Or) for part in gates)
        case Or(gates):
            return " or ".join(_print_inside(part, Or) for part in gates)
    assert_never(gate)


def _print_inside(gate: Gate, *bracketed: type) -> str:
    text = print_gate(gate)
    return f"({text})" if isinstance(gate, bracketed) else text


def parse_gate(text: str) -> Gate:
    """The gate that a rule describes; raises `GateError` with the column of the first thing that is not the language.

    >>> parse_gate("trust>=0.3 or phase in [planning]")
    Or(gates=(AtLeast(quantity='trust', value=0.3), PhaseIn(phases=(<Phase.PLANNING: 'planning'>,))))
    >>> parse_gate("trust>0.3")
    Traceback (most recent call last):
    ...
    nightlight.conversations.gates.GateError: column 6: expected '>='; as in 'trust>=0.3'
    """
    rule = _Rule(text)
    gate = rule.either()
    if not rule.at_end():
        raise rule.error("expected 'and', 'or' or the end", "join rules with 'and', 'or' and parentheses")
    return gate


class _Rule:
    """A rule being read from left to right; each method reads one production of the grammar above."""

    TOKEN = re.compile(r"\s*(>=|[\w.-]+|\S)")
    MOST_NESTED = 20

    def __init__(self, text: str) -> None:
        found = [(match[1], match.start(1) + 1) for match in self.TOKEN.finditer(text)]
        self.tokens = [*found, ("", len(text.rstrip()) + 1)]
        self.position = 0
        self.depth = 0

    def at_end(self) -> bool:
        return not self.tokens[self.position][0]

    def error(self, what: str, remedy: str) -> GateError:
        return GateError(what, column=self.tokens[self.position][1], remedy=remedy)

    def accept(self, token: str) -> bool:
        found = self.tokens[self.position][0] == token
        self.position += found
        return found

    def expect(self, token: str, example: str) -> None:
        if not self.accept(token):
            raise self.error(f"expected '{token}'", f"as in '{example}'")

    def take(self, pattern: str, what: str, example: str) -> str:
        token = self.tokens[self.position][0]
        if not re.fullmatch(pattern, token, re.ASCII):
            raise self.error(f"expected {what}", f"as in '{example}'")
        self.position += 1
        return token

    def either(self) -> Gate:
        parts = [self.all_of()]
        while self.accept("or"):
            parts.append(self.all_of())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def all_of(self) -> Gate:
        parts = [self.one()]
        while self.accept("and"):
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def one(self) -> Gate:
        if self.accept("not"):
            return Not(self.nested(self.one))
        if self.accept("("):
            gate = self.nested(self.either)
            self.expect(")", "(asked or turn>=3) and trust>=0.2")
            return gate
        return self.rule()

    def nested(self, production: Callable[[], Gate]) -> Gate:
        self.depth += 1
        if self.depth > self.MOST_NESTED:
            raise self.error(f"nested more than {self.MOST_NESTED} deep", "write a simpler rule")
        gate = production()
        self.depth -= 1
        return gate

    def rule(self) -> Gate:
        for quantity in QUANTITIES:
            if self.accept(quantity):
                self.expect(">=", f"{quantity}>=0.3")
                return AtLeast(
                    quantity, float(self.take(r"0(\.\d+)?|1(\.0+)?", "a number from 0 to 1", f"{quantity}>=0.3"))
                )
        if self.accept("turn"):
            self.expect(">=", "turn>=8")
            return TurnAtLeast(int(self.take(r"\d{1,4}", "a whole number", "turn>=8")))
        if self.accept("asked"):
            return Asked()
        if self.accept("told"):
            self.expect("(", "told(fact-id)")
            fact = self.take(r"[a-z0-9]+(-[a-z0-9]+)*", "a fact id", "told(fact-id)")
            self.expect(")", "told(fact-id)")
            return Told(fact)
        if self.accept("phase"):
            return self.phases()
        raise self.error("expected a rule", f"use one of: {', '.join(RULES)}")

    def phases(self) -> PhaseIn:
        example = "phase in [goal_setting,planning]"
        self.expect("in", example)
        self.expect("[", example)
        phases = [self.phase()]
        while self.accept(","):
            phases.append(self.phase())
        self.expect("]", example)
        return PhaseIn(tuple(phases))

    def phase(self) -> Phase:
        token = self.tokens[self.position][0]
        if token not in set(Phase):
            raise self.error("expected a phase", choose_from(token, Phase))
        self.position += 1
        return Phase(token)
