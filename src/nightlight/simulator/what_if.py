"""What if you had written something else: a session rewound to one message, and both ways side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from nightlight.conversations.cards import Card
from nightlight.conversations.labels import CounselorAct, Outcome
from nightlight.errors import NightlightError
from nightlight.simulator.session import Said, Session, Turn
from nightlight.simulator.wording.bank import LineBank


@dataclass(frozen=True)
class Side:
    """One of the two ways: what was written at the turn where they part and what came back, and how the texter
    stands at its end. `trust_change` is that message's own; `trust`, `distress`, `opened` are of the whole way."""

    text: str
    acts: tuple[CounselorAct, ...]
    replies: tuple[str, ...]
    trust_change: float
    trust: float
    distress: float
    opened: tuple[str, ...]
    outcome: Outcome | None


@dataclass(frozen=True)
class Comparison:
    """Both ways from the turn where they part (None: they do not); `only_one`, `only_other`: the facts and rungs that
    one way opened and the other did not; `sentence` says the difference to a person."""

    turn: int | None
    one: Side
    other: Side
    only_one: tuple[str, ...]
    only_other: tuple[str, ...]
    sentence: str


def rewind(session: Session, turn: int, text: str) -> Session:
    """The same session up to a message of the counselor's, with `text` in its place, sent at the same time.

    From there the card's own lines speak: what is compared is what opens, and nobody waits for a model.

    Raises NightlightError when the counselor wrote nothing in this turn or when `text` is empty.
    """
    old = session.turns[turn] if 0 <= turn < len(session.turns) else None
    if old is None or not isinstance(old.event, Said):
        raise NightlightError("this is no message of yours", remedy="choose one of your own messages to go back to")
    if not text.strip():
        raise NightlightError("there is nothing to try", remedy="write what you would say instead")
    branch = session.fork(turn)
    branch.wording = LineBank()
    branch.handle(Said(old.event.at, text.strip()))
    return branch


def go_on_as_before(branch: Session, session: Session) -> Session:
    """The branch after all that followed in the original too, in its times, so that both have an end."""
    for turn in session.turns[len(branch.turns) :]:
        if branch.outcome is not None:
            break
        if turn.event is not None:
            branch.handle(turn.event)
    return branch


def compare(card: Card, one: Session, other: Session) -> Comparison:
    """What differs between a session and its branch, so far."""
    at = _parting(one.turns, other.turns)
    first, second = _side(one, at), _side(other, at)
    only_one = tuple(what for what in first.opened if what not in second.opened)
    only_other = tuple(what for what in second.opened if what not in first.opened)
    return Comparison(at, first, second, only_one, only_other, _sentence(card, first, second, only_one, only_other))


def _parting(one: Sequence[Turn], other: Sequence[Turn]) -> int | None:
    return next(
        (here.number for here, there in zip(one, other, strict=False) if here.event != there.event),
        None,
    )


def _side(session: Session, at: int | None) -> Side:
    turn = session.turns[-1] if at is None else session.turns[at]
    opened = [what for each in session.turns for what in (*each.told, *(f"risk.{rung}" for rung in each.rungs))]
    return Side(
        text=turn.counselor,
        acts=tuple(labelled.act for labelled in turn.acts),
        replies=tuple(reply.text for reply in turn.replies),
        trust_change=turn.state.trust - turn.before.trust,
        trust=session.state.trust,
        distress=session.state.distress,
        opened=tuple(dict.fromkeys(opened)),
        outcome=session.outcome,
    )


def _sentence(card: Card, one: Side, other: Side, only_one: Sequence[str], only_other: Sequence[str]) -> str:
    """What the new words changed: what was told first, then the ending, then trust."""
    if only_other and not only_one:
        return f"Your new words opened more: {_named(only_other)}."
    if only_one and not only_other:
        return f"Your first words opened more: {_named(only_one)}."
    if only_one and only_other:
        return f"Other things opened: {_named(only_other)} instead of {_named(only_one)}."
    if one.outcome is not other.outcome and one.outcome and other.outcome:
        return "What opened is the same; it ended another way."
    difference = other.trust_change - one.trust_change
    if abs(difference) < 0.01:
        return "Little changed at this point: both messages do much the same."
    return f"Your {'new' if difference > 0 else 'first'} words left more trust."


def _named(opened: Sequence[str]) -> str:
    return ", ".join(f"“{what.removeprefix('risk.').replace('-', ' ').replace('_', ' ')}”" for what in opened)
