"""What a session showed, for the trainee and whoever teaches them; everything points at turns of the trace.

Strengths come before changes, three and at most two, each with the trainee's own words. Numbers are the texter's
state, never a grade of a person; with too few messages nothing is judged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nightlight.conversations.cards import Card
from nightlight.conversations.labels import CounselorAct, Outcome, Phase
from nightlight.languages import N_
from nightlight.simulator.disclosures import Disclosure, disclosures
from nightlight.simulator.evidence import Message, messages_of, quote
from nightlight.simulator.feedback import Mode, Remark, criticism_of, praise_of
from nightlight.simulator.handover import Handover, handover
from nightlight.simulator.lessons import CRITICISMS, PRAISES, attempts_for
from nightlight.simulator.rubric import Item, missed, rubric
from nightlight.simulator.scene import Scene
from nightlight.simulator.session import Turn
from nightlight.simulator.state import RungStatus

FEWEST_MESSAGES = 4
STRENGTHS = 3
CHANGES = 2
Say = Callable[[str], str]

COVERED_BY = {
    "asked_about_suicide": {"unanswered_cue", "euphemism", "ladder_order"},
    "ladder": {"ladder_next", "hedged", "ladder_order"},
    "cue_follow_up": {"unanswered_cue", "euphemism"},
    "escalation": {"danger_alone"},
}
"""The lessons that already speak of a knock-out of the rubric."""
SPEAKING_ITEMS = frozenset({"opening", "validation", "goal", "next_step", "cue_follow_up", "close"})
"""Items whose reason reads as a strength beside one quoted message: the others are about counts."""


@dataclass(frozen=True)
class Moment:
    """One point of the timeline."""

    turn: int
    phase: Phase
    trust: float
    distress: float
    rungs_told: int


@dataclass(frozen=True)
class Moved:
    """A counselor's message, its acts, and how the texter's state changed from before it to after it."""

    turn: int
    text: str
    acts: tuple[CounselorAct, ...]
    trust: float
    distress: float
    hope: float
    opened: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One thing to do differently: at which turn, in words that quote the trainee, and a line to try ("" = none)."""

    turn: int
    sentence: str
    attempt: str


@dataclass(frozen=True)
class Debrief:
    """`strengths_at` and `changes_at` are the turns that `strengths` and `changes` speak of, one for each.

    `too_short`: nothing is judged, and strengths and changes are empty. `handover`: what the real service does where
    a card with danger in it stopped without help (None: nothing to hand over).
    """

    outcome: Outcome | None
    timeline: tuple[Moment, ...]
    disclosures: tuple[Disclosure, ...]
    items: tuple[Item, ...]
    strengths: tuple[str, ...]
    changes: tuple[str, ...]
    next_step: str
    strengths_at: tuple[int, ...] = ()
    changes_at: tuple[int, ...] = ()
    messages: tuple[Moved, ...] = ()
    handover: Handover | None = None
    too_short: bool = False


def debrief(card: Card, turns: Sequence[Turn], *, say: Say = str) -> Debrief:
    """What the session shows so far; `say` translates its sentences, but for those that retell the card."""
    messages = messages_of(turns)
    items = rubric(card, turns, say=say)
    too_short = len(messages) < FEWEST_MESSAGES
    strengths, changes, next_step = (
        [],
        [],
        say(N_("This was too short to say anything fair. Begin again when you like.")),
    )
    if not too_short:
        scenes = [Scene(card, messages[:number], tuple(turns)) for number in range(1, len(messages) + 1)]
        strengths = _strengths(scenes, items, say)
        changes = _changes(_criticisms(scenes), items, scenes[-1], say)
        next_step = _next_step(changes, items, say)
    return Debrief(
        outcome=turns[-1].outcome,
        timeline=tuple(_moment(turn) for turn in turns),
        disclosures=disclosures(card, turns),
        items=items,
        strengths=tuple(sentence for _, sentence in strengths),
        changes=tuple(change.sentence for change in changes),
        next_step=next_step,
        strengths_at=tuple(turn for turn, _ in strengths),
        changes_at=tuple(change.turn for change in changes),
        messages=tuple(map(_moved, messages)),
        handover=handover(card, turns, say=say),
        too_short=too_short,
    )


def _moment(turn: Turn) -> Moment:
    state = turn.state
    told = sum(status is RungStatus.TOLD for status in state.rungs.values())
    return Moment(turn.number, state.phase, state.trust, state.distress, told)


