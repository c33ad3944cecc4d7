"""Certificates: rules that a trainer sets, judged from stored rubrics; issued once, and revoked with a reason.

No certificate comes from a number that nobody can look at: each names the sessions it rests on."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from nightlight.catalog.access import check_privilege
from nightlight.catalog.audit import Entry, append
from nightlight.catalog.requests import check_reason
from nightlight.db import insert_row, moment, rows_of, transaction, update_rows
from nightlight.errors import NightlightError, suggest
from nightlight.practice import store
from nightlight.practice.cohorts import SECURABLE, Clock, check_name, trainer_changes
from nightlight.practice.store import ASSESSMENT, Practice
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class Rule:
    """`passes` passed assessments on different cards of at least this `difficulty`, all within so many days, each of
    which fully shows the rubric's `items`."""

    name: str
    passes: int
    difficulty: int
    items: tuple[str, ...]
    within_days: int
    made_by: str


@dataclass(frozen=True)
class Certificate:
    id: str
    rule: str
    person: str
    sessions: tuple[str, ...]
    issued_at: datetime
    revoked_at: datetime | None
    reason: str


def set_rule(
    home: Home,
    name: str,
    *,
    passes: int,
    difficulty: int,
    within_days: int,
    items: Sequence[str] = (),
    by: str,
    clock: Clock,
) -> Rule:
    """A new rule; one that is there is never changed, since certificates rest on it."""
    name = check_name(name, "a certificate")
    if not (1 <= passes <= 50 and 1 <= difficulty <= 3 and 1 <= within_days <= 730):
        raise NightlightError(
            "the rule asks for something impossible", remedy="1 to 50 passes, difficulty 1 to 3, within 1 to 730 days"
        )
    values = {
        "name": name,
        "passes": passes,
        "difficulty": difficulty,
        "items": json.dumps(list(items)),
        "within_days": within_days,
        "made_by": by,
        "made_at": clock(),
    }
    with trainer_changes(home, Entry("set certificate rule", by, None, "done", statement=name)) as connection:
        if rows_of(connection, "practice_certificate_rules", "name", name=name):
            raise NightlightError(f"there is a rule '{name}' already", remedy="choose another name")
        insert_row(connection, "practice_certificate_rules", values)
        return _find_rule(connection, name)


def list_rules(home: Home) -> list[Rule]:
    """The rules in force: everybody may know what a certificate asks for."""
    with transaction(home.database_url) as connection:
        rows = rows_of(connection, "practice_certificate_rules", "name")
    return [_rule(row) for row in rows if row["ended_at"] is None]


def end_rule(home: Home, name: str, *, by: str, clock: Clock) -> None:
    """No more certificates are issued by it; those issued stay."""
    with trainer_changes(home, Entry("end certificate rule", by, None, "done", statement=name)) as connection:
        _find_rule(connection, name)
        update_rows(connection, "practice_certificate_rules", {"name": name}, {"ended_at": clock()})


def evidence_for(home: Home, rule: Rule, person: str) -> tuple[str, ...]:
    """The sessions that fulfil a rule, the earliest possible; () while it is not fulfilled."""
    with transaction(home.database_url) as connection:
        query = "person = :person AND kind = :kind AND passed = 1 AND stopped = 0 AND difficulty >= :difficulty"
        found = store.select(connection, query, person=person, kind=ASSESSMENT, difficulty=rule.difficulty)
        good = [each for each in found if _shows(connection, each, rule.items)]
    return _within(sorted(good, key=_ended), rule)


def issue_due(home: Home, person: str, *, clock: Clock) -> list[Certificate]:
    """Issue what somebody has earned and has not had; called when an assessment ends."""
    issued = []
    for rule in list_rules(home):
        sessions = evidence_for(home, rule, person)
        if sessions and not any(each.rule == rule.name for each in certificates_of(home, person)):
            issued.append(_issue(home, rule, person, sessions, clock()))
    return issued


