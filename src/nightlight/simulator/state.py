"""The played texter's state and its pure update by what the counselor's message does."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from nightlight.conversations.cards import Card
from nightlight.conversations.gates import GateState
from nightlight.conversations.labels import HARMFUL_ACTS, Phase, Resistance, Rung
from nightlight.conversations.labels import CounselorAct as Act
from nightlight.simulator.parameters import NOTHING, Parameters, Shift, Temper
from nightlight.simulator.reading import EXPLORED_ENOUGH, EXPLORING, WARM, Reading

ON_LADDER = frozenset({Act.RISK_PLAN, Act.RISK_MEANS, Act.RISK_TIMEFRAME})


class RungStatus(StrEnum):
    """How far the texter has gone on one rung of the risk ladder."""

    NOT_ASKED = "not_asked"
    HEDGED = "hedged"
    TOLD = "told"


@dataclass(frozen=True)
class State:
    """Every quantity is in [0, 1]. `asked` and `told` hold fact ids, `told` in their order; `turn` counts the
    counselor's messages; `repeats` how often each act came lately.

    `wound`: trust lost to the last rupture that nothing has mended yet. `explored`: messages that explored.
    `waits`: silences in a row. `supervisor`: one has been brought in. `goodbye`: the texter has said it. `cue_since`:
    the turn since which a risk cue of the texter has waited for an answer.
    """

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
    repeats: Mapping[Act, float] = field(default_factory=dict)
    goal_named: bool = False
    steps_agreed: int = 0
    turn: int = 0
    wound: float = 0.0
    explored: int = 0
    waits: int = 0
    supervisor: bool = False
    goodbye: bool = False
    cue_since: int | None = None
    resistance: Resistance = Resistance.NONE

    def seen_by_gates(self, *, asked: bool) -> GateState:
        return GateState(
            trust=self.trust,
            openness=self.openness,
            phase=self.phase,
            asked=asked,
            told=frozenset(self.told),
            turn=self.turn,
        )

    @property
    def is_heard(self) -> bool:
        """Whether the texter has told something and it was explored; a next step before that comes too early."""
        return self.explored >= EXPLORED_ENOUGH and (bool(self.told) or self.has_answered)

    @property
    def has_answered(self) -> bool:
        """Whether the truth on a rung of the risk ladder was told."""
        return RungStatus.TOLD in self.rungs.values()

    def resists(self, parameters: Parameters) -> bool:
        return self.resistance is not Resistance.NONE and self.trust < parameters.earned


def start_of(card: Card) -> State:
    start = card.start
    return State(start.trust, start.openness, start.distress, start.hope, start.patience, resistance=start.resistance)


def update(state: State, reading: Reading, parameters: Parameters) -> State:
    """The state after a counselor's message; each quantity moves by a bounded step."""
    gain, harm = _gain_and_harm(state, reading, parameters)
    temper = parameters.tempers[state.resistance] if state.resists(parameters) else Temper()
    room = min(1.0, 2.0 * (1.0 - state.trust))  # the last of trust comes slowly
    trust = gain.trust * temper.trust * room + harm.trust
    if reading.has(Act.RISK_THOUGHTS) and not reading.has(Act.EUPHEMISM, Act.GRAPHIC_PROBE):
        trust = max(0.0, trust)
    if reading.apology and state.wound:
        trust += parameters.repaired * state.wound
    openness = gain.openness * temper.openness * (0.5 if state.wound else 1.0)
    openness += harm.openness * (0.7 if state.openness >= 0.5 else 1.0)
    late = min(2.0, reading.late / parameters.late) * parameters.late_patience
    patience = gain.patience + (harm.patience - late) * temper.impatience
    most = parameters.most_change
    ruptured = harm.trust <= -0.06 and trust < 0
    return replace(
        state,
        trust=_moved(state.trust, trust, most),
        openness=_moved(state.openness, openness, most),
        distress=_moved(state.distress, _relief(state, reading, gain, harm), parameters.most_distress_change),
        hope=_moved(state.hope, gain.hope + harm.hope, most),
        patience=_moved(state.patience, patience, 1.0),
        ruptures=state.ruptures + ruptured,
        wound=-trust if ruptured else 0.0 if reading.apology else state.wound * 0.7 if state.wound > 0.01 else 0.0,
        explored=state.explored + reading.has(*EXPLORING),
        repeats=_repeats(state, reading, parameters),
        waits=0,
        asked=state.asked | set(reading.facts),
        turn=state.turn + 1,
    )


def after_silence(state: State, parameters: Parameters) -> State:
    """The state when the counselor has been silent once more."""
    return replace(
        state,
        patience=_moved(state.patience, -parameters.wait_patience * (1 + state.waits / 2), 1.0),
        distress=_moved(state.distress, 0.02, 1.0),
        trust=_moved(state.trust, -0.02 * state.waits, 1.0),
        waits=state.waits + 1,
    )


def _gain_and_harm(state: State, reading: Reading, parameters: Parameters) -> tuple[Shift, Shift]:
    gain, harm = NOTHING, NOTHING
    for labelled in reading.acts:
        shift, act = parameters.shifts.get(labelled.act, NOTHING), labelled.act
        if act is Act.ABRUPT and not reading.has(act):
            continue  # so heavy that a suspicion of it is not enough
        if act in HARMFUL_ACTS:
            harm = _add(harm, shift, labelled.probability)
            continue
        if (
            act in ON_LADDER
            and state.rungs[Rung.THOUGHTS] is RungStatus.NOT_ASKED
            and not reading.has(Act.RISK_THOUGHTS)
        ):
            continue  # means and plans before thoughts: nothing is earned
        if act is Act.COLLABORATE and not state.is_heard:
            continue  # a step before anything was explored: neither
        gain = _add(gain, shift, labelled.probability * parameters.damping ** state.repeats.get(act, 0.0))
    if harm.trust < 0:
        share = parameters.redeemed
        gain = replace(
            gain,
            trust=min(gain.trust, -share * harm.trust),
            openness=min(gain.openness, -share * harm.openness),
            patience=0.0,
        )
    return gain, harm


def _relief(state: State, reading: Reading, gain: Shift, harm: Shift) -> float:
    """Distress falls only with warmth, and only after something has been explored."""
    falls = gain.distress if state.explored >= 2 and reading.has(*WARM) and harm.trust == 0 else 0.0
    return falls + harm.distress


def _repeats(state: State, reading: Reading, parameters: Parameters) -> dict[Act, float]:
    faded = {act: count * parameters.fading for act, count in state.repeats.items() if count > 0.05}
    for labelled in reading.acts:
        faded[labelled.act] = faded.get(labelled.act, 0.0) + labelled.probability
    return faded


def _add(one: Shift, other: Shift, weight: float) -> Shift:
    return Shift(*(a + weight * b for a, b in zip(vars(one).values(), vars(other).values(), strict=True)))


def _moved(value: float, change: float, most: float) -> float:
    return min(1.0, max(0.0, value + min(most, max(-most, change))))
