"""The API for chat software: messages of live conversations in, their labels and flags out; no answer holds text.

422 for what is no event, 409 for what contradicts what is there; then nothing of it is stored."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Body
from fastapi.responses import JSONResponse, Response

from nightlight.catalog.audit import Entry, append
from nightlight.conversations.labels import Author
from nightlight.errors import NightlightError
from nightlight.labelling.conversation import LabelledMessage
from nightlight.quality.events import Event, EventError, read_event, read_id, read_time
from nightlight.quality.flags.declared import Flag
from nightlight.quality.live import LiveAnswer, end_conversation, take_event
from nightlight.quality.store import ConflictError
from nightlight.web.access import Person, PersonOf, needs
from nightlight.web.api import PROBLEMS, Problem
from nightlight.web.site import Site, SiteOf

router = APIRouter()

SENDS = needs("MODIFY", "app quality")
EVENTS_AT_MOST = 500
NAMED_AT_MOST = 20  # conversations that a record of the audit names
REFUSED: dict[int | str, dict[str, Any]] = {
    **PROBLEMS,
    202: {"description": "Stored, not read yet."},
    409: {"model": Problem},
}
EVENTS = {
    "description": "One event, or {'events': [..]} with up to 500. sent_at has a time zone.",
    "examples": [
        {
            "conversation": "c-1",
            "message_id": "7",
            "author": "texter",
            "text": "hi, i cant sleep",
            "sent_at": "2026-03-01T02:10:00Z",
            "counselor": "v-12",
            "partner": None,
        }
    ],
}
END = {"description": "{'at': a time with its zone, 'ended_by': 'texter' or 'counselor'}; the second may be left out."}


@dataclass(frozen=True)
class FlagAnswer:
    """A flag that stands: its rule, how soon a person has to look, the messages that show it, and why."""

    flag: str
    severity: str
    message_ids: list[str]
    why: str


@dataclass(frozen=True)
class EventAnswer:
    """What is known after a message. `acts` of a counselor's, `risk` of a texter's; null where it was not assessed, and
    `abstained` says why. `running_risk`: the highest so far; `raised`, `cleared`: flags that this message changed.
    `read` is false where it is stored and will be read soon (status 202): send nothing again."""

    conversation: str
    message_id: str
    duplicate: bool
    phase: str | None
    coarse_phase: str | None
    phase_probability: float | None
    acts: list[dict[str, Any]] | None
    risk: int | None
    risk_attributes: list[str] | None
    abstained: str | None
    running_risk: int
    flags: list[FlagAnswer]
    raised: list[str]
    cleared: list[str]
    read: bool


@dataclass(frozen=True)
class EventRefused:
    """A message of several that was not taken, and why; the others were."""

    conversation: str
    message_id: str
    error: str
    remedy: str | None


@dataclass(frozen=True)
class EventsAnswer:
    """An answer for each event, in their order."""

    answers: list[EventAnswer | EventRefused]
    refused: int


@router.post("/api/quality/events", dependencies=[SENDS], responses=REFUSED, response_model=EventAnswer | EventsAnswer)
def send_events(
    site: SiteOf, person: PersonOf, response: Response, sent: Annotated[dict[str, Any], Body(**EVENTS)]
) -> Any:
    """Take a message of a running conversation, or several in their order; sent twice, each counts once."""
    try:
        events = list(_events(sent))
        _record(site, person, "send events", [event.conversation for event in events])
        if "events" not in sent:
            return _with_status(_answer(take_event(site.home, events[0], clock=site.clock)), response)
    except EventError as error:
        return _refuse(site, person, "send events", error, 422)
    except ConflictError as error:
        return _refuse(site, person, "send events", error, 409)
    answers = [_take(site, event) for event in events]
    response.status_code = 200 if all(isinstance(each, EventRefused) or each.read for each in answers) else 202
    return EventsAnswer(answers, sum(isinstance(each, EventRefused) for each in answers))


@router.post(
    "/api/quality/conversations/{conversation:path}/end",
    dependencies=[SENDS],
    responses=REFUSED,
    response_model=EventAnswer,
)
def end(
    site: SiteOf,
    person: PersonOf,
    response: Response,
    conversation: str,
    sent: Annotated[dict[str, Any], Body(**END)],
) -> Any:
    """Say that no message will follow: flags of the end are looked for now. Sent twice, it counts once."""
    try:
        key = read_id(conversation, "conversation")
        at = read_time(sent.get("at"), "at")
        ended_by = sent.get("ended_by")
        if ended_by is not None and (not isinstance(ended_by, str) or ended_by not in set(Author)):
            raise EventError("'ended_by' must be texter or counselor", remedy="or leave it out")
        _record(site, person, "end conversation", [key])
        author = None if ended_by is None else Author(ended_by)
        ended = end_conversation(site.home, key, at=at, ended_by=author, clock=site.clock)
        return _with_status(_answer(ended), response)
    except EventError as error:
        return _refuse(site, person, "end conversation", error, 422)
    except ConflictError as error:
        return _refuse(site, person, "end conversation", error, 409)


def _events(sent: Mapping[str, Any]) -> Iterator[Event]:
    """All events of a request: one that is none leaves all the others out."""
    if "events" not in sent:
        yield read_event(sent)
        return
    several = sent["events"]
    if not isinstance(several, list) or not 0 < len(several) <= EVENTS_AT_MOST:
        raise EventError(f"'events' must be a list of 1 to {EVENTS_AT_MOST} events", remedy="send the rest afterwards")
    for number, event in enumerate(several, 1):
        yield read_event(event, where=f"event {number}")


def _take(site: Site, event: Event) -> EventAnswer | EventRefused:
    try:
        return _answer(take_event(site.home, event, clock=site.clock))
    except NightlightError as error:
        return EventRefused(event.conversation, event.message_id, error.what, error.remedy)


def _record(site: Site, person: Person, action: str, conversations: Sequence[str], refusal: str = "") -> None:
    """What was sent is in the audit before it is stored, by conversation and without text."""
    names = list(dict.fromkeys(conversations))
    more = f" and {len(names) - NAMED_AT_MOST} more" if len(names) > NAMED_AT_MOST else ""
    append(
        site.home,
        Entry(
            action,
            person.name,
            next(iter(person.purposes), None),
            "refused" if refusal else "done",
            statement=", ".join(names[:NAMED_AT_MOST]) + more,
            rows=len(conversations),
            detail=refusal,
        ),
    )


def _refuse(site: Site, person: Person, action: str, error: NightlightError, status: int) -> Response:
    _record(site, person, action, [], refusal=str(error))
    what = error.what if error.where is None else f"{error.where}: {error.what}"
    return JSONResponse({"error": what, "remedy": error.remedy, "kind": "other"}, status)


def _answer(live: LiveAnswer) -> EventAnswer:
    labels = live.labels
    return EventAnswer(
        conversation=live.conversation,
        message_id=live.message_id,
        duplicate=live.duplicate,
        **_labels(labels) if labels else dict.fromkeys(LABELS),
        running_risk=live.risk,
        flags=[_flag(flag) for flag in live.flags],
        raised=[flag.rule for flag in live.raised],
        cleared=list(live.cleared),
        read=live.is_read,
    )


LABELS = ("phase", "coarse_phase", "phase_probability", "acts", "risk", "risk_attributes", "abstained")


def _with_status(answer: EventAnswer, response: Response) -> EventAnswer:
    response.status_code = 200 if answer.read else 202
    return answer


def _labels(labels: LabelledMessage) -> dict[str, Any]:
    acts, risk = labels.acts, labels.risk
    return {
        "phase": labels.phase,
        "coarse_phase": labels.coarse_phase,
        "phase_probability": labels.phase_probability,
        "acts": None if acts is None else [{"act": each.act, "probability": each.probability} for each in acts],
        "risk": None if risk is None else risk.level,
        "risk_attributes": None if risk is None else list(risk.attributes),
        "abstained": labels.abstained,
    }


def _flag(flag: Flag) -> FlagAnswer:
    return FlagAnswer(flag.rule, flag.severity, list(flag.message_ids), flag.why)
