"""What things are called in a world: roles on the left, which attacks know, names on the right, which they do not."""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LINE_NAMES: Mapping[str, str] = {
    "open_schema": "silver",
    "secret_schema": "payroll",
    "conversations": "conversations",
    "conversation_id": "conversation_id",
    "started_at": "started_at",
    "team": "team",
    "risk": "risk",
    "topic": "topic",
    "identity": "texter_key",
    "born": "born",
    "region": "region",
    "place": "place",
    "score": "score",
    "labels": "labels",
    "notes": "counselor_notes",
    "details": "private_details",
    "inner": "inner_detail",
    "code": "archive_code",
    "messages": "messages",
    "message_id": "message_id",
    "sent_at": "sent_at",
    "author": "author",
    "length": "length",
    "text": "text",
    "volunteers": "volunteers",
    "volunteer_id": "volunteer_id",
    "name": "name",
    "shifts": "shifts",
    "joined": "joined",
    "email": "home_email",
    "login": "login_name",
    "incidents": "incident_reports",
    "incident_id": "incident_id",
    "report": "incident_text",
    "secret_table": "salaries",
    "person": "payee",
    "amount": "amount_due",
    "reason": "pay_reason",
    "supervisor": "sam",
    "colleague": "sue",
    "analyst": "ana",
    "stranger": "otto",
    "supervisors": "supervisors",
    "analysts": "analysts",
    "visitors": "visitors",
    "purpose": "improve_service",
}
HIDDEN_NAMES = ("secret_schema", "secret_table", "amount", "reason", "person", "incidents", "report", "incident_id")
HIDDEN_COLUMNS = ("notes", "details", "inner", "code", "text", "email", "login")  # from an analyst
PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe qi ro su ta ve wi xo yu za bre cla dri fle gro plu sta"


@dataclass(frozen=True)
class Names:
    """The names of one world."""

    words: Mapping[str, str]

    def raw(self, role: str) -> str:
        return self.words[role]

    def sql(self, role: str) -> str:
        """The name as SQL has to write it."""
        return quoted(self.words[role])

    def hidden_from(self, person: str) -> Iterator[str]:
        """Roles whose names this person must not learn."""
        yield from HIDDEN_NAMES
        if person != "supervisor":
            yield from HIDDEN_COLUMNS
        if person == "stranger":
            yield from ("open_schema", "conversations", "messages", "volunteers", "identity", "topic", "shifts")


def quoted(name: str) -> str:
    """
    >>> quoted("messages"), quoted("Odd name"), quoted("select")
    ('messages', '"Odd name"', '"select"')
    """
    return name if PLAIN.fullmatch(name) and name not in RESERVED else '"' + name.replace('"', '""') + '"'


RESERVED = {"select", "order", "group", "table", "user", "from", "where"}


def random_names(seed: int) -> Names:
    """Names that nothing else uses; some are of the kind that has to be quoted."""
    draw = random.Random(seed)  # noqa: S311 - no secret hangs on it
    words: dict[str, str] = {}
    for role in LINE_NAMES:
        while (word := "".join(draw.choice(SYLLABLES.split()) for _ in range(4))) in words.values():
            continue
        words[role] = word
    words["topic"] = "order"
    words["shifts"] = words["shifts"].title() + "Number"
    words["labels"] = f'odd "{words["labels"]}" list'
    words["supervisor"] = f"{words['supervisor']}.s+a@line.org"
    words["analyst"] = f"{words['analyst']}@line.org"
    return Names(words)
