"""Cards and scripts as documents of a home: found, listed, read. `writing` changes them, `approval` decides on them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from nightlight.catalog.history import database_errors
from nightlight.conversations.card_form import parse_card
from nightlight.conversations.cards import Card
from nightlight.conversations.labels import Plan, SelfHarm, Thoughts, Topic
from nightlight.conversations.principles import Principle
from nightlight.conversations.problems import Findings, Problem, refuse
from nightlight.conversations.scripts import Script, card_of_script, parse_script
from nightlight.db import transaction
from nightlight.errors import NightlightError, suggest
from nightlight.settings import Home
from nightlight.studio.versions import Kind, Listed, State, Version, find_version, newest_listed, select_versions

Clock = Callable[[], datetime]
PLAYED = (State.APPROVED, State.STARTER)
RISK_TOPICS = frozenset({Topic.SUICIDE, Topic.SELF_HARM, Topic.ABUSE, Topic.ASSAULT})


def now_utc() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class StoredCard:
    """A card that may be played, with the version it is."""

    card: Card
    version: int
    state: State
    principles: tuple[Principle, ...]
    expires_at: datetime | None


def kind_of(name: str) -> Kind:
    """A script is named `<card>--<quality><n>`, a card never holds two hyphens."""
    return Kind.SCRIPT if "--" in name else Kind.CARD


def find_card(home: Home, name: str, version: int | None = None, *, clock: Clock = now_utc) -> StoredCard:
    """The card to be played: the newest approved one, else the one that came with the product.

    A version that is named is found again even when it is approved no longer. Raises NightlightError for a card that
    is unknown, not approved, or past its date.
    """
    with database_errors(), transaction(home.database_url) as connection:
        found = [each for each in select_versions(connection, name=name) if each.kind is Kind.CARD]
        if not found:
            known = [each.name for each in newest_listed(connection, Kind.CARD)]
            raise NightlightError(f"there is no card '{name}'", remedy=suggest(name, known) if known else None)
    if version is not None:
        found = [each for each in found if each.number == version and each.state in (*PLAYED, State.RETIRED)]
        if not found:
            raise NightlightError(f"card '{name}' has no approved version {version}")
        return _stored(found[0])
    playable = [each for each in found if each.state in PLAYED]
    if not playable:
        raise NightlightError(
            f"card '{name}' is {found[-1].state.replace('_', ' ')}: it is not for practice",
            remedy="choose another card, or ask a clinician to approve it",
        )
    chosen = playable[-1]
    if chosen.is_expired(clock()):
        raise NightlightError(
            f"card '{name}' was approved until {chosen.expires_at:%Y-%m-%d}",
            remedy="choose another card; a clinician reviews this one again in the studio",
        )
    return _stored(chosen)


def list_cards(home: Home, *, clock: Clock = now_utc) -> list[StoredCard]:
    """Every card that may be played now, by name."""
    with database_errors(), transaction(home.database_url) as connection:
        found = [each for state in PLAYED for each in select_versions(connection, kind=Kind.CARD, state=state)]
    newest = {each.name: each for each in sorted(found, key=lambda each: each.number)}
    return [_stored(newest[name]) for name in sorted(newest) if not newest[name].is_expired(clock())]


def list_documents(home: Home, kind: Kind | None = None) -> list[Listed]:
    """The newest version of every document, by name."""
    with database_errors(), transaction(home.database_url) as connection:
        return newest_listed(connection, kind)


def versions_of(home: Home, name: str) -> list[Version]:
    """All versions, the oldest first; raises NightlightError when there is no such document."""
    with database_errors(), transaction(home.database_url) as connection:
        find_version(connection, name)
        return select_versions(connection, name=name)


def get_version(home: Home, name: str, number: int | None = None) -> Version:
    with database_errors(), transaction(home.database_url) as connection:
        return find_version(connection, name, number)


def card_of(version: Version) -> Card:
    """Raises NightlightError when the card is not complete."""
    return _card_of(version.name, version.source)


@lru_cache(maxsize=256)  # a page lists all cards, and reading one takes ten milliseconds
def _card_of(name: str, source: str) -> Card:
    findings = Findings(name)
    card = parse_card(source, findings)
    if card is None:
        raise refuse(findings.ordered())
    return card


def problems_of(version: Version, card: Card | None = None) -> list[Problem]:
    """What is wrong with its text; a script is checked against its card where that is given."""
    findings = Findings(version.name)
    if version.kind is Kind.CARD:
        found = parse_card(version.source, findings)
        if found is not None and found.id != version.name:
            findings.add(1, f"the id '{found.id}' is not the document's name", f"write 'id: {version.name}'")
    else:
        parse_script(version.source, findings, name=version.name, card=card)
    return findings.ordered()


def script_of(version: Version, card: Card | None = None) -> Script:
    """Raises NightlightError when the script is not complete."""
    findings = Findings(version.name)
    script = parse_script(version.source, findings, name=version.name, card=card)
    if script is None:
        raise refuse(findings.ordered())
    return script


def card_for(home: Home, script: str) -> Card | None:
    """The card that a script belongs to, as it is played or written now; None when there is none that is complete."""
    name = card_of_script(script)
    with database_errors(), transaction(home.database_url) as connection:
        found = select_versions(connection, name=name)
    for version in sorted(found, key=lambda each: (each.state in PLAYED, each.number), reverse=True):
        card = parse_card(version.source, Findings(name))
        if card is not None:
            return card
    return None


def holds_risk(card: Card) -> bool:
    """Whether two people have to approve it."""
    risk = card.risk
    return (
        risk.thoughts is not Thoughts.NONE
        or risk.plan is not Plan.NONE
        or risk.self_harm is not SelfHarm.NONE
        or risk.in_progress
        or risk.past_attempt
        or bool(RISK_TOPICS & set(card.topics))
    )


def approvals_needed(home: Home, version: Version) -> int:
    """Two for what holds risk, and for what cannot be read: a script needs what its card needs."""
    card = parse_card(version.source, Findings("")) if version.kind is Kind.CARD else card_for(home, version.name)
    return 1 if card is not None and not holds_risk(card) else 2


def _stored(version: Version) -> StoredCard:
    return StoredCard(card_of(version), version.number, version.state, version.principles, version.expires_at)
