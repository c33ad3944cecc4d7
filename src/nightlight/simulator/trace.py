"""The whole trace of a session as plain JSON: the shape that `nightlight practice --replay --json` prints."""

from typing import Any

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
        "counselor": turn.counselor,
        "acts": [{"act": each.act, "probability": each.probability} for each in turn.acts],
        "phase": state.phase,
        "state": {name: getattr(state, name) for name in ("trust", "openness", "distress", "hope", "patience")},
        "told": list(turn.told),
        "rungs": dict(state.rungs),
        "replies": [reply.text for reply in turn.replies],
    }
