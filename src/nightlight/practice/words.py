"""The texter's words of one turn as JSON, so that a session is played again as it was said; no model is asked."""

import json
from collections.abc import Sequence
from typing import Any

from nightlight.conversations.labels import Reaction, Rung
from nightlight.simulator.plan import Ending, Move, Step
from nightlight.simulator.wording import Worded


def write_words(words: Sequence[Worded]) -> str:
    return json.dumps([{**vars(each), "step": vars(each.step)} for each in words])


def read_words(text: str) -> tuple[Worded, ...]:
    return tuple(
        Worded(**{**each, "step": _step(each["step"]), "messages": tuple(each["messages"])})
        for each in json.loads(text)
    )


def _step(values: dict[str, Any]) -> Step:
    return Step(
        move=Move(values["move"]),
        fact=values["fact"],
        rung=Rung(values["rung"]) if values["rung"] else None,
        reaction=Reaction(values["reaction"]) if values["reaction"] else None,
        ending=Ending(values["ending"]) if values["ending"] else None,
    )
