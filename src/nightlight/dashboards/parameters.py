"""What a reader chose, checked, and as literals of SQL: a placeholder becomes one date, moment or text, never code."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from nightlight.dashboards.days import day_of, range_of, read_day, whole
from nightlight.dashboards.definition import PLACEHOLDER, Dashboard, Parameter
from nightlight.errors import NightlightError
from nightlight.languages import N_
from nightlight.sql.masks import literal

NO_DATE, WRONG_ORDER = N_("this is no date (2026-03-01)"), N_("the first day comes after the last")
NO_CHOICE = N_("this is not one of the choices")
TEXT_LIMIT = 200


@dataclass(frozen=True)
class Field:
    """A parameter with what was chosen: `value` (of dates: first and last day), and what is wrong with it."""

    parameter: Parameter
    value: tuple[str, ...]
    error: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """What the form's fields are called."""
        return names(self.parameter)


@dataclass(frozen=True)
class Filled:
    """All parameters filled in: the form's fields, and the literals that stand in for placeholders."""

    fields: tuple[Field, ...]
    literals: Mapping[str, str]

    @property
    def errors(self) -> list[str]:
        return [f"{each.parameter.title}: {each.error}" for each in self.fields if each.error]

    @property
    def query(self) -> str:
        """The values as a link sends them."""
        return urlencode(self.chosen)

    @property
    def chosen(self) -> dict[str, str]:
        """The values as a form sends them."""
        return {
            name: value for each in self.fields for name, value in zip(names(each.parameter), each.value, strict=True)
        }

    def sql(self, text: str) -> str:
        """The query with its values; a placeholder of which there is no value is a mistake of ours."""
        return PLACEHOLDER.sub(lambda match: self.literals[match[1]], text)


Options = Callable[[str], list[str]]


def fill_in(dashboard: Dashboard, given: Mapping[str, str], now: datetime, zone: str, options: Options) -> Filled:
    """Fill in what was given, defaults for the rest. `options` answers the query of a choice."""
    local = now.astimezone(ZoneInfo(zone))
    built_in = {"now": _moment(now), "today": _date(local.date())}
    fields = tuple(
        _fill(parameter, given, local.date(), lambda sql: options(PLACEHOLDER.sub(lambda m: built_in[m[1]], sql)))
        for parameter in dashboard.parameters
    )
    literals = dict(built_in)
    for each in fields:
        if not each.error:
            write = _text if each.parameter.kind == "choice" else _date_text
            literals |= {
                name: write(value) for name, value in zip(each.parameter.placeholders, each.value, strict=True)
            }
    return Filled(fields, literals)


def names(parameter: Parameter) -> tuple[str, ...]:
    """What the form's fields are called."""
    return (f"{parameter.name}_from", f"{parameter.name}_to") if parameter.kind == "dates" else (parameter.name,)


def _fill(parameter: Parameter, given: Mapping[str, str], today: date, options: Options) -> Field:
    wanted = [given.get(name, "").strip() for name in names(parameter)]
    match parameter.kind:
        case "dates":
            return _fill_dates(parameter, wanted, today)
        case "day":
            value = wanted[0] or day_of(parameter.default, today).isoformat()
            return Field(parameter, (value[:TEXT_LIMIT],), "" if read_day(value) else NO_DATE)
    choices = dict(parameter.choices)
    if parameter.sql:
        try:
            choices |= {value: value for value in options(parameter.sql) if value not in choices}
        except NightlightError as error:
            return Field(parameter, (wanted[0][:TEXT_LIMIT],), str(error), choices)
    value = wanted[0] or (parameter.default if parameter.default in choices else next(iter(choices), ""))
    return Field(parameter, (value[:TEXT_LIMIT],), "" if value in choices else NO_CHOICE, choices)


def _fill_dates(parameter: Parameter, wanted: list[str], today: date) -> Field:
    default = range_of(parameter.default, today)
    first, last = (each or day.isoformat() for each, day in zip(wanted, default, strict=True))
    days = (read_day(first), read_day(last))
    if days[0] is None or days[1] is None:
        return Field(parameter, (first[:TEXT_LIMIT], last[:TEXT_LIMIT]), NO_DATE)
    if days[0] > days[1]:
        return Field(parameter, (first, last), WRONG_ORDER)
    shown = whole(days[0], days[1], parameter.whole)
    return Field(parameter, tuple(day.isoformat() for day in shown))


def _date(day: date) -> str:
    return f"DATE '{day.isoformat()}'"


def _date_text(value: str) -> str:
    return _date(date.fromisoformat(value))


def _moment(now: datetime) -> str:
    """The minute: a question asked twice within one is the same question."""
    return f"TIMESTAMPTZ '{now.astimezone(ZoneInfo('UTC')):%Y-%m-%d %H:%M}:00+00'"


def _text(value: str) -> str:
    return literal(value.replace("\0", ""))
