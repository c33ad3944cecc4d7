"""The cards a home offers for practice, each with the state of its approval."""

from dataclasses import dataclass

from nightlight.conversations.cards import Card
from nightlight.practice.cards import PlayedCard, list_played_cards
from nightlight.practice.wishes import wanted_cards
from nightlight.web.access import NotThere, Person
from nightlight.web.practice.words import MINUTES
from nightlight.web.site import Site


@dataclass(frozen=True)
class Offered:
    """A card that can be practised; `state` is approved or starter."""

    card: Card
    state: str
    version: int

    @property
    def minutes(self) -> int:
        """About how long it takes."""
        return MINUTES[self.card.difficulty]


def offered_cards(site: Site, person: Person) -> list[Offered]:
    """The cards for this person, the gentle ones first; topics they do not want are left out."""
    return [_offered(each) for each in wanted_cards(site.home, person.name)]


def offered_card(site: Site, name: str) -> Offered:
    """Raises NotThere where the home has no such card to practise."""
    found = next((each for each in cards_of(site) if each.card.id == name), None)
    if found is None:
        raise NotThere
    return found


def cards_of(site: Site) -> list[Offered]:
    """Every card that may be practised in this home."""
    return [_offered(each) for each in list_played_cards(site.home)]


def _offered(played: PlayedCard) -> Offered:
    return Offered(played.card, played.state, played.version)
