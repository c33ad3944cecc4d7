"""The moment a counselor's message was written in: what was known by then, what was still open."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from nightlight.conversations.cards import Card
from nightlight.conversations.gates import is_open
from nightlight.conversations.labels import CounselorAct as Act
from nightlight.conversations.labels import FactKind, Plan, Rung
from nightlight.simulator.evidence import (
    CLOSED_QUESTIONS,
    LADDER,
    REFLECTIONS,
    Message,
    called_supervisor,
    calls_for_ladder,
    is_urgent,
    needs_supervisor,
    rung_told,
)
from nightlight.simulator.session import Turn
from nightlight.simulator.state import RungStatus

SURE = 0.6  # a criticism rests on acts the labeller is at least this sure of
IN_A_ROW = 3
ENGAGING = REFLECTIONS | {Act.VALIDATION, Act.CLARIFY, Act.TRANSPARENCY}
GIVING = REFLECTIONS | {Act.VALIDATION, Act.STRENGTH, Act.TRANSPARENCY, Act.AUTONOMY}
STEPS = frozenset({Act.GOAL, Act.COPING, Act.COLLABORATE, Act.SAFETY_STEP, Act.ESCALATE, Act.RESOURCE, Act.BUFFERS})
OPEN_WORDS = re.compile(r"(what|how|who|where|when|which|tell me)\b", re.IGNORECASE)
OPENER_WORDS = 4  # "it sounds like" alone is good practice, with the same next word a habit
LEAVES = re.compile(
    r"\b(gtg|g2g|(got|gotta|have|need) (to )?go|bye|good ?night|coming back up|for one night)\b", re.IGNORECASE
)
WHY = re.compile(r"\bwhy\b", re.IGNORECASE)
GETS_HELP = re.compile(
    r"\b(911|999|112|988|ambulance|emergency (services|number)|police|paramedics?|pull over)\b", re.IGNORECASE
)
ASKED_FOR_ADVICE = re.compile(
    r"what (should|do|can|would) (i|you) (do|say)|any (advice|ideas|tips)|how do i\b|tell me what to do", re.IGNORECASE
)


@dataclass(frozen=True)
class Scene:
    """The counselor's messages up to the one looked at (`last`), and the turns before it."""

    card: Card
    messages: tuple[Message, ...]
    turns: tuple[Turn, ...]

    @property
    def last(self) -> Message:
        return self.messages[-1]

    @cached_property
    def before(self) -> tuple[Turn, ...]:
        """The turns before the last message: the texter's answer to it is not known yet."""
        return tuple(turn for turn in self.turns if turn.number < self.last.turn.number)

    @cached_property
    def opener(self) -> str:
        return opener(self.last.text)

    @cached_property
    def thoughts_spoken_of(self) -> bool:
        """Whether thoughts of suicide were asked for, or told unasked, by the end of the last message."""
        asked = any(message.does(Act.RISK_THOUGHTS) for message in self.messages)
        return asked or rung_told(self.before, Rung.THOUGHTS) is not None

    @cached_property
    def cue(self) -> str:
        """The latest risk cue that nobody has asked about yet, of the last four messages; "" when none is open."""
        if self.thoughts_spoken_of:
            return ""
        return next((message.cue for message in reversed(self.messages[-4:]) if message.cue), "")

    @cached_property
    def missing_rung(self) -> Rung | None:
        """The next rung that the answers so far call for."""
        return next_rung(self.card, self.messages, self.before)

    @cached_property
    def danger_since(self) -> Turn | None:
        """The turn from which on it is plain that this is not the counselor's to hold alone."""
        card = self.card
        if not needs_supervisor(card):
            return None
        if is_urgent(card):
            told = [rung_told(self.before, rung) for rung in (Rung.NOW, Rung.PLAN, Rung.MEANS, Rung.TIMEFRAME)]
            return min((turn for turn in told if turn), key=lambda turn: turn.number, default=None)
        plan, when = rung_told(self.before, Rung.PLAN), rung_told(self.before, Rung.TIMEFRAME)
        return max(plan, when, key=lambda turn: turn.number) if plan and when else None

    def since(self, turn: Turn) -> int:
        """How many messages the counselor has written after this turn, the last one included."""
        return sum(message.turn.number > turn.number for message in self.messages)

    def in_a_row(self, fits: Callable[[Message], bool]) -> bool:
        """Whether the last few messages all fit, none of them an opening or about risk."""
        few = self.messages[-IN_A_ROW:]
        return len(few) == IN_A_ROW and all(
            fits(message) and not message.asks_risk and not message.does(Act.INTRO, Act.GREETING, *STEPS)
            for message in few
        )

    def open_asks(self) -> list[str]:
        """Open questions of the card for what the texter would tell by now, were it asked for."""
        state = self.last.turn.state
        ready = [
            fact
            for fact in self.card.facts
            if fact.id not in state.told
            and fact.kind in (FactKind.PRESENTING, FactKind.BACKGROUND, FactKind.FEELING)
            and is_open(fact.gate, state.seen_by_gates(asked=True))
        ]
        asks = [next((ask for ask in fact.asks if OPEN_WORDS.match(ask)), "") for fact in ready]
        return [ask[0].upper() + ask[1:].rstrip("?") + "?" for ask in asks if ask]


