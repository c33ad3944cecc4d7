"""The bars of each model, out of a file that people review: the home's `gates.toml`, or the one that is shipped."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nightlight.errors import NightlightError
from nightlight.settings import Home, read_toml

FILE = "gates.toml"
KEYS = ("at_most", "at_least", "must_not_regress", "tolerance")


@dataclass(frozen=True)
class Bar:
    """What one measure has to reach. `limit`: None where only a regress counts. `tolerance`: how much worse than the
    champion's it may be."""

    id: str
    limit: float | None
    at_most: bool
    must_not_regress: bool = False
    tolerance: float = 0.0


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
    if not isinstance(sections, dict) or not sections:
        raise NightlightError(
            f"there are no bars for '{model}'",
            where=str(file),
            remedy=f"write sections [{model}.MEASURE] and review them",
        )
    return tuple(_bar(measure, values, f"{file}: [{model}.{measure}]") for measure, values in sections.items())


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
    if wrong := [
        key for key, value in numbers.items() if isinstance(value, bool) or not isinstance(value, int | float)
    ]:
        raise NightlightError(f"'{wrong[0]}' must be a number", where=where)
    limit = float(numbers[limits[0]]) if limits else None
    return Bar(measure, limit, limits == ["at_most"], regresses, float(numbers.get("tolerance", 0.0)))


def _shipped() -> Path:
    return Path(__file__).parent / FILE
