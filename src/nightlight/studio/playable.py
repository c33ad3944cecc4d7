"""A card that can be played before it is finished: what is missing says so itself."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, TypeVar

from nightlight.conversations.cards import (
    Card,
    Endings,
    Fact,
    Goal,
    Persona,
    ReactionLines,
    Risk,
    RiskAnswer,
    Start,
    Voice,
)
from nightlight.conversations.gates import AtLeast, Gate, GateError, parse_gate
from nightlight.conversations.labels import (
    AgeBand,
    ExpectedOutcome,
    FactKind,
    Means,
    Plan,
    Reaction,
    Resistance,
    Rung,
    SelfHarm,
    Thoughts,
    Timeframe,
    Topic,
)
from nightlight.studio.card_source import NEW_START, NEW_VOICE, Tree

E = TypeVar("E", bound=StrEnum)
MISSING = "[no line yet: {}{}]"
OPEN = AtLeast("trust", 0.0)


def playable(tree: Tree) -> Card:
    """The card as far as it is written; lines in square brackets stand where none is written yet."""
    persona, risk, goal = tree["persona"], tree["risk"], tree["goal"]
    return Card(
        id=tree["id"],
        title=tree["title"],
        topics=tuple(Topic(topic) for topic in tree["topics"] if topic in set(Topic)),
        difficulty=tree["difficulty"] if tree["difficulty"] in (1, 2, 3) else 1,
        warning=tree["warning"],
        persona=Persona(
            names=tuple(persona["names"]) or ("the texter",),
            age_band=_one_of(AgeBand, persona["age_band"], AgeBand.FROM_18),
            pronouns=persona["pronouns"],
            story=persona["story"],
            now=persona["now"],
            why_now=persona["why_now"],
        ),
        voice=Voice(**_numbers(tree["voice"], NEW_VOICE)),
        start=Start(
            **_numbers({key: value for key, value in tree["start"].items() if key != "resistance"}, NEW_START),
            resistance=_one_of(Resistance, tree["start"]["resistance"], Resistance.NONE),
        ),
        risk=Risk(
            thoughts=_one_of(Thoughts, risk["thoughts"], Thoughts.NONE),
            plan=_one_of(Plan, risk["plan"], Plan.NONE),
            means=_one_of(Means, risk["means"], Means.NONE),
            timeframe=_one_of(Timeframe, risk["timeframe"], Timeframe.NONE),
            past_attempt=risk["past_attempt"] == "yes",
            self_harm=_one_of(SelfHarm, risk["self_harm"], SelfHarm.NONE),
            in_progress=risk["in_progress"] == "yes",
        ),
        expected=_one_of(ExpectedOutcome, tree["expected"], ExpectedOutcome.END),
        goal=Goal(goal["says"], goal["needs"], tuple(goal["steps"]), tuple(goal["refuses"])),
        opening=_lines(tree["opening"], "first words", 2),
        facts=_facts(tree["facts"]),
        risk_answers={
            rung: RiskAnswer(
                _gate(answer["gate"]),
                _lines(answer["tell"], f"risk answers, {rung}"),
                _lines(answer["hedge"], f"risk answers, {rung}, half-answer", 2),
            )
            for rung in Rung
            for answer in [tree["risk_answers"][rung]]
        },
        reactions={
            reaction: ReactionLines(
                _lines(tones["guarded"], f"reactions, {reaction}, guarded"),
                _lines(tones["open"], f"reactions, {reaction}, open"),
            )
            for reaction in Reaction
            for tones in [tree["reactions"][reaction]]
        },
        endings=Endings(**{name: _lines(lines, f"endings, {name}") for name, lines in tree["endings"].items()}),
    )


def _facts(facts: Sequence[Tree]) -> tuple[Fact, ...]:
    found: dict[str, Fact] = {}
    for number, fact in enumerate(facts, 1):
        fact_id = fact["id"] or f"fact-{number}"
        found.setdefault(
            fact_id,
            Fact(
                id=fact_id,
                kind=_one_of(FactKind, fact["kind"], FactKind.BACKGROUND),
                asks=tuple(fact["asks"]),
                gate=_gate(fact["gate"]),
                tell=_lines(fact["tell"], fact_id),
                hint=_lines(fact["hint"], f"{fact_id}, hint", 2),
            ),
        )
    return tuple(found.values())


def _lines(lines: Sequence[str], part: str, least: int = 3) -> tuple[str, ...]:
    written = tuple(dict.fromkeys(line for line in lines if line.strip()))
    missing = range(len(written), least)
    return written + tuple(MISSING.format(part, f" ({number + 1})") for number in missing)


def _gate(rule: str) -> Gate:
    try:
        return parse_gate(rule)
    except GateError:
        return OPEN


def _numbers(values: Tree, otherwise: dict[str, Any]) -> dict[str, Any]:
    return {key: otherwise[key] if value is None else value for key, value in values.items()}


def _one_of(vocabulary: type[E], word: str, otherwise: E) -> E:
    return vocabulary(word) if word in set(vocabulary) else otherwise
