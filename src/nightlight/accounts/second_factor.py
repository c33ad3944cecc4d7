"""The second factor: codes of an authenticator app (TOTP, RFC 6238) and one-time recovery codes for a lost phone."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from nightlight.accounts.credentials import check_user, find_credentials, put_credentials, read_credentials
from nightlight.accounts.passwords import readable_secret
from nightlight.accounts.sessions import end_all, hash_secret
from nightlight.catalog.audit import Entry, append
from nightlight.catalog.history import database_errors
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.settings import Home

ISSUER = "Nightlight"
STEP = 30  # seconds
RECOVERY_CODES = 8


@dataclass(frozen=True)
class Enrollment:
    """What an authenticator app needs to know, as text to type and as an address for a QR code."""

    secret: str
    address: str

    def qr_code(self) -> str:
        """The address as an inline SVG, dark on white whatever the page's colors: cameras want that."""
        import segno

        drawn: str = segno.make(self.address, error="m").svg_inline(
            scale=5, border=4, light="#fff", dark="#000", omitsize=True, svgclass="qr", lineclass=None
        )
        return drawn


def has_second_factor(url: str, name: str) -> bool:
    return bool(read_credentials(url, name).totp_secret)


def recovery_codes_left(url: str, name: str) -> int:
    return len(json.loads(read_credentials(url, name).recovery_hashes))


def begin_enrollment(home: Home, name: str) -> None:
    """Make a secret that does nothing until a code of it has been given."""
    import pyotp

    with database_errors(), transaction(home.database_url) as connection:
        check_user(connection, name)
        if find_credentials(connection, name).totp_secret:
            raise NightlightError("you have a second factor already", remedy="turn it off first to set up another app")
        put_credentials(connection, name, totp_pending=pyotp.random_base32())


def pending_enrollment(url: str, name: str) -> Enrollment | None:
    """The enrollment that waits for its first code."""
    import pyotp

    secret = read_credentials(url, name).totp_pending
    if not secret:
        return None
    return Enrollment(secret, pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER))


def confirm_enrollment(
    home: Home, name: str, code: str, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> list[str]:
    """Turn the second factor on by its first code: the recovery codes, shown once. Audited."""
    home.key("audit")
    codes = [readable_secret(2, 5) for _ in range(RECOVERY_CODES)]
    with database_errors(), transaction(home.database_url) as connection:
        pending = find_credentials(connection, name).totp_pending
        step = _step_of(pending, code, clock()) if pending else None
        if step is None:
            raise NightlightError(
                "this is not the app's code", remedy="give the six digits it shows now; check the phone's clock"
            )
        put_credentials(
            connection,
            name,
            totp_secret=pending,
            totp_pending="",
            totp_last_step=step,
            recovery_hashes=_hashes(codes),
        )
    _audit(home, "second factor on", name)
    return codes


def new_recovery_codes(home: Home, name: str) -> list[str]:
    """New recovery codes in place of the old ones, shown once. Audited."""
    home.key("audit")
    codes = [readable_secret(2, 5) for _ in range(RECOVERY_CODES)]
    with database_errors(), transaction(home.database_url) as connection:
        put_credentials(connection, name, recovery_hashes=_hashes(codes))
    _audit(home, "recovery codes", name)
    return codes


def check_code(url: str, name: str, code: str, *, now: datetime) -> str:
    """How a code was right, "code" or "recovery code", or "" when it was not; either is good once."""
    code = "".join(code.split()).lower()
    if len(code) == 6 and code.isdecimal():
        return "code" if _take_step(url, name, code, now) else ""
    return "recovery code" if _take_recovery_code(url, name, code) else ""


def turn_off(home: Home, name: str) -> None:
    """Take a user's second factor away; whoever calls this has checked that it is the user. Audited."""
    _forget(home, name)
    _audit(home, "second factor off", name)


def reset(home: Home, name: str, *, by: str) -> None:
    """An administrator takes away the second factor of somebody who has lost it, and ends their sessions. Audited."""
    _forget(home, name)
    end_all(home.database_url, name)
    append(home, Entry(action="second factor reset", principal=by, purpose=None, outcome="done", statement=name))


def _forget(home: Home, name: str) -> None:
    home.key("audit")
    with database_errors(), transaction(home.database_url) as connection:
        check_user(connection, name)
        put_credentials(connection, name, totp_secret="", totp_pending="", recovery_hashes="[]")


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The 30 seconds whose code it is: these, the last or the next, for clocks that are a little off."""
    import pyotp
    from pyotp.exceptions import OTPVerificationError

    try:
        return pyotp.TOTP(secret, interval=STEP).verify_and_get_timecode(
            "".join(code.split()), for_time=now, valid_window=1
        )
    except OTPVerificationError:
        return None


def _take_step(url: str, name: str, code: str, now: datetime) -> bool:
    from sqlalchemy import text

    secret = read_credentials(url, name).totp_secret
    step = _step_of(secret, code, now) if secret else None
    if step is None:
        return False
    # Taken in one statement: of two that give the same code at the same time one gets in.
    query = text("UPDATE credentials SET totp_last_step = :step WHERE principal = :name AND totp_last_step < :step")
    with database_errors(), transaction(url) as connection:
        return connection.execute(query, {"step": step, "name": name}).rowcount == 1


def _take_recovery_code(url: str, name: str, code: str) -> bool:
    from sqlalchemy import text

    known = read_credentials(url, name)
    left = [hashed for hashed in json.loads(known.recovery_hashes) if hashed != hash_secret(code)]
    new = json.dumps(left)
    if not known.totp_secret or new == known.recovery_hashes:
        return False
    query = text("UPDATE credentials SET recovery_hashes = :new WHERE principal = :name AND recovery_hashes = :old")
    with database_errors(), transaction(url) as connection:
        return connection.execute(query, {"new": new, "name": name, "old": known.recovery_hashes}).rowcount == 1


def _hashes(codes: list[str]) -> str:
    return json.dumps([hash_secret(code) for code in codes])


def _audit(home: Home, action: str, name: str) -> None:
    append(home, Entry(action=action, principal=name, purpose=None, outcome="done"))
