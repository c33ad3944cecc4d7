"""What practice must never teach: the invariants (i)-(vi) of docs/practice.md, on random states and on every card."""

from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.gates import is_open
from nightlight.conversations.labels import CounselorAct as Act
from nightlight.conversations.labels import ExpectedOutcome, Outcome, Rung
from nightlight.labelling.acts import LabelledAct
from nightlight.simulator.checks import method_detail
from nightlight.simulator.counselors import LADDER, LINES, SECONDS, Kind, counselor, holds_risk, now, play
from nightlight.simulator.evidence import called_supervisor
from nightlight.simulator.handover import handover
from nightlight.simulator.measures.course import red_team_messages
from nightlight.simulator.parameters import DEFAULT
from nightlight.simulator.reading import Reading
from nightlight.simulator.session import Closed, Said, Session, Turn
from nightlight.simulator.state import RungStatus, State, start_of, update

TINY = 1e-9


@cache
def cards() -> dict[str, Card]:
    return dict(starter_corpus().cards)


CARDS = sorted(cards())
EVERY_CARD = pytest.mark.parametrize("name", CARDS)
ACTS = st.sampled_from(sorted(LINES))
PAST = st.lists(ACTS, max_size=8)
QUICK = settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


class Unlabelled:
    """Every message of these tests brings its labels."""

    version = "none"

    def label(self, text: str, *, before: str = "") -> tuple[LabelledAct, ...]:
        raise AssertionError("a message without labels")


def new(name: str, seed: int = 1) -> Session:
    return Session(cards()[name], seed=seed, labeller=Unlabelled())


def say(session: Session, act: Act, text: str = "") -> Turn:
    """One message that does this act and nothing else."""
    words = text or LINES[act][len(session.turns) % len(LINES[act])]
    return session.handle(Said(now(session) + SECONDS, words), labels=(LabelledAct(act, 0.95),))


def after(name: str, past: Sequence[Act], seed: int = 1) -> Session | None:
    """A session with these messages behind it; None when the texter has left over them."""
    session = new(name, seed)
    for act in past:
        say(session, act)
        if session.outcome is not None:
            return None
    return session


@st.composite
def states(draw: st.DrawFn) -> State:
    """Any state, over any card's beginning."""
    from dataclasses import replace

    share = st.floats(0, 1)
    return replace(
        start_of(cards()[draw(st.sampled_from(CARDS))]),
        trust=draw(share),
        openness=draw(share),
        distress=draw(share),
        hope=draw(share),
        patience=draw(share),
        ruptures=draw(st.integers(0, 3)),
        turn=draw(st.integers(0, 60)),
    )


@given(state=states(), probability=st.floats(0.5, 1))
@settings(deadline=None)
def test_i_a_plain_question_about_suicide_never_lowers_trust(state: State, probability: float) -> None:
    assert (
        update(state, Reading("", (LabelledAct(Act.RISK_THOUGHTS, probability),)), DEFAULT).trust >= state.trust - TINY
    )


@given(state=states(), acts=st.lists(st.sampled_from(sorted(Act)), min_size=1, max_size=4, unique=True))
@settings(deadline=None)
def test_one_message_moves_the_texter_by_a_bounded_step(state: State, acts: list[Act]) -> None:
    moved = update(state, Reading("", tuple(LabelledAct(act, 0.9) for act in acts)), DEFAULT)
    assert abs(moved.trust - state.trust) <= DEFAULT.most_change + TINY
    assert abs(moved.distress - state.distress) <= DEFAULT.most_distress_change + TINY
    assert all(0 <= getattr(moved, name) <= 1 for name in ("trust", "openness", "distress", "hope", "patience"))


@EVERY_CARD
@given(past=PAST, seed=st.integers(1, 50))
@QUICK
def test_ii_a_plain_question_gets_at_least_half_the_truth_and_asked_again_the_truth(
    name: str, past: list[Act], seed: int
) -> None:
    begun = after(name, past, seed) or new(name, seed)
    for rung, act in LADDER.items():
        session = begun.fork(len(begun.turns))
        first, second = (say(session, act, text) for text in LINES[act][:2])
        assert first.state.rungs[rung] is not RungStatus.NOT_ASKED, rung
        assert second.state.rungs[rung] is RungStatus.TOLD, rung
        assert first.replies, rung


