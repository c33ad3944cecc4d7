"""A card's text and its tree of plain values: what the form of the studio edits, complete or not.

A tree has every key of the form; what nobody has written yet is "", an empty list, or None for a number."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from nightlight.conversations.cards import Card, Endings, Goal, Persona, Risk, Start, Voice
from nightlight.conversations.forms import LOADER
from nightlight.conversations.gates import print_gate
from nightlight.conversations.labels import Reaction, Rung

Tree: TypeAlias = dict[str, Any]
LISTS = {"names", "steps", "refuses", "topics", "opening", "facts", "asks", "tell", "hint", "hedge", "guarded", "open"}
NUMBERS = {
    *("difficulty", "words_median", "lowercase", "no_end_mark", "typos", "emoji", "burst"),
    *("trust", "openness", "distress", "hope", "patience"),
}
NEW_START = {"trust": 0.3, "openness": 0.3, "distress": 0.6, "hope": 0.4, "patience": 0.7, "resistance": "guarded"}
NEW_VOICE = {"words_median": 9, "lowercase": 0.6, "no_end_mark": 0.6, "typos": 0.03, "emoji": 0.03, "burst": 0.2}
NO_RISK = {
    **{"thoughts": "none", "plan": "none", "means": "none", "timeframe": "none"},
    **{"past_attempt": "no", "self_harm": "none", "in_progress": "no"},
}
RUNG_GATES = dict.fromkeys(Rung, "trust>=0.3") | {Rung.THOUGHTS: "trust>=0.2", Rung.NOW: "trust>=0.1"}


def empty_fact(fact_id: str = "") -> Tree:
    return {"id": fact_id, "kind": "background", "asks": [], "gate": "trust>=0.3", "tell": [], "hint": []}


def empty_tree(name: str, title: str = "") -> Tree:
    """A card that nobody has begun to write: careful defaults, and no line."""
    return {
        "id": name,
        "title": title,
        "topics": [],
        "difficulty": 1,
        "warning": "",
        "persona": {"names": [], "age_band": "18-24", **dict.fromkeys(("pronouns", "story", "now", "why_now"), "")},
        "voice": dict(NEW_VOICE),
        "start": dict(NEW_START),
        "risk": dict(NO_RISK),
        "expected": "end",
        "goal": {"says": "", "needs": "", "steps": [], "refuses": []},
        "opening": [],
        "facts": [],
        "risk_answers": {str(rung): {"gate": RUNG_GATES[rung], "tell": [], "hedge": []} for rung in Rung},
        "reactions": {str(reaction): {"guarded": [], "open": []} for reaction in Reaction},
        "endings": {each.name: [] for each in fields(Endings)},
    }


def read_tree(source: str, name: str) -> Tree:
    """The tree that a card's text holds; what is missing in it, or is not of the form, is empty."""
    import yaml

    try:
        found = yaml.load(source, LOADER)  # noqa: S506  # LOADER is a safe one
    except yaml.YAMLError:
        found = None
    tree = empty_tree(name)
    if isinstance(found, Mapping):
        _fill(tree, found)
    tree["id"] = name
    return tree


def _fill(tree: Tree, found: Mapping[Any, Any]) -> None:
    for key in tree:
        value = found.get(key)
        if isinstance(tree[key], dict):
            if isinstance(value, Mapping):
                _fill(tree[key], value)
        elif key == "facts":
            tree[key] = [_fact(each) for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
        elif isinstance(tree[key], list):
            tree[key] = [_text(each) for each in value] if isinstance(value, list) else []
        elif key in NUMBERS:
            tree[key] = value if isinstance(value, int | float) and not isinstance(value, bool) else None
        elif value is not None:
            tree[key] = _text(value)


def _fact(found: Mapping[Any, Any]) -> Tree:
    fact = {**empty_fact(), "kind": "", "gate": ""}
    _fill(fact, found)
    return fact


def _text(value: Any) -> str:
    if isinstance(value, bool):  # an unquoted yes or no
        return "yes" if value else "no"
    return value if isinstance(value, str) else str(value)


def tree_of(card: Card) -> Tree:
    """The tree of a complete card; `write_tree` gives a text that parses to the same card."""
    tree: Tree = _plain(card)
    for key in ("past_attempt", "in_progress"):
        tree["risk"][key] = "yes" if tree["risk"][key] else "no"
    return tree


def _plain(value: Any) -> Any:
    if isinstance(value, Card | Persona | Voice | Start | Risk | Goal | Endings):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, StrEnum):
        return str(value)
    if is_dataclass(value):
        inside = {each.name: getattr(value, each.name) for each in fields(value)}
        return {key: print_gate(each) if key == "gate" else _plain(each) for key, each in inside.items()}
    return value


def write_tree(tree: Tree) -> str:
    """The tree as the text of a card file."""
    import yaml

    plain = deepcopy(tree)
    text: str = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=10**6)
    return text
