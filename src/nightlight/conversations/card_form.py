"""The form of a card file, as corpus/FORMAT.md defines it, and the checks that look across its parts."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

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
from nightlight.conversations.forms import (
    Page,
    choice,
    count,
    fill,
    fraction,
    line,
    record,
    several,
    table,
    text,
    yes_or_no,
)
from nightlight.conversations.gates import Gate, GateError, facts_named, parse_gate
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
from nightlight.conversations.problems import Findings, Problem, choose_from, read_text, refuse, shown

KEBAB_CASE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def kebab_id(page: Page, node: yaml.Node, name: str) -> str | None:
    word = text(page, node, name)
    if word is None or KEBAB_CASE.fullmatch(word):
        return word
    page.report(node, f"{name} is {shown(word)}", "write lower-case words joined by '-', as in 'first-day'")
    return None


def gate(page: Page, node: yaml.Node, name: str) -> Gate | None:
    rule = text(page, node, name)
    if rule is None:
        return None
    try:
        return parse_gate(rule)
    except GateError as error:
        page.report(node, f"{name}: column {_column(page, node, error)}: {error.what}", error.remedy or "")
        return None


def _column(page: Page, node: yaml.Node, error: GateError) -> int:
    """The column in the file's line where the rule stands as it is, else in the rule's own text."""
    begin = node.start_mark
    at = page.lines[begin.line].find(node.value, begin.column)
    return error.column + max(at, 0)


CARD = record(
    Card,
    id=kebab_id,
    title=text,
    topics=several(choice(Topic), 1),
    difficulty=count(1, 3),
    warning=text,
    persona=record(
        Persona,
        names=several(text, 3),
        age_band=choice(AgeBand),
        pronouns=text,
        story=text,
        now=text,
        why_now=text,
    ),
    voice=record(
        Voice,
        words_median=count(1, 60),
        lowercase=fraction,
        no_end_mark=fraction,
        typos=fraction,
        emoji=fraction,
        burst=fraction,
    ),
    start=record(
        Start,
        trust=fraction,
        openness=fraction,
        distress=fraction,
        hope=fraction,
        patience=fraction,
        resistance=choice(Resistance),
    ),
    risk=record(
        Risk,
        thoughts=choice(Thoughts),
        plan=choice(Plan),
        means=choice(Means),
        timeframe=choice(Timeframe),
        past_attempt=yes_or_no,
        self_harm=choice(SelfHarm),
        in_progress=yes_or_no,
    ),
    expected=choice(ExpectedOutcome),
    goal=record(Goal, says=text, needs=text, steps=several(text, 3), refuses=several(text, 1)),
    opening=several(line, 6),
    facts=several(
        record(
            Fact,
            id=kebab_id,
            kind=choice(FactKind),
            asks=several(text, 3),
            gate=gate,
            tell=several(line, 4),
            hint=several(line, 2),
        ),
        10,
    ),
    risk_answers=table(Rung, record(RiskAnswer, gate=gate, tell=several(line, 3), hedge=several(line, 2))),
    reactions=table(Reaction, record(ReactionLines, guarded=several(line, 3), open=several(line, 3))),
    endings=record(
        Endings, good=several(line, 4), partial=several(line, 4), leaves=several(line, 4), escalated=several(line, 3)
    ),
)


def check_across(page: Page) -> None:
    """Fact ids are not used twice, and gates name facts of this card other than their own."""
    ids: dict[str, str] = {}
    for fact, (node, fact_id) in _entries(page, r"(facts\[\d+\])\.id"):
        if fact_id in ids.values():
            page.report(node, f"the fact id '{fact_id}' stands twice", "give every fact its own id")
        ids[fact] = fact_id
    for owner, (node, rule) in _entries(page, r"(.+)\.gate"):
        for told in facts_named(rule):
            if told not in ids.values():
                page.report(
                    node,
                    f"the gate of {owner} names no fact of this card",
                    choose_from(told, ids.values(), listed="its facts"),
                )
            elif told == ids.get(owner):
                page.report(node, f"the gate of {owner} waits for itself", "name another fact in told(...)")


def _entries(page: Page, pattern: str) -> Iterator[tuple[str, tuple[yaml.Node, Any]]]:
    """Those entries, well read, whose name has the pattern; each under the pattern's first group."""
    for name, (node, value) in page.entries.items():
        if value is not None and (match := re.fullmatch(pattern, name)):
            yield match[1], (node, value)


def parse_card(source: str, findings: Findings) -> Card | None:
    """The card that a YAML text holds, or None after every problem of it stands in `findings`."""
    return fill(CARD, source, findings, across=check_across)


def check_card(path: Path) -> list[Problem]:
    """Everything that is wrong with a card file, in the order of its lines; empty when the card is well formed."""
    return examine_card(path)[1]


def read_card(path: Path) -> Card:
    """The card in a file; raises `NightlightError` naming the first problem and how many follow."""
    card, problems = examine_card(path)
    if card is None:
        raise refuse(problems)
    return card


def examine_card(path: Path) -> tuple[Card | None, list[Problem]]:
    """The card or, when anything is wrong with its file, None and the problems."""
    findings = Findings(str(path))
    source = read_text(path, findings)
    card = None if source is None else parse_card(source, findings)
    if card is not None and card.id != path.stem:
        findings.add(1, f"the id '{card.id}' is not the file's name", "name the file <id>.yaml")
    problems = findings.ordered()
    return (None if problems else card), problems
