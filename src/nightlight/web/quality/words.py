"""The words of quality as supervisors read them: how soon to look, what became of a flag, phases, risk, reasons."""

from nightlight.conversations.labels import Author, CounselorAct, RiskAttribute
from nightlight.languages import N_
from nightlight.quality.flags.declared import Severity
from nightlight.quality.openings import Ground
from nightlight.quality.skills import SKILLS
from nightlight.quality.store import Happened, State
from nightlight.web.practice.words import ACTS as ACTS
from nightlight.web.practice.words import PHASES as PHASES

SEVERITIES = {
    Severity.PAGE: N_("look now"),
    Severity.HIGH: N_("high"),
    Severity.MEDIUM: N_("medium"),
    Severity.LOW: N_("low"),
}
STATES = {
    State.OPEN: N_("waiting"),
    State.CONFIRMED: N_("confirmed"),
    State.DISMISSED: N_("dismissed"),
    State.CLEARED: N_("went away"),
}
NOTHING = {
    State.OPEN: N_("Nothing waits. Nobody has to do anything here right now."),
    State.CONFIRMED: N_("Nothing has been confirmed yet."),
    State.DISMISSED: N_("Nothing has been dismissed yet."),
    State.CLEARED: N_("No flag has gone away by itself yet."),
}
HAPPENED = {
    Happened.RAISED: N_("raised"),
    Happened.CLEARED: N_("went away"),
    Happened.CONFIRMED: N_("confirmed"),
    Happened.DISMISSED: N_("dismissed"),
    Happened.REOPENED: N_("taken up again"),
}
REASONS = {
    "not_so": N_("It is not so"),
    "assessed_elsewhere": N_("It was done elsewhere: by phone, by another person"),
    "label_wrong": N_("A label is wrong"),
    "known_and_handled": N_("Known, and taken care of"),
    "test": N_("Somebody was testing the line"),
}
GROUNDS = {
    Ground.SHIFT: N_("on your shift"),
    Ground.APPROVED: N_("approved by a second person"),
    Ground.EMERGENCY: N_("opened in an emergency"),
    Ground.NEEDS_SECOND: N_("needs a second person"),
}
AUTHORS = {Author.TEXTER: N_("Texter"), Author.COUNSELOR: N_("Counselor")}
RISKS = (N_("none"), N_("passive"), N_("active thoughts"), N_("plan or means"), N_("imminent"))
ATTRIBUTES = {
    RiskAttribute.NEGATED: N_("denied"),
    RiskAttribute.PAST: N_("in the past"),
    RiskAttribute.THIRD_PARTY: N_("about somebody else"),
    RiskAttribute.SELF_HARM: N_("self-harm"),
    RiskAttribute.HARM_TO_OTHERS: N_("harm to others"),
    RiskAttribute.ABUSE: N_("violence or abuse"),
    RiskAttribute.SUBSTANCE: N_("alcohol, drugs or medicines"),
    RiskAttribute.PROTECTIVE: N_("something that holds"),
}
STRENGTHS: dict[str, frozenset[CounselorAct]] = {
    N_("says back and names feelings"): SKILLS["reflect"],
    N_("values the texter"): SKILLS["value"],
    N_("asks openly"): SKILLS["ask_openly"],
    N_("asks plainly about risk"): SKILLS["ask_risk"],
    N_("asks what holds"): SKILLS["what_holds"],
    N_("plans together, leaves the choice"): SKILLS["plan_together"],
    N_("makes steps to stay safe"): SKILLS["stay_safe"],
    N_("brings in help"): SKILLS["bring_help"],
    N_("closes with care"): SKILLS["close_well"],
}


def likely(probability: float) -> str:
    """How sure a labeller is, in words.

    >>> likely(0.97), likely(0.8), likely(0.5)
    ('almost certain', 'likely', 'about even')
    """
    if probability >= 0.95:
        return N_("almost certain")
    if probability >= 0.85:
        return N_("very likely")
    if probability >= 0.65:
        return N_("likely")
    return N_("about even") if probability >= 0.4 else N_("not likely")
