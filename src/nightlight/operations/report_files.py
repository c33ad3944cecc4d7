"""Scheduled reports as files: one YAML file each in the home's `reports`. A file that is wrong harms no other."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

from nightlight.dashboards.days import is_range, range_of
from nightlight.dashboards.documents import Node, read_document
from nightlight.errors import NightlightError
from nightlight.languages import LANGUAGES
from nightlight.operations.report_schedule import POSSIBLE, Schedule, parse_schedule

KEYS = (
    *("title", "dashboard", "charts", "principal", "purpose", "recipients", "schedule", "period", "parameters"),
    "language",
)
NEEDED = ("title", "dashboard", "principal", "purpose", "recipients", "schedule")
ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
PERIODS = {"yesterday": "last 1 days", "last week": "last 1 weeks", "last month": "last 1 months"}
QUARTER = "last quarter"


@dataclass(frozen=True)
class Report:
    """One file: which charts of a dashboard go to whom, and when.

    They are answered as `principal`, for `purpose`, under its grants and row filters, like everything it asks for.
    `period` is the rule for the dashboard's dates ("" = the dashboard's own), `charts` () means all of them.
    """

    name: str
    title: str
    dashboard: str
    principal: str
    purpose: str
    recipients: tuple[str, ...]
    schedule: Schedule
    rule: str
    charts: tuple[str, ...] = ()
    period: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"


def read_reports(folder: Path) -> dict[str, Report | NightlightError]:
    """Every report by name, sorted; in place of one whose file is wrong, the error that says where."""
    return {file.stem: _newest(file) for file in sorted(folder.glob("*.yml"))}


def reports_of(folder: Path, person: str) -> dict[str, Report | NightlightError]:
    """The reports that are sent to somebody, or answered as them."""
    return {
        name: report
        for name, report in read_reports(folder).items()
        if isinstance(report, Report) and person in (report.principal, *report.recipients)
    }


def find_report(folder: Path, name: str) -> Report:
    """The report of that name; raises NightlightError when there is none, or its file is wrong."""
    found = read_reports(folder)
    if name not in found:
        known = f"there are {', '.join(found)}" if found else f"reports are YAML files in {folder.name}/"
        raise NightlightError(f"there is no report '{name}'", remedy=known)
    report = found[name]
    if isinstance(report, NightlightError):
        raise report
    return report


def _newest(file: Path) -> Report | NightlightError:
    try:
        status = file.stat()
    except OSError as error:
        return NightlightError(f"cannot be read: {error.strerror}", where=f"{file.parent.name}/{file.name}")
    return _read(file, (status.st_ino, status.st_mtime_ns, status.st_size))


@lru_cache(maxsize=256)
def _read(file: Path, _state: tuple[int, int, int]) -> Report | NightlightError:
    """What the file says; read again when its state has changed."""
    try:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", file.stem):
            raise NightlightError(
                f"'{file.stem}' cannot name a report",
                where=f"{file.parent.name}/{file.name}",
                remedy="name the file with lower-case letters, digits and _",
            )
        return _report(file.stem, read_document(file))
    except NightlightError as error:
        return error


def _report(name: str, document: Node) -> Report:
    values = document.mapping(KEYS, NEEDED)
    rule = values["schedule"].text()
    schedule = parse_schedule(rule)
    if schedule is None:
        raise values["schedule"].error(f"'{rule}' is no schedule", POSSIBLE)
    return Report(
        name=name,
        title=" ".join(values["title"].text().split()),
        dashboard=values["dashboard"].word(),
        principal=values["principal"].text(),
        purpose=values["purpose"].text(),
        recipients=_recipients(values["recipients"]),
        schedule=schedule,
        rule=rule,
        charts=values["charts"].texts() if "charts" in values else (),
        period=_period(values["period"]) if "period" in values else "",
        parameters={key: value.text() for key, value in values["parameters"].mapping().items()}
        if "parameters" in values
        else {},
        language=values["language"].one_of(LANGUAGES) if "language" in values else "en",
    )


def days_of(period: str, today: date) -> tuple[date, date]:
    """The first and the last day of a period; a quarter is one of the calendar's.

    >>> days_of("last quarter", date(2026, 4, 2))
    (datetime.date(2026, 1, 1), datetime.date(2026, 3, 31))
    """
    if period != QUARTER:
        return range_of(period, today)
    ends = range_of("last 1 months", today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1))[1]
    return ends.replace(month=ends.month - 2, day=1), ends


def _recipients(node: Node) -> tuple[str, ...]:
    for address in node.texts():
        if not ADDRESS.fullmatch(address):
            raise node.error(f"'{address}' is no e-mail address")
    return tuple(dict.fromkeys(node.texts()))


def _period(node: Node) -> str:
    text = node.text()
    rule = PERIODS.get(text, text)
    if rule != QUARTER and not is_range(rule):
        raise node.error(
            f"'{text}' is no period", "write last quarter, last month, last week, yesterday or last 90 days"
        )
    return rule