def opener(text: str) -> str:
    return " ".join(re.findall(r"[a-z']+", text.lower())[:OPENER_WORDS])


def next_rung(card: Card, messages: tuple[Message, ...], turns: tuple[Turn, ...]) -> Rung | None:
    """The first rung neither asked for nor told that the truth so far calls for: a plan after thoughts, means and a
    time after a plan. What is on its way already needs help, not the ladder."""
    if not calls_for_ladder(card) or not rung_told(turns, Rung.THOUGHTS):
        return None
    needed = [Rung.PLAN]
    if card.risk.plan is not Plan.NONE and rung_told(turns, Rung.PLAN):
        needed += [Rung.MEANS, Rung.TIMEFRAME]
    return next(
        (
            rung
            for rung in needed
            if not any(message.does(LADDER[rung]) for message in messages) and not rung_told(turns, rung)
        ),
        None,
    )


def leaves_cue(scene: Scene) -> bool:
    """A cue was passed by: at once when the message does not even turn to it, else at the second message."""
    if not scene.cue or scene.last.asks_risk or scene.last.does(Act.EUPHEMISM, Act.ESCALATE):
        return False
    return scene.last.cue == "" or not scene.last.does(Act.INTRO, Act.GREETING, *ENGAGING)


def leaves_hedge(scene: Scene) -> bool:
    """The texter hedged on thoughts that are there, and the question is not put again within two messages."""
    hedged = scene.last.turn.before.rungs.get(Rung.THOUGHTS) is RungStatus.HEDGED
    if not hedged or scene.last.asks_risk or scene.last.does(Act.ESCALATE) or not calls_for_ladder(scene.card):
        return False
    asked = [message.number for message in scene.messages if message.does(Act.RISK_THOUGHTS)]
    passed = scene.last.number - asked[-1] if asked else 0
    return passed == 2 or (passed == 1 and not scene.last.does(*ENGAGING, *STEPS))


def skips_thoughts(scene: Scene) -> bool:
    asks_higher = scene.last.does(Act.RISK_PLAN, Act.RISK_MEANS, Act.RISK_TIMEFRAME, sure=SURE)
    return asks_higher and not scene.thoughts_spoken_of and calls_for_ladder(scene.card)


def stops_on_ladder(scene: Scene) -> bool:
    if scene.missing_rung is None or scene.last.asks_risk or scene.last.does(Act.ESCALATE, Act.SAFETY_STEP):
        return False
    told = [rung_told(scene.before, rung) for rung in (Rung.THOUGHTS, Rung.PLAN, Rung.MEANS)]
    latest = max((turn for turn in told if turn), key=lambda turn: turn.number)
    return 2 <= scene.since(latest) <= 5


def holds_danger_alone(scene: Scene) -> bool:
    if scene.danger_since is None or called_supervisor((*scene.before, scene.last.turn)):
        return False
    if scene.last.asks_risk or scene.last.does(Act.SAFETY_STEP, Act.COLLABORATE, Act.RESOURCE):
        return False
    return scene.since(scene.danger_since) >= (1 if scene.card.risk.in_progress else 2)


def advises(scene: Scene) -> bool:
    """Unasked advice; where help is urgent, telling someone to get it is none."""
    wanted = any(ASKED_FOR_ADVICE.search(text) for text in scene.last.heard)
    to_safety = is_urgent(scene.card) or GETS_HELP.search(scene.last.text) or scene.last.does(Act.ESCALATE)
    return scene.last.does(Act.ADVICE, sure=SURE) and not wanted and not to_safety


def only_asks(scene: Scene) -> bool:
    """Questions and nothing else, message after message."""
    return scene.in_a_row(lambda message: message.only_asks and not message.does(*GIVING))


def interrogates(scene: Scene) -> bool:
    closed = scene.in_a_row(
        lambda message: (
            message.only_asks and message.does(*CLOSED_QUESTIONS) and not message.does(*GIVING, Act.OPEN_QUESTION)
        )
    )
    pair = scene.messages[-2:]  # one question alone interrogates nobody, whatever its label
    return closed or (scene.last.does(Act.INTERROGATE, sure=SURE) and len(pair) == 2 and all(m.only_asks for m in pair))


def sounds_copied(scene: Scene) -> bool:
    same = sum(opener(message.text) == scene.opener for message in scene.messages)
    return (same >= IN_A_ROW and len(scene.opener.split()) == OPENER_WORDS) or scene.last.does(Act.ROBOTIC, sure=SURE)


def closes_early(scene: Scene) -> bool:
    texter_leaves = any(LEAVES.search(text) for text in scene.last.heard)
    if "?" in scene.last.text or scene.last.number == 1 or texter_leaves:
        return False
    has_step = any(message.does(*STEPS) for message in scene.messages)
    return scene.last.does(Act.ABRUPT, sure=SURE) or (scene.last.does(Act.CLOSE, sure=SURE) and not has_step)


def asks_why(scene: Scene) -> bool:
    return scene.last.does(Act.WHY_QUESTION, sure=SURE) and bool(WHY.search(scene.last.text))
