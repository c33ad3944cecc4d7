"""Announces failures by e-mail and webhook: each once, and once more when it is solved.

What each target was told lies in the home's `alerts.json`, so a restart repeats nothing and a target that could not be
reached hears of it later. Lines come from NightlightErrors, which hold no message text and no identities."""

import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

from nightlight.errors import NightlightError
from nightlight.operations.mail import UNREACHABLE, mail_server, sender
from nightlight.settings import Home, Settings

STATE_FILE = "alerts.json"
TIMEOUT_SECONDS = 10
NOT_TOLD = (NightlightError, *UNREACHABLE, http.client.HTTPException)

Known = dict[str, str]  # what a target was told: subject -> the error line


@dataclass(frozen=True)
class News:
    """What a target has not heard yet; `failing` and `solved` map subjects ("source messages") to the error line."""

    home: str
    failing: Mapping[str, str]
    solved: Mapping[str, str]

    @property
    def headline(self) -> str:
        """One line for a mail's subject.

        >>> News("harbour", {"source messages": "no such folder"}, {"source shifts": "not a database"}).headline
        'Nightlight harbour: 1 failure, 1 solved'
        """
        counts = [_count(len(self.failing), "failure"), f"{len(self.solved)} solved" if self.solved else ""]
        return f"Nightlight {self.home}: {', '.join(filter(None, counts))}"

    @property
    def text(self) -> str:
        failing = [f"{subject} fails: {line}" for subject, line in self.failing.items()]
        solved = [f"{subject} works again (it was: {line})" for subject, line in self.solved.items()]
        return "\n".join([*failing, *solved])


@dataclass(frozen=True)
class Target:
    """A place where failures are announced; `send` raises one of NOT_TOLD when it cannot be."""

    name: str
    send: Callable[[News], None]


def announce(home: Home, failing: Mapping[str, str], *, undecided: Callable[[str], bool]) -> list[str]:
    """Tell every target what is new to it; returns a line for each that could not be told.

    `failing`: all failures there are now. A failure known before that is not among them is solved, unless `undecided`.
    """
    told, problems = _read(home), []
    for target in targets(home.settings):
        known = told.get(target.name, {})
        news = _news(home, known, failing, undecided)
        if not (news.failing or news.solved):
            continue
        try:
            target.send(news)
        except NOT_TOLD as error:
            problems.append(f"alert by {target.name} not delivered: {_reason(error)}; the next round tries again")
            continue
        told[target.name] = {**{s: line for s, line in known.items() if s not in news.solved}, **news.failing}
        _write(home, told)
    return problems


def send_test(home: Home) -> dict[str, str]:
    """Send every target a test that looks like a failure; maps each to why it could not be told, "" when it was."""
    news = News(home.root.name, {"test": "nothing failed: somebody tries out whether this arrives"}, {})
    results = {}
    for target in targets(home.settings):
        try:
            target.send(news)
            results[target.name] = ""
        except NOT_TOLD as error:
            results[target.name] = _reason(error)
    return results


def told(home: Home) -> dict[str, Known]:
    """What each target was told and has not been told to be solved: subject -> the error line."""
    return {target: known for target, known in _read(home).items() if isinstance(known, dict)}


def targets(settings: Settings) -> list[Target]:
    """The targets that the settings name; raises NightlightError for a webhook that is not a web address."""
    found = []
    if settings.alert_mail_to:
        found.append(Target("e-mail", lambda news: _send_mail(settings, news)))
    if settings.alert_webhook:
        if urlsplit(settings.alert_webhook).scheme not in ("http", "https"):
            raise NightlightError("setting 'alert_webhook' is not a web address", remedy="write https://...")
        found.append(Target("webhook", lambda news: _post(settings.alert_webhook, news)))
    return found


def _news(home: Home, known: Known, failing: Mapping[str, str], undecided: Callable[[str], bool]) -> News:
    new = {s: line for s, line in failing.items() if s not in known or not _same(line, known[s])}
    solved = {s: line for s, line in known.items() if s not in failing and not undecided(s)}
    return News(home.root.name, new, solved)


def _same(line: str, other: str) -> bool:
    """Whether two lines tell of one failure: counts in them may grow from round to round."""
    return re.sub(r"[\d,.]+", "0", line) == re.sub(r"[\d,.]+", "0", other)


def _send_mail(settings: Settings, news: News) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = news.headline, sender(settings), settings.alert_mail_to
    mail.set_content(news.text)
    with mail_server(settings) as server:
        server.send_message(mail)


def _post(url: str, news: News) -> None:
    """JSON that chat systems' incoming webhooks show as it is (`text`), and programs can read."""
    body = {
        "text": f"{news.headline}\n{news.text}",
        "home": news.home,
        "failing": [{"subject": subject, "error": line} for subject, line in news.failing.items()],
        "solved": [{"subject": subject, "error": line} for subject, line in news.solved.items()],
    }
    request = urllib.request.Request(  # noqa: S310  # the scheme was checked in `targets`
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
        pass


def _reason(error: Exception) -> str:
    """Why, without the address: a webhook's holds its secret."""
    if isinstance(error, NightlightError):
        return str(error)
    if isinstance(error, urllib.error.HTTPError):
        with error:
            return f"it answered {error.code}"
    inner = getattr(error, "reason", error)
    return getattr(inner, "strerror", None) or type(inner).__name__


def _state(home: Home) -> Path:
    return home.root / STATE_FILE


def _read(home: Home) -> dict[str, Known]:
    """What each target knows. An unreadable file counts as empty: hearing twice is better than never."""
    try:
        found = json.loads(_state(home).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(home: Home, told: Mapping[str, Known]) -> None:
    new = _state(home).with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    new.replace(_state(home))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s'[: number != 1]}" if number else ""
