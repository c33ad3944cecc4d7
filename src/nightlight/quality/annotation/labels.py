"""What one person says about one message: phase, and acts (counselor) or risk with its attributes (texter)."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from nightlight.conversations.labels import HIGHEST_RISK, Author, CounselorAct, Phase, RiskAttribute
from nightlight.conversations.scripts import MOST_ACTS
from nightlight.errors import NightlightError, suggest
from nightlight.labelling.conversation import LabelledMessage

Word = TypeVar("Word", bound=StrEnum)
AXES = ("phase", "acts", "risk", "attributes")


@dataclass(frozen=True)
class Label:
    """`acts`: of a counselor's message, as a set in the order of the vocabulary; `risk` and `attributes`: of a
    texter's. What does not belong to the author is None and empty. `is_unsure`: the person would like to be asked."""

    phase: Phase
    acts: tuple[CounselorAct, ...] = ()
    risk: int | None = None
    attributes: tuple[RiskAttribute, ...] = ()
    is_unsure: bool = False

    def differs_from(self, other: "Label") -> tuple[str, ...]:
        """The axes on which two people disagree.

        >>> Label(Phase.CLOSING, risk=0).differs_from(Label(Phase.CLOSING, risk=1, is_unsure=True))
        ('risk',)
        """
        return tuple(axis for axis in AXES if getattr(self, axis) != getattr(other, axis))


@dataclass(frozen=True)
class Suggestion:
    """What a labeller says about a message; None where it abstained, or where the axis is not the author's."""

    phase: Phase | None
    acts: tuple[CounselorAct, ...] | None
    risk: int | None
    attributes: tuple[RiskAttribute, ...] = ()


def read_label(
    author: Author,
    *,
    phase: str,
    acts: Iterable[str] = (),
    risk: str = "",
    attributes: Iterable[str] = (),
    is_unsure: bool = False,
) -> Label:
    """The label that somebody chose; raises NightlightError where one is missing or unknown."""
    if phase not in set(Phase):
        raise NightlightError("a message needs a phase", remedy=suggest(phase, list(Phase)) or "choose one")
    if author is Author.COUNSELOR:
        chosen = _known(acts, CounselorAct, "act")
        most = MOST_ACTS[Author.COUNSELOR]
        if not 1 <= len(chosen) <= most:
            raise NightlightError(
                f"{len(chosen)} acts are chosen",
                remedy=f"choose what a colleague would name if asked what the message does: one to {most}",
            )
        return Label(Phase(phase), acts=chosen, is_unsure=is_unsure)
    levels = {str(level): level for level in range(HIGHEST_RISK + 1)}
    if risk not in levels:
        raise NightlightError("a texter's message needs a risk level", remedy=f"choose one from 0 to {HIGHEST_RISK}")
    found = _known(attributes, RiskAttribute, "attribute")
    return Label(Phase(phase), risk=levels[risk], attributes=found, is_unsure=is_unsure)


def suggestion_of(message: LabelledMessage) -> Suggestion:
    acts = None if message.acts is None else _ordered((each.act for each in message.acts), CounselorAct)
    if message.risk is None:
        return Suggestion(message.phase, acts, None)
    return Suggestion(message.phase, acts, message.risk.level, _ordered(message.risk.attributes, RiskAttribute))


def label_json(label: Label | Suggestion) -> str:
    return json.dumps(vars(label))


@lru_cache(maxsize=4096)  # the same few hundred come again and again
def label_from(text: str) -> Label:
    return Label(**_values(json.loads(text)))


@lru_cache(maxsize=4096)
def suggestion_from(text: str | None) -> Suggestion | None:
    return None if text is None else Suggestion(**_values(json.loads(text)))


def _values(kept: dict[str, Any]) -> dict[str, Any]:
    acts = kept["acts"]
    return kept | {
        "phase": None if kept["phase"] is None else Phase(kept["phase"]),
        "acts": None if acts is None else tuple(map(CounselorAct, acts)),
        "attributes": tuple(map(RiskAttribute, kept["attributes"])),
    }


def _known(words: Iterable[str], vocabulary: type[Word], what: str) -> tuple[Word, ...]:
    found = list(words)
    for word in found:
        if word not in set(vocabulary):
            raise NightlightError(f"there is no such {what}", remedy=suggest(word, list(vocabulary)))
    return _ordered(map(vocabulary, found), vocabulary)


def _ordered(words: Iterable[Word], vocabulary: type[Word]) -> tuple[Word, ...]:
    chosen: Collection[Word] = set(words)
    return tuple(word for word in vocabulary if word in chosen)
