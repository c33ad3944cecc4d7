"""The corpus' scripts as labelled conversations: the labels their writers gave, each taken as certain.

Scripts carry no risk levels. They follow from the rungs a texter tells and the card's truth about them; a cue without
a rung is level 1. Scripts carry no times either: a message comes every 40 seconds."""

from datetime import UTC, datetime, timedelta

from nightlight.conversations.cards import Card
from nightlight.conversations.conversation import Conversation
from nightlight.conversations.labels import (
    HIGHEST_RISK,
    Author,
    CounselorAct,
    Means,
    Plan,
    RiskAttribute,
    Rung,
    SelfHarm,
    Thoughts,
    Timeframe,
    Topic,
    coarse_phases,
)
from nightlight.conversations.scripts import Script, ScriptMessage
from nightlight.labelling.acts import LabelledAct
from nightlight.labelling.conversation import LabelledConversation, LabelledMessage
from nightlight.labelling.cues import has_risk_cue
from nightlight.labelling.risk import LabelledRisk

BEGAN, GAP = datetime(2026, 1, 31, 22, tzinfo=UTC), timedelta(seconds=40)
THOUGHTS = {Thoughts.NONE: 0, Thoughts.PASSIVE: 1, Thoughts.ACTIVE: 2}
TIMEFRAME = {Timeframe.NONE: 0, Timeframe.UNCLEAR: 0, Timeframe.DAYS: 3, Timeframe.WITHIN_48H: 4, Timeframe.NOW: 4}


def timed(conversation: Conversation) -> Conversation:
    messages = (
        type(message)(message.id, message.author, message.text, BEGAN + number * GAP)
        for number, message in enumerate(conversation.messages)
    )
    return Conversation(conversation.id, tuple(messages))


def as_written(script: Script, card: Card) -> LabelledConversation:
    """The script's own labels."""
    phases = [message.phase for message in script.messages]
    labelled = (
        LabelledMessage(
            message.id,
            message.author,
            message.sent_at,
            written.phase,
            coarse,
            1.0,
            _acts(written),
            _risk(written, card) if message.author is Author.TEXTER else None,
        )
        for message, written, coarse in zip(
            timed(script.conversation()).messages, script.messages, coarse_phases(phases), strict=True
        )
    )
    return LabelledConversation(script.id, tuple(labelled), "as written", online=False)


def _acts(written: ScriptMessage) -> tuple[LabelledAct, ...] | None:
    if written.author is Author.TEXTER:
        return None
    return tuple(LabelledAct(act, 1.0) for act in written.acts if isinstance(act, CounselorAct))


def _risk(written: ScriptMessage, card: Card) -> LabelledRisk:
    if not written.rungs and has_risk_cue(written.text):
        another = Topic.THIRD_PARTY in card.topics
        return _certain(0, RiskAttribute.THIRD_PARTY) if another else _certain(1)
    level = max((_level(rung, card) for rung in written.rungs), default=0)
    found = [RiskAttribute.PAST] if Rung.PAST in written.rungs and card.risk.past_attempt else []
    if Rung.SELF_HARM in written.rungs and card.risk.self_harm is SelfHarm.RECENT:
        found.append(RiskAttribute.SELF_HARM)
    return _certain(level, *found, *([RiskAttribute.NEGATED] if written.rungs and not level and not found else []))


def _level(rung: Rung, card: Card) -> int:
    truth = card.risk
    return {
        Rung.THOUGHTS: THOUGHTS[truth.thoughts],
        Rung.PLAN: 0 if truth.plan is Plan.NONE else 3,
        Rung.MEANS: 0 if truth.means is Means.NONE else 3,
        Rung.TIMEFRAME: TIMEFRAME[truth.timeframe],
        Rung.PAST: 0,
        Rung.SELF_HARM: 2 if truth.self_harm is SelfHarm.RECENT else 0,
        Rung.NOW: 4 if truth.in_progress else 0,
    }[rung]


def _certain(level: int, *attributes: RiskAttribute) -> LabelledRisk:
    return LabelledRisk(level, tuple(float(level == n) for n in range(HIGHEST_RISK + 1)), attributes)
