"""Self-efficacy: how sure somebody is of doing what a conversation needs, before their training and after it.

Eight tasks, 0 to 10 each, in the manner of counselor activity scales; it describes a person to themselves and a
cohort by its means, and decides nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from nightlight.catalog.audit import Entry, append
from nightlight.db import insert_row, moment, rows_of, transaction
from nightlight.errors import NightlightError
from nightlight.practice.cohorts import Clock
from nightlight.settings import Home

BEFORE, AFTER = "before", "after"
MOST = 10
TASKS: dict[str, str] = {
    "rapport": "Begin a conversation so that a texter feels welcome",
    "reflect": "Say back what a texter feels, without judging it",
    "questions": "Ask open questions that help a texter to say more",
    "risk": "Ask directly about suicide",
    "ladder": "Find out how near the danger is",
    "silence": "Stay calm when a texter is silent, angry or tests me",
    "plan": "Work out a next step together with a texter",
    "close": "Bring a conversation to a good close",
}


@dataclass(frozen=True)
class Efficacy:
    """One answer: 0 = not sure at all, 10 = quite sure."""

    moment: str
    answers: Mapping[str, int]
    mean: float
    at: datetime


def record_efficacy(home: Home, person: str, when: str, answers: Mapping[str, int], *, clock: Clock) -> Efficacy:
    """Keep somebody's answers; raises NightlightError unless every task has a number from 0 to 10."""
    if when not in (BEFORE, AFTER):
        raise NightlightError(f"'{when}' is no moment of the training", remedy=f"choose {BEFORE} or {AFTER}")
    if set(answers) != set(TASKS) or any(not 0 <= value <= MOST for value in answers.values()):
        raise NightlightError("an answer is missing", remedy=f"give each of the tasks a number from 0 to {MOST}")
    append(home, Entry("practice self-efficacy", person, None, "done"))
    mean = sum(answers.values()) / len(answers)
    values = {"person": person, "moment": when, "answers": json.dumps(dict(answers)), "mean": mean, "at": clock()}
    with transaction(home.database_url) as connection:
        insert_row(connection, "practice_efficacy", values)
    return list_efficacy(home, person)[-1]


def list_efficacy(home: Home, person: str) -> list[Efficacy]:
    """Somebody's own answers in their order."""
    with transaction(home.database_url) as connection:
        rows = rows_of(connection, "practice_efficacy", "id", person=person)
    return [Efficacy(row["moment"], json.loads(row["answers"]), row["mean"], moment(row["at"])) for row in rows]
