"""The demo's annotation set: scripts labelled by two people who mostly agree, and a third who has begun to decide.

Their labels are the scripts' own, changed where people differ: at changes of phase, between acts that are near to each
other, by one level of risk. It is the same each time; the audit says that it was invented."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random

from nightlight.catalog.audit import Entry, append, os_user
from nightlight.catalog.history import database_errors
from nightlight.catalog.principals import list_principals
from nightlight.conversations.cards import Card
from nightlight.conversations.labels import Author, CounselorAct, Phase, Quality
from nightlight.conversations.scripts import Script, ScriptMessage, card_of_script
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.labelling.examples import OUT_OF_SCRIPTS, level_in_script
from nightlight.quality.annotation.adjudication import pairs
from nightlight.quality.annotation.labels import Label
from nightlight.quality.annotation.sets import finish, make_invented_set
from nightlight.quality.annotation.store import Place, put_decision, put_label, select_sets
from nightlight.settings import Home
from nightlight.studio.documents import card_of, get_version
from nightlight.studio.scripts_in_use import parsed
from nightlight.studio.versions import Kind, State, Version, select_versions

SET, OF_EACH_QUALITY = "pilot-1", 4
MAKER, ANNOTATORS, DECIDER = "clara", ("sam", "cleo"), "chen"
CARE = (0.5, 1.0)  # how often each differs from the script, of what is usual
UNSURE, DECIDED = 0.4, 0.7
LATER_PHASE, OTHER_PHASE, OTHER_ACTS, OTHER_LEVEL, UNTOLD_LEVEL = 0.4, 0.05, 0.75, 0.5, 0.01
NEAR = {
    CounselorAct.REFLECTION: CounselorAct.COMPLEX_REFLECTION,
    CounselorAct.COMPLEX_REFLECTION: CounselorAct.REFLECTION,
    CounselorAct.FEELING: CounselorAct.VALIDATION,
    CounselorAct.VALIDATION: CounselorAct.FEELING,
    CounselorAct.OPEN_QUESTION: CounselorAct.CLARIFY,
    CounselorAct.CLOSED_QUESTION: CounselorAct.CLARIFY,
    CounselorAct.CLARIFY: CounselorAct.CLOSED_QUESTION,
    CounselorAct.ADVICE: CounselorAct.RESOURCE,
}


def seed_annotation(home: Home, *, clock: Callable[[], datetime]) -> int:
    """Make the set and label it; how many messages it holds, 0 where it is there already or its people are not."""
    now, known = clock(), {principal["name"] for principal in list_principals(home.database_url)}
    with transaction(home.database_url) as connection:
        if select_sets(connection, name=SET) or not {MAKER, *ANNOTATORS, DECIDER} <= known:
            return 0
    scripts = _scripts(home)
    try:
        make_invented_set(home, SET, scripts, annotators=ANNOTATORS, by=MAKER, clock=lambda: now - timedelta(days=6))
    except NightlightError:
        return 0  # there are no starters, or the policies are older than annotation
    append(home, Entry("seed demo annotation", os_user(), None, "done", statement=SET, detail="invented labels"))
    written = {
        (number, position): label
        for number, script in enumerate(scripts, 1)
        for position, label in enumerate(_as_written(script, _card(home, script)), 1)
    }
    _label(home, written, now - timedelta(days=4))
    _decide(home, written, now - timedelta(days=1))
    return len(written)


def _scripts(home: Home) -> list[Script]:
    """Some starters of each quality; only these are read, as reading all of them takes a second."""
    with database_errors(), transaction(home.database_url) as connection:
        found = select_versions(connection, kind=Kind.SCRIPT, state=State.STARTER)
    chance, chosen = Random(SET), list[Version]()  # noqa: S311  # no secret
    for quality in Quality:
        of_it = [each for each in found if each.name.partition("--")[2].startswith(quality) and _tells_risk(each.name)]
        chosen += chance.sample(of_it, min(OF_EACH_QUALITY, len(of_it)))
    return parsed(chosen)


def _tells_risk(script: str) -> bool:
    return card_of_script(script) not in OUT_OF_SCRIPTS


def _label(home: Home, written: dict[Place, Label], at: datetime) -> None:
    with transaction(home.database_url) as connection:
        for place, (person, care) in enumerate(zip(ANNOTATORS, CARE, strict=True), 1):
            chance = Random(person)  # noqa: S311  # no secret
            for message, label in written.items():
                before = written.get((message[0], message[1] - 1))
                said = _as_read(label, before, care, chance)
                put_label(connection, SET, message, place, said, changes=1, now=at)
    for person in ANNOTATORS:
        finish(home, SET, by=person, clock=lambda: at)


def _decide(home: Home, written: dict[Place, Label], at: datetime) -> None:
    """The third person is not through yet: whoever tries the demo may go on."""
    differing = [pair.at for pair in pairs(home, SET, by=DECIDER)[1] if pair.differing]
    with transaction(home.database_url) as connection:
        for message in differing[: round(DECIDED * len(differing))]:
            put_decision(connection, SET, message, written[message], by=DECIDER, now=at)


def _as_written(script: Script, card: Card) -> list[Label]:
    return [_own_label(message, card) for message in script.messages]


def _own_label(message: ScriptMessage, card: Card) -> Label:
    if message.author is Author.TEXTER:
        return Label(message.phase, risk=level_in_script(card, message) or 0)
    said = set(message.acts)
    return Label(message.phase, acts=tuple(act for act in CounselorAct if act in said))


def _as_read(label: Label, before: Label | None, care: float, chance: Random) -> Label:
    """The label as somebody gives it who reads with this much care; two who differ are often unsure."""
    phase, acts, risk = label.phase, label.acts, label.risk
    if before and before.phase is not phase and chance.random() < LATER_PHASE * care:
        phase = before.phase
    elif chance.random() < OTHER_PHASE * care:
        phase = Phase.EXPLORATION if phase is not Phase.EXPLORATION else Phase.RISK_ASSESSMENT
    if acts and chance.random() < OTHER_ACTS * care:
        acts = _other_acts(acts, chance)
    if risk is not None and chance.random() < (OTHER_LEVEL if risk else UNTOLD_LEVEL) * care:
        risk = max(risk - 1, 0) if risk > 1 and chance.random() < 0.5 else min(risk + 1, 4)
    is_other = (phase, acts, risk) != (label.phase, label.acts, label.risk)
    return Label(phase, acts, risk, is_unsure=is_other and chance.random() < UNSURE)


def _other_acts(acts: Sequence[CounselorAct], chance: Random) -> tuple[CounselorAct, ...]:
    """One act less, or one that is near to it."""
    if len(acts) > 1 and chance.random() < 0.5:
        left = set(acts) - {chance.choice(acts)}
    else:
        chosen = chance.choice(acts)
        left = (set(acts) - {chosen}) | {NEAR.get(chosen, chosen)}
    return tuple(act for act in CounselorAct if act in left)


def _card(home: Home, script: Script) -> Card:
    return card_of(get_version(home, script.card))