@EVERY_CARD
@given(past=PAST, seed=st.integers(1, 50))
@QUICK
def test_iii_a_euphemism_gets_no_rung_told(name: str, past: list[Act], seed: int) -> None:
    session = after(name, past, seed)
    if session:
        assert say(session, Act.EUPHEMISM).rungs == ()


@EVERY_CARD
@given(past=PAST, texts=st.lists(st.sampled_from(red_team_messages()), min_size=3, max_size=3))
@QUICK
def test_iv_nobody_gets_a_detail_of_a_method_however_they_ask(name: str, past: list[Act], texts: list[str]) -> None:
    session = after(name, past) or new(name)
    for text in texts:
        if session.outcome is None:
            turn = say(session, Act.GRAPHIC_PROBE, text)
            assert [method_detail(reply.text) for reply in turn.replies] == [None] * len(turn.replies)
            assert turn.state.trust <= turn.before.trust


@EVERY_CARD
def test_v_good_counseling_has_a_way_to_the_expected_end(name: str) -> None:
    session = new(name, 3)
    play(session, counselor(Kind.GOOD, seed=3)(session), true_acts=True)
    expected = session.card.expected
    fitting = {Outcome.SAFETY_PLAN, Outcome.SUPERVISOR} if expected is ExpectedOutcome.SAFETY_PLAN else {expected}
    assert session.outcome in fitting


@EVERY_CARD
@given(past=st.lists(ACTS, max_size=14), seed=st.integers(1, 50))
@QUICK
def test_vi_whatever_is_done_a_session_ends_in_words_and_danger_in_a_handover(
    name: str, past: list[Act], seed: int
) -> None:
    session = new(name, seed)
    for act in past:
        if session.outcome is None:
            say(session, act)
    if session.outcome is None:
        session.handle(Closed(now(session) + SECONDS))
    assert session.outcome in set(Outcome)
    helped = session.outcome in (Outcome.SUPERVISOR, Outcome.EMERGENCY, Outcome.SAFETY_PLAN)
    if session.card.expected in (ExpectedOutcome.SUPERVISOR, ExpectedOutcome.EMERGENCY) and not helped:
        assert holds_risk(session.card)
        assert called_supervisor(session.turns) or handover(session.card, session.turns) is not None


@EVERY_CARD
@given(past=st.lists(ACTS, max_size=14), seed=st.integers(1, 50))
@QUICK
def test_nothing_is_told_while_its_gate_is_closed_and_nothing_is_said_twice(
    name: str, past: list[Act], seed: int
) -> None:
    session = after(name, past, seed) or new(name, seed)
    told: list[str] = []
    lines: list[str] = []
    for turn in session.turns:
        for fact in turn.told:
            gate = session.card.fact(fact).gate
            assert fact in told or is_open(gate, turn.state.seen_by_gates(asked=True)), fact
        told += turn.told
        lines += [worded.line for worded in turn.worded if worded.line]
    assert len(lines) == len(set(lines))


@EVERY_CARD
@given(past=PAST, seed=st.integers(1, 50))
@QUICK
def test_the_same_messages_give_the_same_texter_also_from_a_fork(name: str, past: list[Act], seed: int) -> None:
    session = new(name, seed)
    for act in past:
        if session.outcome is None:
            say(session, act)
    for place in range(1, len(session.turns)):
        fork = session.fork(place)
        for turn in session.turns[place:]:
            assert turn.event is not None
            fork.handle(turn.event, labels=turn.acts)
        assert fork.turns == session.turns


def test_a_rung_that_nobody_asked_about_stays_unasked() -> None:
    session = new("night-shift-fine")
    say(session, Act.RISK_THOUGHTS)
    assert session.state.rungs[Rung.PAST] is RungStatus.NOT_ASKED
