"""The bars of each model, out of a file that people review: the home's `gates.toml`, or the one that is shipped."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from nightlight.errors import NightlightError
from nightlight.settings import Home, read_toml

FILE = "gates.toml"
KEYS = ("at_most", "at_least", "must_not_regress", "tolerance")
LIVE = "live"  # the section of a model's bars while it is used; no measure


@dataclass(frozen=True)
class Bar:
    """What one measure has to reach. `limit`: None where only a regress counts. `tolerance`: how much worse than the
    champion's it may be."""

    id: str
    limit: float | None
    at_most: bool
    must_not_regress: bool = False
    tolerance: float = 0.0


@dataclass(frozen=True)
class LiveBars:
    """What a model must not exceed while it is used; None: not judged. `leaks`, `fallbacks`: shares of the lines it was
    asked for. `stops`: by how much more of its sessions may be stopped than of those in the cards' own lines. `least`:
    lines before anything is judged."""

    leaks: float | None = None
    fallbacks: float | None = None
    p95_seconds: float | None = None
    stops: float | None = None
    least: int = 50


def copy_gates(home: Home) -> None:
    """Give a home its own file of bars, unless it has one."""
    file = home.root / FILE
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(_shipped().read_text(encoding="utf-8"), encoding="utf-8")


def gates_file(home: Home) -> Path:
    own = home.root / FILE
    return own if own.exists() else _shipped()


def read_bars(home: Home, model: str) -> tuple[Bar, ...]:
    """The bars of a model; raises NightlightError when there are none: a model without bars is let in nowhere."""
    file = gates_file(home)
    sections = read_toml(file).get(model)
    if not isinstance(sections, dict) or not sections.keys() - {LIVE}:
        raise NightlightError(
            f"there are no bars for '{model}'",
            where=str(file),
            remedy=f"write sections [{model}.MEASURE] and review them",
        )
    return tuple(
        _bar(measure, values, f"{file}: [{model}.{measure}]") for measure, values in sections.items() if measure != LIVE
    )


def read_live_bars(home: Home, model: str) -> LiveBars:
    """The bars of a model while it is used: the home's, or where its file says nothing those that are shipped."""
    for file in (gates_file(home), _shipped()):
        sections = read_toml(file).get(model)
        if isinstance(sections, dict) and LIVE in sections:
            return _live(sections[LIVE], f"{file}: [{model}.{LIVE}]")
    return LiveBars()


def _live(values: Any, where: str) -> LiveBars:
    known = [field.name for field in fields(LiveBars)]
    if not isinstance(values, dict):
        raise NightlightError("this is no section", where=where, remedy=f"known keys: {', '.join(known)}")
    if unknown := [key for key in values if key not in known]:
        raise NightlightError(f"unknown key '{unknown[0]}'", where=where, remedy=f"known keys: {', '.join(known)}")
    if wrong := _not_numbers(values):
        raise NightlightError(f"'{wrong[0]}' must be a number", where=where)
    if not isinstance(values.get("least", 1), int) or values.get("least", 1) < 1:
        raise NightlightError("'least' must be a whole number from 1", where=where)
    return LiveBars(**values)


def _bar(measure: str, values: Any, where: str) -> Bar:
    if not isinstance(values, dict):
        raise NightlightError("this is no section", where=where, remedy=f"known keys: {', '.join(KEYS)}")
    if unknown := [key for key in values if key not in KEYS]:
        raise NightlightError(f"unknown key '{unknown[0]}'", where=where, remedy=f"known keys: {', '.join(KEYS)}")
    limits = [key for key in ("at_most", "at_least") if key in values]
    regresses = values.get("must_not_regress", False)
    if len(limits) > 1 or not (limits or regresses) or not isinstance(regresses, bool):
        raise NightlightError(
            "a bar is one of at_most and at_least, or must_not_regress = true", where=where, remedy="choose one"
        )
    numbers = {key: values[key] for key in (*limits, "tolerance") if key in values}
    if wrong := _not_numbers(numbers):
        raise NightlightError(f"'{wrong[0]}' must be a number", where=where)
    limit = float(numbers[limits[0]]) if limits else None
    return Bar(measure, limit, limits == ["at_most"], regresses, float(numbers.get("tolerance", 0.0)))


def _not_numbers(values: Mapping[str, Any]) -> list[str]:
    return [key for key, value in values.items() if isinstance(value, bool) or not isinstance(value, int | float)]


def _shipped() -> Path:
    return Path(__file__).parent / FILE
