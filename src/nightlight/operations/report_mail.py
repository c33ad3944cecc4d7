"""A report as a mail: readable in any mail program, its pictures inside, nothing fetched from anywhere.

One mail for each recipient, so that none sees the others. A mail's id is made from what it is: sent again after a crash
it is the same mail, which mail programs show once."""

import hashlib
import smtplib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from nightlight.errors import NightlightError
from nightlight.operations.mail import UNREACHABLE, reason, sender
from nightlight.operations.report_document import Document
from nightlight.settings import Settings


def compose(document: Document, *, recipient: str, settings: Settings, due_at: datetime) -> EmailMessage:
    """The mail: plain text, HTML with pictures inside, and the same attached as a file that opens in a browser."""
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    mail["Subject"], mail["From"], mail["To"] = document.title, sender(settings), recipient
    mail["Date"] = format_datetime(document.made_at)
    mail["Message-ID"] = _message_id(document, recipient, settings, due_at)
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = document.language
    mail.set_content(document.text)
    mail.add_alternative(document.html, subtype="html")
    body = mail.get_payload()[1]  # type: ignore[index]  # what was just added
    for name, picture in document.pictures.items():
        body.add_related(picture, "image", "png", cid=f"<{name}>", disposition="inline")  # type: ignore[union-attr]
    mail.add_attachment(document.file.encode(), "text", "html", filename=f"{document.name}.html")
    return mail


def send(server: smtplib.SMTP, mail: EmailMessage, recipient: str, *, leaving: Callable[[], object]) -> None:
    """Hand a mail over; raises NightlightError when the server does not take it.

    `leaving` is called when the server has agreed to take it, before any of it leaves.
    """
    try:
        _expect(server.mail(parseaddr(str(mail["From"]))[1]), 250)
        _expect(server.rcpt(recipient), 250, 251)
        leaving()
        _expect(server.data(mail.as_bytes()), 250)
    except UNREACHABLE as error:
        with suppress(*UNREACHABLE):
            server.rset()
        raise NightlightError(f"the mail server did not take it: {reason(error)}") from None


def _expect(answer: tuple[int, bytes], *codes: int) -> None:
    if answer[0] not in codes:
        raise smtplib.SMTPResponseException(*answer)


def _message_id(document: Document, recipient: str, settings: Settings, due_at: datetime) -> str:
    about = f"{document.name} {due_at.isoformat()} {recipient}"
    return f"<{hashlib.sha256(about.encode()).hexdigest()[:32]}@{sender(settings).rpartition('@')[2].strip('> ')}>"
