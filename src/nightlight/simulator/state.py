"""The played texter's state and its pure update by what the counselor's message does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from nightlight.conversations.cards import Card
from nightlight.conversations.gates import GateState
from nightlight.conversations.labels import CounselorAct, Phase, Rung
from nightlight.labelling.acts import LabelledAct
from nightlight.simulator.parameters import Parameters, Shift


class RungStatus(StrEnum):
    """How far the texter has gone on one rung of the risk ladder."""

    NOT_ASKED = "not_asked"
    HEDGED = "hedged"
    TOLD = "told"


@dataclass(frozen=True)
class State:
    """Every quantity is in [0, 1]. `asked` and `told` hold fact ids, `told` in their order; `turn` counts the
    counselor's messages; `repeats` how often each act came so far."""

    trust: float
    openness: float
    distress: float
    hope: float
    patience: float
    ruptures: int = 0
    phase: Phase = Phase.ENGAGEMENT
    asked: frozenset[str] = frozenset()
    told: tuple[str, ...] = ()
    rungs: Mapping[Rung, RungStatus] = field(default_factory=lambda: dict.fromkeys(Rung, RungStatus.NOT_ASKED))
    repeats: Mapping[CounselorAct, int] = field(default_factory=dict)
    goal_named: bool = False
    steps_agreed: int = 0
    turn: int = 0

    def seen_by_gates(self, *, asked: bool) -> GateState:
        return GateState(
            trust=self.trust,
            openness=self.openness,
            phase=self.phase,
            asked=asked,
            told=frozenset(self.told),
            turn=self.turn,
        )


def start_of(card: Card) -> State:
    start = card.start
    return State(start.trust, start.openness, start.distress, start.hope, start.patience)


def update(state: State, acts: Sequence[LabelledAct], parameters: Parameters) -> State:
    """The state after a counselor's message with these acts; each quantity moves by a bounded step."""
    total = Shift()
    repeats = dict(state.repeats)
    for labelled in acts:
        shift = parameters.shifts.get(labelled.act, Shift())
        weight = labelled.probability * parameters.damping ** repeats.get(labelled.act, 0)
        total = Shift(
            *(old + weight * new for old, new in zip(vars(total).values(), vars(shift).values(), strict=True))
        )
        repeats[labelled.act] = repeats.get(labelled.act, 0) + 1
    moved = {
        name: _moved(getattr(state, name), change, _most(name, parameters)) for name, change in vars(total).items()
    }
    return replace(state, **moved, repeats=repeats, turn=state.turn + 1)


def _most(quantity: str, parameters: Parameters) -> float:
    return parameters.most_distress_change if quantity == "distress" else parameters.most_change


def _moved(value: float, change: float, most: float) -> float:
    return min(1.0, max(0.0, value + min(most, max(-most, change))))
