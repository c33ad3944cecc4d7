"""The form of one message's label: what is chosen in it, the words it offers, what was sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Form

from nightlight.conversations.labels import HARMFUL_ACTS, Author, CounselorAct, Phase
from nightlight.languages import N_
from nightlight.quality.annotation.labels import Label, Suggestion, read_label

Act = CounselorAct
GROUPS: tuple[tuple[str, tuple[CounselorAct, ...]], ...] = (
    (N_("Beginning"), (Act.INTRO, Act.GREETING, Act.TRANSPARENCY, Act.AGE_NAME)),
    (N_("Asking"), (Act.OPEN_QUESTION, Act.CLOSED_QUESTION, Act.CLARIFY, Act.CHECK_IN)),
    (
        N_("Listening"),
        (
            Act.REFLECTION,
            Act.COMPLEX_REFLECTION,
            Act.FEELING,
            Act.VALIDATION,
            Act.SUMMARY,
            Act.STRENGTH,
            Act.BACKCHANNEL,
        ),
    ),
    (
        N_("Risk"),
        (
            Act.RISK_THOUGHTS,
            Act.RISK_PLAN,
            Act.RISK_MEANS,
            Act.RISK_TIMEFRAME,
            Act.RISK_PAST,
            Act.RISK_SELF_HARM,
            Act.RISK_NOW,
            Act.RISK_OTHERS,
            Act.BUFFERS,
            Act.SAFETY_STEP,
            Act.ESCALATE,
        ),
    ),
    (N_("Moving on"), (Act.GOAL, Act.COPING, Act.COLLABORATE, Act.AUTONOMY, Act.RESOURCE, Act.CLOSE)),
    (N_("Better left out"), tuple(act for act in CounselorAct if act in HARMFUL_ACTS)),
    (N_("Neither"), (Act.OFF_TOPIC, Act.BOT_QUESTION)),
)
AXES = {
    "phase": N_("Phase"),
    "acts": N_("What it does"),
    "risk": N_("Risk level"),
    "attributes": N_("What else it says about risk"),
}

Word = Annotated[str, Form()]
Words = Annotated[list[str] | None, Form()]


@dataclass(frozen=True)
class Chosen:
    """What stands chosen in the form, as it would be sent; "" where nothing is."""

    phase: str
    acts: tuple[str, ...] = ()
    risk: str = ""
    attributes: tuple[str, ...] = ()
    is_unsure: bool = False

    def read(self, author: Author) -> Label:
        """The label; raises NightlightError where something is missing."""
        return read_label(
            author,
            phase=self.phase,
            acts=self.acts,
            risk=self.risk,
            attributes=self.attributes,
            is_unsure=self.is_unsure,
        )


def sent_label(
    phase: Word = "", act: Words = None, risk: Word = "", attribute: Words = None, unsure: Word = ""
) -> Chosen:
    """A dependency: the label's fields as they were sent."""
    return Chosen(phase, tuple(act or ()), risk, tuple(attribute or ()), bool(unsure))


def chosen_of(label: Label | None, suggested: Suggestion | None, running: Phase) -> Chosen:
    """What stands in the form at first: the label that is kept, else what is suggested, else the running phase."""
    if label:
        return _chosen(label.phase, label.acts, label.risk, label.attributes, label.is_unsure)
    if suggested:
        return _chosen(suggested.phase or running, suggested.acts or (), suggested.risk, suggested.attributes, False)
    return Chosen(str(running))


def _chosen(phase: Phase, acts: Iterable[str], risk: int | None, attributes: Iterable[str], unsure: bool) -> Chosen:
    return Chosen(str(phase), tuple(acts), "" if risk is None else str(risk), tuple(attributes), unsure)
