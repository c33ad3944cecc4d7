"""The supervisor's queue: which conversations need a person, the most pressing first, and why."""

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from nightlight.quality.calls import unheard
from nightlight.quality.flags.declared import Severity
from nightlight.quality.flags.rules import RULE
from nightlight.quality.queue import SHOWN, counts, queue
from nightlight.quality.shifts import current_shift, on_duty
from nightlight.quality.store import State
from nightlight.web.access import Person, PersonOf
from nightlight.web.pages import render
from nightlight.web.quality import words
from nightlight.web.quality.frame import EXECUTES, counselor_of, quality_page, reach_of, url_of
from nightlight.web.site import Site, SiteOf

router = APIRouter()
Choice = TypeVar("Choice", State, Severity)


@router.get("/quality", dependencies=[EXECUTES])
def queue_page(
    request: Request, site: SiteOf, person: PersonOf, state: str = "", severity: str = "", rule: str = ""
) -> Response:
    """The whole page, or for htmx, which asks every few seconds, what waits."""
    values = queue_values(site, person, state, severity, rule)
    if "hx-request" in request.headers:
        return render(request, "quality/_waiting.html", **values)
    return quality_page(request, "queue.html", "/quality", **values)


def queue_values(site: Site, person: Person, state: str, severity: str, rule: str) -> dict[str, Any]:
    """What the queue's template shows; an unknown choice in the address is no choice."""
    by = reach_of(site, person)
    chosen_state = _choice(State, state) or State.OPEN
    chosen_severity, chosen_rule = _choice(Severity, severity), rule if rule in RULE else ""
    rows = queue(
        site.home, by, clock=site.clock, state=chosen_state, severity=chosen_severity, rule=chosen_rule or None
    )
    return {
        "rows": rows,
        "counselors": {row.case.conversation: counselor_of(site, person, by, row.case) for row in rows},
        "cut": len(rows) >= SHOWN,
        "counts": counts(site.home, by, state=chosen_state),
        "shift": current_shift(site.home, person.name, site.clock()),
        "on_duty": on_duty(site.home, site.clock()),
        "unheard": unheard(site.home, by=by),
        "state": chosen_state,
        "severity": chosen_severity,
        "rule": RULE.get(chosen_rule),
        "way": _Ways({"state": str(chosen_state), "severity": severity, "rule": chosen_rule}),
        "url_of": url_of,
        "rules": RULE,
        "states": State,
        "severities": tuple(reversed(Severity)),
        "words": words,
    }


def _choice(kind: type[Choice], value: str) -> Choice | None:
    return kind(value) if value in set(kind) else None


class _Ways:
    """The queue's address with one choice changed and the others kept."""

    def __init__(self, chosen: Mapping[str, str]) -> None:
        self._chosen = chosen

    def __call__(self, **changed: str) -> str:
        usual = {"state": State.OPEN.value}
        query = {key: value for key, value in {**self._chosen, **changed}.items() if value and usual.get(key) != value}
        return f"/quality?{urlencode(query)}" if query else "/quality"
