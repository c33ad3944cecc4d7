"""The story of a model, as the audit tells it."""

import re
from dataclasses import dataclass
from datetime import datetime

from nightlight.catalog.audit import tail
from nightlight.settings import Home

ACTIONS = (
    *("train model", "register model", "install model", "evaluate model", "promote model", "roll back model"),
    *("roll out model", "stop rollout"),
)
MOST = 1000


@dataclass(frozen=True)
class Event:
    """One thing that happened to a model. `what` names the version as the person did."""

    at: datetime
    by: str
    action: str
    what: str
    outcome: str
    detail: str


def history(home: Home, name: str) -> list[Event]:
    """All that was done with a model, refusals too, the oldest first."""
    records = [record for action in ACTIONS for record in tail(home, MOST, action=action)]
    told = [record for record in records if name in re.split(r"[/ ]", record["statement"])]
    return [
        Event(
            record["at"],
            record["principal"],
            record["action"],
            record["statement"],
            record["outcome"],
            record["detail"],
        )
        for record in sorted(told, key=lambda record: int(record["sequence"]))
    ]