def certificates_of(home: Home, person: str) -> list[Certificate]:
    """Somebody's own, revoked ones too."""
    with transaction(home.database_url) as connection:
        rows = rows_of(connection, "practice_certificates", "issued_at", person=person)
    return [_certificate(row) for row in rows]


def certificates_for_trainer(home: Home, person: str, *, by: str) -> list[Certificate]:
    with transaction(home.database_url) as connection:
        check_privilege(connection, by, "MANAGE", SECURABLE)
        if not store.is_trained_by(connection, person, by):
            raise store.no_practice()
    return certificates_of(home, person)


def revoke(home: Home, certificate: str, reason: str, *, by: str, clock: Clock) -> Certificate:
    """Take a certificate of one of a trainer's people back, with a reason that its person reads."""
    why = check_reason(reason)
    entry = Entry("revoke certificate", by, None, "done", statement=why, detail=certificate)
    with trainer_changes(home, entry) as connection:
        rows = rows_of(connection, "practice_certificates", "id", id=certificate)
        if not rows or not store.is_trained_by(connection, rows[0]["person"], by):
            raise NightlightError("there is no such certificate", remedy="choose one from the list")
        if rows[0]["revoked_at"]:
            raise NightlightError("this certificate is revoked already")
        values = {"revoked_at": clock(), "revoked_by": by, "reason": why}
        update_rows(connection, "practice_certificates", {"id": certificate}, values)
        return _certificate(rows_of(connection, "practice_certificates", "id", id=certificate)[0])


def _issue(home: Home, rule: Rule, person: str, sessions: tuple[str, ...], now: datetime) -> Certificate:
    from sqlalchemy.exc import IntegrityError

    certificate = Certificate(secrets.token_urlsafe(9), rule.name, person, sessions, now, None, "")
    append(home, Entry("issue certificate", person, None, "done", statement=rule.name, detail=certificate.id))
    values = {"id": certificate.id, "rule": rule.name, "person": person, "sessions": json.dumps(sessions)}
    try:
        with transaction(home.database_url) as connection:
            insert_row(connection, "practice_certificates", {**values, "issued_at": now})
    except IntegrityError:  # another tab was faster: it is issued once
        return next(each for each in certificates_of(home, person) if each.rule == rule.name)
    return certificate


def _shows(connection: "Connection", practice: Practice, items: Sequence[str]) -> bool:
    scores = {row["item"]: row["score"] for row in rows_of(connection, "practice_items", "item", session=practice.id)}
    return all(scores.get(item) == 2 for item in items)


def _within(sessions: Sequence[Practice], rule: Rule) -> tuple[str, ...]:
    for number, last in enumerate(sessions):
        earliest = _ended(last) - timedelta(days=rule.within_days)
        by_card: dict[str, str] = {}
        for each in sessions[: number + 1]:
            if _ended(each) >= earliest:
                by_card[each.card] = each.id
        if len(by_card) >= rule.passes:
            return tuple(by_card.values())
    return ()


def _ended(practice: Practice) -> datetime:
    return practice.ended_at or practice.began_at


def _find_rule(connection: "Connection", name: str) -> Rule:
    rules = {row["name"]: row for row in rows_of(connection, "practice_certificate_rules", "name")}
    if name not in rules:
        raise NightlightError(f"there is no rule '{name}'", remedy=suggest(name, list(rules)))
    return _rule(rules[name])


def _rule(row: Mapping[str, Any]) -> Rule:
    items = tuple(json.loads(row["items"]))
    return Rule(row["name"], row["passes"], row["difficulty"], items, row["within_days"], row["made_by"])


def _certificate(row: Mapping[str, Any]) -> Certificate:
    return Certificate(
        id=row["id"],
        rule=row["rule"],
        person=row["person"],
        sessions=tuple(json.loads(row["sessions"])),
        issued_at=moment(row["issued_at"]),
        revoked_at=moment(row["revoked_at"]) if row["revoked_at"] else None,
        reason=row["reason"] or "",
    )
