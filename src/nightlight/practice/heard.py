"""What a turn asked of its model, in numbers: kept beside the turn, for live checks. No text is among them."""

import json
from datetime import datetime
from typing import TYPE_CHECKING

from nightlight.db import insert_row
from nightlight.simulator.wording import Situation, Worded, Wording
from nightlight.simulator.wording.figures import WordingFigures
from nightlight.simulator.wording.generated import GeneratedWording

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Heard:
    """A session's wording for one turn: it says the same, and knows afterwards what a model was asked for."""

    def __init__(self, wording: Wording) -> None:
        self.name = wording.name
        self.figures = WordingFigures()
        self.situations: list[Situation] = []
        self._wording = wording

    def word(self, situation: Situation) -> tuple[Worded, ...]:
        if not isinstance(self._wording, GeneratedWording):
            return self._wording.word(situation)
        self.situations.append(situation)
        return self._wording.word(situation, self.figures)


def insert_heard(
    connection: "Connection",
    session: str,
    turn: int,
    wording: str,
    figures: WordingFigures,
    *,
    at: datetime,
    is_shadow: bool = False,
) -> None:
    """Keep the figures of a turn; a turn that asked no model has none."""
    row = figures.as_row()
    if not row["asked"]:
        return
    values = {
        "session": session,
        "turn": turn,
        "wording": wording,
        "is_shadow": int(is_shadow),
        "asked": row["asked"],
        "spoken": row["spoken"],
        "leaks": row["leaks"],
        "fallbacks": json.dumps(row["reasons"]),
        "seconds": json.dumps([round(each, 3) for each in figures.seconds]),
        "at": at,
    }
    insert_row(connection, "practice_wordings", values)
