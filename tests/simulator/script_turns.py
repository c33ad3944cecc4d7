"""A script of the corpus as the turns of a session: the texter's lines as written."""

from collections.abc import Iterator
from dataclasses import replace

from tests.simulator.talk import moved

from nightlight.conversations.cards import Card
from nightlight.conversations.labels import Author, CounselorAct, Outcome, Rung
from nightlight.conversations.scripts import Script, ScriptMessage
from nightlight.labelling.acts import ActLabeller, LabelledAct
from nightlight.simulator.plan import Plan, Tone
from nightlight.simulator.session import Said, Turn
from nightlight.simulator.state import RungStatus, start_of
from nightlight.simulator.timing import Reply

SECONDS = 60.0


def turns_of(script: Script, card: Card, labeller: ActLabeller | None = None) -> tuple[Turn, ...]:
    """The turns of a script; its own tags stand for the labels where no labeller is given."""
    turns: list[Turn] = []
    state = start_of(card)
    for event, acts, texts in _exchanges(script, labeller):
        before = state
        state = moved(state, [each.act for each in acts]) if event else state
        rungs = tuple(rung for message in texts for rung in message.rungs)
        told = tuple(fact for message in texts for fact in message.facts if fact not in state.told)
        ladder = dict(state.rungs)
        if any(each.act is CounselorAct.RISK_THOUGHTS for each in acts):
            ladder[Rung.THOUGHTS] = max(ladder[Rung.THOUGHTS], RungStatus.HEDGED, key=list(RungStatus).index)
        ladder |= dict.fromkeys(rungs, RungStatus.TOLD)
        phase = texts[0].phase if texts else state.phase
        state = replace(state, told=state.told + told, rungs=ladder, phase=event[1].phase if event else phase)
        turns.append(
            Turn(
                number=len(turns),
                event=event[0] if event else None,
                acts=acts,
                before=before,
                state=state,
                plan=Plan((), Tone.GUARDED),
                worded=(),
                replies=tuple(Reply(message.text, 2.0) for message in texts),
                told=told,
                rungs=rungs,
            )
        )
    turns[-1] = replace(turns[-1], outcome=Outcome(script.outcome))
    return tuple(turns)


def _exchanges(
    script: Script, labeller: ActLabeller | None
) -> Iterator[tuple[tuple[Said, ScriptMessage] | None, tuple[LabelledAct, ...], list[ScriptMessage]]]:
    """The counselor's messages with their acts, each with the texter's messages that follow it; first the opening."""
    said: tuple[Said, ScriptMessage] | None = None
    acts: tuple[LabelledAct, ...] = ()
    heard: list[ScriptMessage] = []
    for message in script.messages:
        if message.author is Author.TEXTER:
            heard.append(message)
            continue
        yield said, acts, heard
        acts = _acts(message, " ".join(each.text for each in heard), labeller)
        said = (Said((said[0].at if said else 0.0) + SECONDS, message.text), message)
        heard = []
    yield said, acts, heard


def _acts(message: ScriptMessage, before: str, labeller: ActLabeller | None) -> tuple[LabelledAct, ...]:
    if labeller is not None:
        return tuple(labeller.label(message.text, before=before))
    return tuple(LabelledAct(act, 0.95) for act in message.acts if isinstance(act, CounselorAct))