def _moved(message: Message) -> Moved:
    before, after = message.turn.before, message.turn.state
    return Moved(
        turn=message.turn.number,
        text=message.text,
        acts=tuple(message.acts),
        trust=after.trust - before.trust,
        distress=after.distress - before.distress,
        hope=after.hope - before.hope,
        opened=(*message.turn.told, *(f"risk.{rung}" for rung in message.turn.rungs)),
    )


def _strengths(scenes: Sequence[Scene], items: Sequence[Item], say: Say) -> list[tuple[int, str]]:
    """The best message of each kind of praise, what concerns risk first; where there are too few kinds, what the
    rubric saw; where that is too little, that the trainee stayed."""
    order = [lesson.kind for lesson in PRAISES]
    best: dict[str, Remark] = {}
    for scene in scenes:
        praise = praise_of(scene)
        if praise and _gain(praise) >= _gain(best.get(praise.lesson.kind)):
            best[praise.lesson.kind] = praise
    chosen = sorted(best.values(), key=lambda remark: order.index(remark.lesson.kind))[:STRENGTHS]
    found = [(remark.message.turn.number, _praise(remark, say)) for remark in chosen]
    by_turn = {message.turn.number: message for message in scenes[-1].messages}
    for item in items:
        turn = next((number for number in item.turns if number in by_turn), None)
        is_strength = item.item in SPEAKING_ITEMS and item.score == 2
        if len(found) < STRENGTHS and is_strength and turn is not None and turn not in dict(found):
            found.append((turn, f"{item.why} “{quote(by_turn[turn].text)}”"))
    if len(found) < STRENGTHS:
        last = scenes[-1].last
        stayed = say(N_("You stayed for %(count)s messages, up to “%(quote)s”")) % {
            "count": len(scenes),
            "quote": quote(last.text),
        }
        found.append((last.turn.number, stayed))
    return found


def _gain(remark: Remark | None) -> float:
    return remark.message.turn.state.trust - remark.message.turn.before.trust if remark else -1.0


def _praise(remark: Remark, say: Say) -> str:
    word = remark.feedback(Mode.COACH, say=say)
    return f"{word.did} {word.needed}"


def _criticisms(scenes: Sequence[Scene]) -> list[Remark]:
    """What was to be said of each kind, once, in the order of weight: the first message that called for it."""
    order = [lesson.kind for lesson in CRITICISMS]
    first: dict[str, Remark] = {}
    for scene in scenes:
        if remark := criticism_of(scene):
            first.setdefault(remark.lesson.kind, remark)
    return sorted(first.values(), key=lambda remark: order.index(remark.lesson.kind))


def _changes(remarks: Sequence[Remark], items: Sequence[Item], end: Scene, say: Say) -> list[Change]:
    """A knock-out that was missed and that no remark speaks of, then the remarks in the order of weight."""
    kinds = {remark.lesson.kind for remark in remarks}
    unsaid = [item for item in missed(items) if not kinds & COVERED_BY[item.item]]
    said = []
    for remark in remarks:
        word = remark.feedback(Mode.COACH, say=say)
        said.append(Change(remark.message.turn.number, f"{word.did} {word.needed}", word.attempt))
    unsaid_changes = [_missed_item(item, end) for item in unsaid]
    return [*unsaid_changes[:1], *said, *unsaid_changes[1:]][:CHANGES]


def _missed_item(item: Item, end: Scene) -> Change:
    """An item in words, at the last message that bears on it."""
    messages = end.messages
    at = [message for message in messages if message.turn.number in item.turns] or messages
    attempts = attempts_for(item.item, end.card, messages, end.turns)
    return Change(at[-1].turn.number, f"{item.why} “{quote(at[-1].text)}”", attempts[len(messages) % len(attempts)])


def _next_step(changes: Sequence[Change], items: Sequence[Item], say: Say) -> str:
    """One thing: the line to try for the weightiest change, else the item that showed least."""
    for change in changes:
        if change.attempt:
            values = {"turn": change.turn, "attempt": change.attempt}
            return say(N_("Next time, at a moment like message %(turn)s, you could try: “%(attempt)s”")) % values
    weak = [item for item in items if item.score is not None and item.score < 2]
    if weak:
        least = min(weak, key=lambda item: item.score or 0)
        return say(N_("Next time, try this one thing: %(item)s.")) % {"item": least.title[:1].lower() + least.title[1:]}
    return say(N_("Next time, try a harder card."))
