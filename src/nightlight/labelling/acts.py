"""Which acts a counselor's message does: several at once, each with a calibrated probability."""

from dataclasses import dataclass
from typing import Protocol

from nightlight.conversations.labels import CounselorAct


@dataclass(frozen=True)
class LabelledAct:
    """An act and how probable it is, in [0, 1]."""

    act: CounselorAct
    probability: float


class ActLabeller(Protocol):
    """Reads one message at a time. `version` names rules, weights and thresholds: the same version gives the same
    labels for the same texts, always."""

    @property
    def version(self) -> str: ...

    def label(self, text: str, *, before: str = "") -> tuple[LabelledAct, ...]:
        """The acts of a counselor's `text` that follows what the texter wrote last (`before`), most probable first;
        at least one."""
        ...


def shipped_labeller() -> ActLabeller:
    """The labeller that comes with the product; read once in a process (0.2 s)."""
    from nightlight.labelling.model import shipped_model

    return shipped_model().counselor
