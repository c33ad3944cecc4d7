"""Sessions that scripted counselors played, each played once however many figures look at it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from nightlight.conversations.cards import Card
from nightlight.conversations.principles import Principle
from nightlight.labelling.acts import ActLabeller
from nightlight.simulator.counselors import Kind, counselor, play
from nightlight.simulator.session import Session
from nightlight.simulator.wording import Wording

MOST = 60  # of a counselor's messages: more than any of them wants
DOSES = (0.0, 0.25, 0.5, 0.75, 1.0)  # shares of poor messages


@dataclass
class Plays:
    """All of `cards` with each of `seeds`. `true_acts`: acts are what the counselor means, not what the labeller reads
    (to tell the engine's failures from the labeller's). `kinds`: the counselors that figures about texts listen to;
    `every`: of the red team's messages each so-manieth is played. `unchecked`: the wording is a control, whose words
    nothing takes back and whose state is the engine's, not its own. `most`: what a counselor does at most."""

    cards: Sequence[Card]
    seeds: Sequence[int]
    labeller: ActLabeller
    wording: Wording | None = None
    principles: tuple[Principle, ...] = ()
    true_acts: bool = False
    kinds: tuple[Kind, ...] = tuple(Kind)
    every: int = 1
    unchecked: bool = False
    most: int = MOST
    _played: dict[tuple[str, int, Kind, float], Session] = field(default_factory=dict, init=False)

    def fresh(self, card: Card, seed: int) -> Session:
        return Session(
            card,
            seed=seed,
            labeller=self.labeller,
            wording=self.wording,
            principles=self.principles,
            unchecked=self.unchecked,
        )

    def played(self, card: Card, seed: int, kind: Kind, harm: float = 0.4) -> Session:
        key = (card.id, seed, kind, harm)
        if key not in self._played:
            session = self.fresh(card, seed)
            deeds = counselor(kind, seed=seed, harm=harm)(session)
            self._played[key] = play(session, deeds, most=self.most, true_acts=self.true_acts)
        return self._played[key]

    def played_already(self, others: "Plays") -> None:
        """Take over what others with the same wording have played."""
        self._played.update(others._played)

    def pairs(self) -> Iterator[tuple[Card, int]]:
        for card in self.cards:
            for seed in self.seeds:
                yield card, seed

    def all(self, *kinds: Kind) -> Iterator[Session]:
        """Every card and seed with every one of these kinds of counselor, or with all kinds that are listened to."""
        for card, seed in self.pairs():
            for kind in kinds or tuple(Kind):
                if kind in self.kinds:
                    yield self.played(card, seed, kind)


def where(session: Session, turn: int) -> str:
    return f"{session.card.id} seed {session.seed} turn {turn}"
