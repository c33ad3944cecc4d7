"""Deciding on documents: submitted with tests that passed, read by others, approved or sent back, retired.

An author never reviews their own; what holds risk needs two others. Every step is in the audit, without a text."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from nightlight.catalog.audit import Entry
from nightlight.catalog.recorded import recording_refusals
from nightlight.conversations.problems import refuse
from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.studio.changes import act, check_may, may, writing
from nightlight.studio.documents import PLAYED, Clock, approvals_needed, card_for, get_version, now_utc, problems_of
from nightlight.studio.reports import tested
from nightlight.studio.versions import (
    Kind,
    Review,
    State,
    Version,
    find_version,
    insert_review,
    select_versions,
    update_version,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

GOOD_FOR = timedelta(days=365)
SHORTEST_REASON, LONGEST_REASON = 10, 1000


def submit(home: Home, name: str, *, by: str, clock: Clock = now_utc) -> Version:
    """Give the newest draft to the reviewers; raises NightlightError while anything is wrong with it.

    A card's tests are run where they have not been for this text, which takes some seconds.
    """
    version = get_version(home, name)
    entry = act("submit role-play", by, version.label)
    with recording_refusals(home, entry):
        check_may(home, by, "MODIFY")
        if version.state is State.STARTER:
            raise NightlightError(
                f"{version.label} is a starter: only a draft can be submitted",
                remedy=f"make a draft of it as it is: `nightlight roleplay renew {name}`",
            )
        expect(version, State.DRAFT, "only a draft can be submitted")
        card = card_for(home, name) if version.kind is Kind.SCRIPT else None
        if problems := problems_of(version, card):
            raise refuse(problems)
        if version.kind is Kind.CARD:
            report = tested(home, version)
            if not report.passed:
                failed = sum(not result.passed for result in report.results)
                raise NightlightError(
                    f"{failed} of {len(report.results)} card tests failed",
                    remedy="look at the tests page, mend the card and submit it again",
                )
        return _move(home, version, State.IN_REVIEW, entry, clock)


def withdraw(home: Home, name: str, *, by: str, clock: Clock = now_utc) -> Version:
    """Take a submitted version back to go on writing."""
    version = get_version(home, name)
    entry = act("withdraw role-play", by, version.label)
    with recording_refusals(home, entry):
        expect(version, State.IN_REVIEW, "it is not in review")
        return _move(home, version, State.DRAFT, entry, clock)


def approve(
    home: Home, name: str, *, by: str, reason: str, expires_at: datetime | None = None, clock: Clock = now_utc
) -> Version:
    """One approval; the last that is needed puts the version into use until `expires_at` (12 months) and retires the
    one before it."""
    return _review(home, name, by=by, is_approval=True, reason=reason, expires_at=expires_at, clock=clock)


def send_back(home: Home, name: str, *, by: str, reason: str, clock: Clock = now_utc) -> Version:
    """Return a submitted version to its authors, with the reason."""
    return _review(home, name, by=by, is_approval=False, reason=reason, expires_at=None, clock=clock)


def retire(home: Home, name: str, *, by: str, clock: Clock = now_utc) -> list[Version]:
    """Take a document out of use: its approved and shipped versions; returns them."""
    entry = act("retire role-play", by, name)
    with recording_refusals(home, entry), writing(home, entry, "MANAGE") as connection:
        find_version(connection, name)
        used = [each for each in select_versions(connection, name=name) if each.state in PLAYED]
        if not used:
            raise NightlightError(f"'{name}' is not in use", remedy="only what is approved or a starter can be retired")
        gone = [replace(each, state=State.RETIRED, changed_at=clock()) for each in used]
        for version in gone:
            update_version(connection, version)
        return gone


def check_reviewer(version: Version, by: str) -> None:
    """Raise NightlightError unless this person may review the version now, beside having the privilege."""
    expect(version, State.IN_REVIEW, "it is not in review")
    if by in version.authors:
        raise NightlightError("nobody reviews what they wrote themselves", remedy="ask a colleague")
    if by in version.approvers:
        raise NightlightError("you have approved this already", remedy="a second person reviews it now")


def check_reason(reason: str) -> str:
    why = " ".join(reason.split())
    if len(why) < SHORTEST_REASON:
        raise NightlightError("a reason is needed", remedy="write one sentence: what was looked at, and what it says")
    if len(why) > LONGEST_REASON:
        raise NightlightError("the reason is too long", remedy=f"write at most {LONGEST_REASON} characters")
    return why


def _review(
    home: Home,
    name: str,
    *,
    by: str,
    is_approval: bool,
    reason: str,
    expires_at: datetime | None,
    clock: Clock,
) -> Version:
    version = get_version(home, name)
    entry = act("approve role-play" if is_approval else "return role-play", by, version.label)
    with recording_refusals(home, entry):
        check_may(home, by, "EXECUTE")  # who manages the catalog decides nothing here without being able to read it
        why = check_reason(reason)
        now = clock()
        until = expires_at or now + GOOD_FOR
        if until <= now:
            raise NightlightError("the date until which it is approved has passed", remedy="choose a later one")
        needed = approvals_needed(home, version)
        with writing(home, entry, "MANAGE") as connection:
            found = find_version(connection, name, version.number)
            if found.digest != version.digest:
                raise NightlightError("it was changed just now", remedy="look at it again")
            check_reviewer(found, by)
            said = Review(by, is_approval, why, now, found.digest)
            insert_review(connection, found, said)
            found = replace(found, reviews=(*found.reviews, said))
            if not is_approval:
                found = replace(found, state=State.DRAFT, changed_at=now)
            elif len(_standing(connection, found)) >= needed:
                _retire_others(connection, found, now)
                found = replace(found, state=State.APPROVED, approved_at=now, changed_at=now, expires_at=until)
            update_version(connection, found)
            return found


def _standing(connection: "Connection", version: Version) -> list[str]:
    """The approvals of others who may still give them."""
    return [name for name in version.approvers if name not in version.authors and may(connection, name, "MANAGE")]


def _retire_others(connection: "Connection", version: Version, at: datetime) -> None:
    for other in select_versions(connection, name=version.name):
        if other.state in PLAYED and other.number != version.number:
            update_version(connection, replace(other, state=State.RETIRED, changed_at=at))


def _move(home: Home, version: Version, to: State, entry: Entry, clock: Clock) -> Version:
    with writing(home, entry, "MODIFY") as connection:
        now = find_version(connection, version.name, version.number)
        if now.digest != version.digest or now.state is not version.state:
            raise NightlightError("it was changed just now", remedy="look at it again")
        moved = replace(now, state=to, changed_at=clock())
        update_version(connection, moved)
        return moved


def expect(version: Version, state: State, otherwise: str) -> None:
    if version.state is not state:
        raise NightlightError(f"{version.label} is {version.state.replace('_', ' ')}: {otherwise}")
