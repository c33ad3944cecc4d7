"""Scripted counselors do what their name says, the same each time."""

from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.labels import HARMFUL_ACTS, CounselorAct
from nightlight.labelling.acts import shipped_labeller
from nightlight.simulator.counselors import LADDER, LINES, Kind, counselor, holds_risk, play
from nightlight.simulator.session import Session, SupervisorCalled, Waited

CARDS = starter_corpus().cards


def played(card: str, kind: Kind, *, seed: int = 1, harm: float = 0.4) -> Session:
    session = Session(CARDS[card], seed=seed, labeller=shipped_labeller())
    return play(session, counselor(kind, seed=seed, harm=harm)(session), true_acts=True)


def intended(session: Session) -> list[CounselorAct]:
    return [each.act for turn in session.turns for each in turn.acts]


def test_a_good_counselor_does_no_harm() -> None:
    assert not set(intended(played("exam-week-sleepless", Kind.GOOD))) & HARMFUL_ACTS


def test_a_good_counselor_follows_the_ladder_where_there_is_risk() -> None:
    acts = intended(played("night-shift-fine", Kind.GOOD))
    ladder = list(dict.fromkeys(act for act in acts if act in LADDER.values()))
    assert ladder == list(LADDER.values())


def test_a_good_counselor_asks_about_suicide_once_where_there_is_none() -> None:
    card = next(card for card in CARDS.values() if not holds_risk(card))
    acts = intended(played(card.id, Kind.GOOD))
    assert CounselorAct.RISK_THOUGHTS in acts
    assert CounselorAct.RISK_PLAN not in acts


def test_a_good_counselor_brings_the_supervisor_to_a_card_that_needs_one() -> None:
    session = played("night-shift-fine", Kind.GOOD)
    assert any(isinstance(turn.event, SupervisorCalled) for turn in session.turns)


def test_a_poor_counselor_does_harm_with_every_message() -> None:
    session = played("exam-week-sleepless", Kind.POOR)
    assert all(each.act in HARMFUL_ACTS for turn in session.turns for each in turn.acts)


def test_more_harm_is_more_harmful_messages() -> None:
    def share(harm: float) -> float:
        acts = intended(played("exam-week-sleepless", Kind.MIXED, harm=harm))
        return sum(act in HARMFUL_ACTS for act in acts) / len(acts)

    assert share(0.25) < share(0.5) < share(0.75)


def test_a_silent_counselor_only_waits() -> None:
    session = played("exam-week-sleepless", Kind.SILENT)
    assert all(isinstance(turn.event, Waited) for turn in session.turns[1:])


def test_the_same_seed_plays_the_same() -> None:
    one, other = played("his-locker", Kind.MIXED), played("his-locker", Kind.MIXED)
    assert [turn.replies for turn in one.turns] == [turn.replies for turn in other.turns]


def test_no_line_stands_under_two_acts() -> None:
    lines = [line for act in LINES for line in LINES[act]]
    assert len(set(lines)) == len(lines)
