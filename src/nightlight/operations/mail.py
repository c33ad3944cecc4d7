"""How mails leave, reports and alerts alike: by the organization's relay, encrypted where it offers that."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager

from nightlight.errors import NightlightError
from nightlight.settings import Settings

TIMEOUT_SECONDS = 20
UNREACHABLE = (OSError, smtplib.SMTPException)


@contextmanager
def mail_server(settings: Settings) -> Iterator[smtplib.SMTP]:
    """The relay, with encryption where it offers that; raises NightlightError when it does not answer."""
    sender(settings)
    try:
        server = smtplib.SMTP(settings.alert_mail_host, timeout=TIMEOUT_SECONDS)
    except UNREACHABLE as error:
        raise NightlightError(
            f"the mail server does not answer: {reason(error)}", remedy="check the setting 'alert_mail_host'"
        ) from None
    with server:
        try:
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls()
        except UNREACHABLE as error:
            raise NightlightError(f"the mail server does not talk to us: {reason(error)}") from None
        yield server


def sender(settings: Settings) -> str:
    """Whose mails they are: an address that the organization's mail server accepts."""
    found = settings.mail_from or settings.alert_mail_to.split(",")[0].strip()
    if not found:
        raise NightlightError("mails have no sender", remedy="set 'mail_from' in nightlight.toml")
    return found


def reason(error: Exception) -> str:
    """Why, without what the server said: its words may be anybody's."""
    code = getattr(error, "smtp_code", None)
    return f"it answered {code}" if code else getattr(error, "strerror", None) or type(error).__name__
