"""Where practice stops although there was danger: what the real service would do next.

No session ends with someone left alone, not even a played one: the trainee sees the supervisor's step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nightlight.conversations.cards import Card
from nightlight.conversations.labels import Outcome, Rung
from nightlight.languages import N_
from nightlight.simulator.evidence import called_supervisor, is_high_risk, rung_told
from nightlight.simulator.session import Turn

HELPED = (Outcome.SUPERVISOR, Outcome.EMERGENCY, Outcome.SAFETY_PLAN)

PRACTICE = N_("This was practice: the texter is played, and nobody was left alone.")
ON_ITS_WAY = N_(
    "In the real service this does not end here. Something has already happened: the supervisor on shift takes it at "
    "once, whether the texter answers or not."
)
DANGER = N_(
    "In the real service this does not end here. With this much danger the supervisor on shift takes it on, whatever "
    "the reason the conversation stopped."
)
STEPS = (
    N_("Call the supervisor now, by the button or aloud. Nobody is expected to hold this alone."),
    N_("Tell them what you know and what you do not know yet."),
    N_("If the texter is still there, say openly that you are bringing someone in, and stay."),
    N_("Whether emergency help is sent is the supervisor's decision, by your service's own rules and the law."),
)
KNOWN = {
    Rung.THOUGHTS: N_("whether there are thoughts of suicide"),
    Rung.PLAN: N_("whether there is a plan"),
    Rung.MEANS: N_("whether the means are within reach"),
    Rung.TIMEFRAME: N_("when"),
    Rung.NOW: N_("whether the texter is safe right now"),
}


@dataclass(frozen=True)
class Handover:
    """`reason` first, then `steps` in order; `known` and `unknown`: what the supervisor is told; `practice`: that
    nobody was left alone."""

    reason: str
    steps: tuple[str, ...]
    known: tuple[str, ...]
    unknown: tuple[str, ...]
    practice: str


def handover(card: Card, turns: Sequence[Turn], *, say: Callable[[str], str] = str) -> Handover | None:
    """What comes next for a card with danger in it whose session ended without help; None where none is needed."""
    outcome = turns[-1].outcome
    if outcome is None or not is_high_risk(card) or outcome in HELPED or called_supervisor(turns):
        return None
    known = {rung: rung_told(turns, rung) is not None for rung in KNOWN}
    return Handover(
        reason=say(ON_ITS_WAY if card.risk.in_progress else DANGER),
        steps=tuple(map(say, STEPS)),
        known=tuple(say(words) for rung, words in KNOWN.items() if known[rung]),
        unknown=tuple(say(words) for rung, words in KNOWN.items() if not known[rung]),
        practice=say(PRACTICE),
    )
