"""Small hand-made conversations with their labels: `t` writes as the texter, `c` as the counselor."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from nightlight.conversations.conversation import Conversation, Message
from nightlight.conversations.labels import HIGHEST_RISK, Author, CounselorAct, Phase, RiskAttribute, coarse_phases
from nightlight.labelling.acts import LabelledAct
from nightlight.labelling.conversation import LabelledConversation, LabelledMessage
from nightlight.labelling.risk import LabelledRisk
from nightlight.quality.flags.declared import Flag, Seen
from nightlight.quality.flags.evaluate import find_flags
from nightlight.quality.flags.rules import RULE
from nightlight.quality.flags.thresholds import START, Thresholds

BEGAN = datetime(2026, 1, 31, 22, tzinfo=UTC)
EXPLORING, ASSESSING, PLANNING = Phase.EXPLORATION, Phase.RISK_ASSESSMENT, Phase.PLANNING


@dataclass(frozen=True)
class Written:
    """One message; `wait`: seconds since the one before; `unread`: it has no labels."""

    author: Author
    text: str
    phase: Phase
    acts: tuple[str, ...] = ()
    risk: int = 0
    attributes: tuple[RiskAttribute, ...] = ()
    probability: float = 1.0
    wait: float = 30
    unread: bool = False


def t(text: str = "it was a long day at school", risk: int = 0, *attributes: RiskAttribute, phase: Phase = EXPLORING,
      probability: float = 1.0, wait: float = 30, unread: bool = False) -> Written:  # fmt: skip
    return Written(Author.TEXTER, text, phase, (), risk, attributes, probability, wait, unread)


def c(*acts: str, text: str = "So the day has been long and nobody saw it.", phase: Phase = EXPLORING,
      probability: float = 1.0, wait: float = 30, unread: bool = False) -> Written:  # fmt: skip
    return Written(Author.COUNSELOR, text, phase, acts or ("reflection",), 0, (), probability, wait, unread)


def seen(*written: Written, ended: bool = False, times: bool = True, now: float | None = None) -> Seen:
    """The conversation of these messages; `now`: seconds after its last one."""
    at = [BEGAN + timedelta(seconds=sum(each.wait for each in written[: n + 1])) for n in range(len(written))]
    messages = tuple(
        Message(f"m{n}", each.author, each.text, at[n] if times else None) for n, each in enumerate(written)
    )
    coarse = list(coarse_phases(each.phase for each in written))
    labels = tuple(
        LabelledMessage(
            messages[n].id,
            each.author,
            messages[n].sent_at,
            None if each.unread else each.phase,
            None if each.unread else coarse[n],
            None if each.unread else each.probability,
            _acts(each),
            _risk(each),
            "not read" if each.unread else None,
        )
        for n, each in enumerate(written)
    )
    return Seen(
        Conversation("made", messages),
        LabelledConversation("made", labels, "by-hand-1", online=False),
        None if now is None or not at else at[-1] + timedelta(seconds=now),
        ended,
    )


def _acts(each: Written) -> tuple[LabelledAct, ...] | None:
    if each.author is Author.TEXTER or each.unread:
        return None
    return tuple(LabelledAct(CounselorAct(act), each.probability) for act in each.acts)


def _risk(each: Written) -> LabelledRisk | None:
    if each.author is Author.COUNSELOR or each.unread:
        return None
    rest = (1 - each.probability) / HIGHEST_RISK
    levels = tuple(each.probability if level == each.risk else rest for level in range(HIGHEST_RISK + 1))
    return LabelledRisk(each.risk, levels, each.attributes)


def flag(rule: str, conversation: Seen, thresholds: Thresholds = START) -> Flag | None:
    """What this one rule finds."""
    return next(iter(find_flags(conversation, thresholds, rules=[RULE[rule]])), None)
