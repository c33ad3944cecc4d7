"""Whoever is on duty is called by mail when a flag cannot wait; with nobody there, the home's alert address is.

A mail names the flag, the conversation and where to open it, and holds no word of what was written. It leaves from a
thread of its own: who sends messages never waits for a mail server."""

from collections.abc import Callable, Sequence
from datetime import datetime
from email.message import EmailMessage
from urllib.parse import quote
from zoneinfo import ZoneInfo

from nightlight.catalog.audit import Entry, append, os_user
from nightlight.errors import NightlightError
from nightlight.operations.mail import UNREACHABLE, mail_server, reason, sender
from nightlight.quality.access import Clock, Reach
from nightlight.quality.calls import Call, call_failed, call_told, called_case, take_call
from nightlight.quality.flags.rules import RULE
from nightlight.quality.shifts import Shift, running_shifts
from nightlight.quality.store import Case
from nightlight.settings import Home

ReachOf = Callable[[str], Reach]
SHORT = 12  # characters of a conversation's id in a subject


def call_duty(home: Home, reach_of: ReachOf, *, clock: Clock) -> list[str]:
    """Call whom there is to call now; a line where that failed. Then the others wait for the next look, like this one:
    one mail server carries them all."""
    while call := take_call(home, clock=clock):
        case = called_case(home, call)
        on_duty = [shift for shift in running_shifts(home, clock()) if case and _sees(reach_of, shift.person, case)]
        reached = [shift for shift in on_duty if shift.mail]
        try:
            _send(home, compose(home, call, on_duty), call, reached)
        except (NightlightError, *UNREACHABLE) as error:
            problem = _problem(error)
            call_failed(home, call, problem, clock=clock)
            return [f"a call for conversation {short(call.conversation)} reached nobody: {problem}"]
        call_told(home, call, [shift.person for shift in reached], clock=clock)
    return []


def short(conversation: str) -> str:
    """A conversation's id as a subject has room for it.

    >>> short("c-1"), short("0123456789abcdef")
    ('c-1', '0123456789a…')
    """
    words = " ".join(conversation.split())
    return words if len(words) <= SHORT else f"{words[: SHORT - 1]}…"


def compose(home: Home, call: Call, on_duty: Sequence[Shift]) -> EmailMessage:
    """The mail of a call: to those on duty who have an address, else to the home's alert address."""
    to = [shift.mail for shift in on_duty if shift.mail] or _alert_addresses(home)
    if not to:
        raise NightlightError(
            "nobody is on duty with an address, and the home has no alert address",
            remedy="begin a shift with an address, or set 'alert_mail_to' in nightlight.toml",
        )
    mail = EmailMessage()
    again = " (second call)" if call.turn > 1 else ""
    title = RULE[call.rule].title if call.rule in RULE else call.rule
    mail["Subject"] = f"Nightlight {home.root.name}: look now, conversation {short(call.conversation)}{again}"
    mail["From"], mail["To"] = sender(home.settings), ", ".join(to)
    mail["Auto-Submitted"], mail["X-Priority"] = "auto-generated", "1"
    lines = [
        _why(home, call, on_duty),
        "",
        f"Flag: {title} ({call.rule})",
        f"Conversation: {short(call.conversation)}",
        f"Raised: {_local(home, call.raised_at)}",
        f"Open it: {home.settings.public_url.rstrip('/')}/quality/conversations/{quote(call.conversation, safe='')}",
        "",
        "This mail holds no word of the conversation. A person decides what the flag means.",
    ]
    mail.set_content("\n".join(lines))
    return mail


def _why(home: Home, call: Call, on_duty: Sequence[Shift]) -> str:
    first = "A flag in a running conversation calls for somebody now."
    if call.turn > 1:
        minutes = home.settings.quality_call_again_minutes
        first = f"Nobody has opened this conversation {minutes} minutes after the first call."
    if any(shift.mail for shift in on_duty):
        return f"{first} You are on duty."
    if on_duty:
        names = ", ".join(shift.person for shift in on_duty)
        return f"{first} On duty, without an address to be called at: {names}."
    return f"{first} Nobody is on duty who sees it."


def _send(home: Home, mail: EmailMessage, call: Call, reached: Sequence[Shift]) -> None:
    whom = ", ".join(shift.person for shift in reached) or "the alert address"
    detail = f"{call.rule}, call {call.turn}, to {whom}"
    with mail_server(home.settings) as server:
        append(home, Entry("call on duty", os_user(), None, "done", statement=call.conversation, detail=detail))
        server.send_message(mail)


def _problem(error: Exception) -> str:
    return error.what if isinstance(error, NightlightError) else f"the mail server did not take it: {reason(error)}"


def _sees(reach_of: ReachOf, person: str, case: Case) -> bool:
    """Whoever may not see the conversation is not told that there is one."""
    try:
        return reach_of(person).sees(case)
    except NightlightError:
        return False


def _alert_addresses(home: Home) -> list[str]:
    return [each.strip() for each in home.settings.alert_mail_to.split(",") if each.strip()]


def _local(home: Home, at: datetime) -> str:
    zone = home.settings.time_zone
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M, %Y-%m-%d} ({zone})"
