"""The cards that people may practise with: the studio's, without those that a running study keeps unseen."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from nightlight.catalog.history import database_errors
from nightlight.conversations.cards import Card
from nightlight.conversations.labels import Topic
from nightlight.conversations.principles import Principle
from nightlight.db import rows_of, transaction
from nightlight.settings import Home
from nightlight.studio.documents import StoredCard, find_card, list_cards

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class PlayedCard:
    """A card as a session plays it: one version, with the rules that clinicians gave it.

    `state`: approved, or starter: it came with the product, and no clinician of this home has approved it.
    """

    card: Card
    version: int
    state: str
    principles: tuple[Principle, ...] = ()


def find_played_card(
    home: Home, name: str, version: int | None = None, *, clock: Clock = lambda: datetime.now(UTC)
) -> PlayedCard:
    """The card to be played; a version that is named is found again even when it is approved no longer.

    Raises NightlightError for an unknown, unapproved or expired card.
    """
    return _played(find_card(home, name, version, clock=clock))


def list_played_cards(home: Home) -> list[PlayedCard]:
    """Every card that may be practised now, the easy ones first; a study's held-out cards are not among them."""
    held_out = held_out_cards(home)
    found = [_played(each) for each in list_cards(home) if each.card.id not in held_out]
    return sorted(found, key=lambda each: (each.card.difficulty, each.card.id))


def _played(stored: StoredCard) -> PlayedCard:
    return PlayedCard(stored.card, stored.version, str(stored.state), stored.principles)


def held_out_cards(home: Home) -> frozenset[str]:
    """The cards of running studies: nobody practises with them."""
    with database_errors(), transaction(home.database_url) as connection:
        rows = rows_of(connection, "practice_studies", "name")
    running = [row for row in rows if not row["ended_at"]]
    return frozenset(row[f"held_out_{when}"] for row in running for when in ("before", "after"))


def equal_card(cards: Iterable[Card], like: Card, *, unwanted: frozenset[Topic], taken: Iterable[str]) -> Card | None:
    """A card of the same difficulty without these topics that is not taken; None when there is none."""
    others = [
        card
        for card in cards
        if card.difficulty == like.difficulty and card.id not in {like.id, *taken} and not unwanted & set(card.topics)
    ]
    return min(others, key=lambda card: (-len(set(card.topics) & set(like.topics)), card.id), default=None)
