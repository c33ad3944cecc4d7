"""The numbers that rules compare with: a line's own in `flags.toml` of its home, else start values to be learned from
its conversations (`learned.py`)."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from nightlight.errors import NightlightError, suggest
from nightlight.settings import Home, read_toml

THRESHOLDS_FILE = "flags.toml"


@dataclass(frozen=True)
class Thresholds:
    """One field a number. A share or probability is from 0 to 1; the other units stand in the names.

    `imminent_probability`: of level 4, from which somebody is called although the level decided for is lower.
    `despite_denial_probability`: of a level that stands beside a denial or somebody else's danger, to count it.
    `unassessed_messages`, `unassessed_minutes`: how long a counselor may take to ask about risk, by what comes first.
    `ask_everyone`: the line asks every texter about suicide; `screened_messages`: in conversations of this length.
    `content_words`: of a texter's message that tells something; `content_messages`: of these before help begins;
    `intervention_messages`: of the counselor in a row, that make a beginning.
    `stuck_..`: the longest a phase runs (95th percentile of a line's completed conversations).
    `stays_share`: of the last ten messages that are in the phase, to say that it stays.
    `excursion_messages`: a shorter visit to another phase is none; `returns`: from help back to exploring.
    `closing_probability`: of a message that closes.
    `abrupt_messages`, `abrupt_seconds`: from what a texter told to the end.
    `wait_minutes`: a texter's longest wait (95th percentile); `median_wait_minutes`, `median_waits`: the median, of
    this many waits; `unanswered_messages`, `unanswered_minutes`: in a row, over this time; `asked_there_minutes`: since
    somebody asked whether anyone is there.
    `texter_silence_minutes`: after risk.
    `harmful_probability`: of an act that harms, in a message of at least `harmful_words`;
    `answering_messages`: of the counselor after active thoughts, in which short words of agreement answer these.
    `advice_share` (95th percentile), `advice_messages`: of the counselor's messages while helping, and how many there
    must be; `reflection_share` (10th percentile): of all of the counselor's messages.
    `few_words` (10th percentile), `engagement_messages`: the counselor's mean, over their last messages.
    `copied_share`: share of word pairs that two copies have in common; `copies`, `copied_words`: how many, how long.
    `macros`: the line's own prepared texts, from a file beside flags.toml, one a line.
    `distress_messages`, `distress_slope`: the texter's last messages, and how much worse each is than the one before.
    `unread_share`: of messages without labels, above which only rules of time speak.
    """

    imminent_probability: float = 0.6
    despite_denial_probability: float = 0.7
    unassessed_messages: int = 3
    unassessed_minutes: float = 5.0
    ask_everyone: bool = True
    screened_messages: int = 10
    content_words: int = 4
    content_messages: int = 3
    intervention_messages: int = 3
    stuck_contact_messages: int = 14
    stuck_contact_minutes: float = 20.0
    stuck_assessment_messages: int = 30
    stuck_assessment_minutes: float = 30.0
    stuck_intervention_messages: int = 35
    stuck_intervention_minutes: float = 45.0
    stays_share: float = 0.8
    excursion_messages: int = 4
    returns: int = 3
    closing_probability: float = 0.5
    abrupt_messages: int = 2
    abrupt_seconds: float = 60.0
    wait_minutes: float = 10.0
    median_wait_minutes: float = 3.0
    median_waits: int = 5
    unanswered_messages: int = 3
    unanswered_minutes: float = 2.0
    asked_there_minutes: float = 1.0
    texter_silence_minutes: float = 10.0
    harmful_probability: float = 0.7
    harmful_words: int = 3
    answering_messages: int = 1
    advice_share: float = 0.4
    advice_messages: int = 3
    reflection_share: float = 0.2
    few_words: float = 8.0
    engagement_messages: int = 10
    copied_share: float = 0.9
    copies: int = 3
    copied_words: int = 6
    distress_messages: int = 8
    distress_slope: float = 0.2
    unread_share: float = 0.5
    macros: tuple[str, ...] = ()


START = Thresholds()


def read_thresholds(home: Home) -> Thresholds:
    """The line's thresholds; those that `flags.toml` does not name, and all where it is absent, are start values."""
    file = home.root / THRESHOLDS_FILE
    return parse_thresholds(read_toml(file), file) if file.exists() else Thresholds()


def parse_thresholds(values: dict[str, object], file: Path) -> Thresholds:
    """The thresholds that parsed TOML names; raises `NightlightError` naming the file and the key."""
    kinds = {field.name: field.type for field in fields(Thresholds)}
    checked: dict[str, Any] = {}
    for key, value in values.items():
        if key not in kinds:
            raise NightlightError(f"unknown key '{key}'", where=str(file), remedy=suggest(key, kinds))
        checked[key] = _macros(value, file) if key == "macros" else _number(key, value, kinds[key], file)
    return Thresholds(**checked)


def _number(key: str, value: object, kind: object, file: Path) -> bool | int | float:
    """The value as its field has it; a whole number may stand for any number."""
    if kind is bool and isinstance(value, bool):
        return value
    if kind is bool:
        raise NightlightError(f"'{key}' must be true or false", where=str(file))
    if isinstance(value, bool) or not isinstance(value, int if kind is int else int | float) or not 0 <= value < 1e9:
        what = "a whole number" if kind is int else "a number"
        raise NightlightError(f"'{key}' must be {what}, 0 or more", where=str(file))
    if key.endswith(("_probability", "_share")) and value > 1:
        raise NightlightError(f"'{key}' must be from 0 to 1", where=str(file), remedy="write 0.95 for 95 %")
    return value if kind is int else float(value)


def _macros(name: object, file: Path) -> tuple[str, ...]:
    if not isinstance(name, str) or "/" in name or "\\" in name:
        raise NightlightError("'macros' must be the name of a file beside it, in quotes", where=str(file))
    try:
        lines = (file.parent / name).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        remedy = f"put {name} beside it, in UTF-8, one prepared text a line"
        raise NightlightError("the file of 'macros' cannot be read", where=str(file), remedy=remedy) from None
    return tuple(line.strip() for line in lines if line.strip())
