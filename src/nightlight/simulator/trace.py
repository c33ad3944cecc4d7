"""The whole trace of a session as plain JSON: the shape that `nightlight practice --replay --json` prints."""

from typing import Any

from nightlight.settings import BANK
from nightlight.simulator.plan import Step
from nightlight.simulator.session import Session, Turn


def trace(session: Session) -> dict[str, Any]:
    return {
        "card": session.card.id,
        "seed": session.seed,
        "wording": session.wording.name,
        "turns": [_turn(turn) for turn in session.turns],
        "outcome": session.outcome,
    }


def _turn(turn: Turn) -> dict[str, Any]:
    state = turn.state
    return {
        "event": type(turn.event).__name__.lower() if turn.event else "opening",
        "at": turn.event.at if turn.event else 0.0,
        "counselor": turn.counselor,
        "acts": [{"act": each.act, "probability": each.probability} for each in turn.acts],
        "asked": list(turn.asked),
        "phase": state.phase,
        "state": {name: getattr(state, name) for name in ("trust", "openness", "distress", "hope", "patience")},
        "plan": [_step(step) for step in turn.plan.steps],
        "told": list(turn.told),
        "rungs": dict(state.rungs),
        "checks": list(turn.checks),
        "words": [{"by": each.by or BANK, "refused": each.refused} for each in turn.worded],
        "replies": [reply.text for reply in turn.replies],
        "after": [reply.after for reply in turn.replies],
    }


def _step(step: Step) -> str:
    """The move and what it is about, as in "tell bev"."""
    return " ".join(filter(None, (step.move, step.fact, step.rung, step.reaction, step.ending)))
