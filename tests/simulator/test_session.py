"""Promises of a session: it goes on, ends and is played again; what the texter does in each kind of moment."""

import json
from dataclasses import replace
from functools import cache

import pytest

from nightlight.conversations.card_form import read_card
from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import shipped_corpus
from nightlight.conversations.gates import parse_gate
from nightlight.conversations.labels import CounselorAct as Act
from nightlight.conversations.labels import FactKind, Outcome, Reaction, Rung
from nightlight.conversations.principles import Principle
from nightlight.labelling.acts import LabelledAct
from nightlight.simulator.counselors import Kind, counselor, now, play
from nightlight.simulator.plan import Move
from nightlight.simulator.planning import ACCEPTS_FROM
from nightlight.simulator.session import Closed, Event, Said, Session, SupervisorCalled, Turn, Waited, replay
from nightlight.simulator.state import RungStatus
from nightlight.simulator.trace import trace


@cache
def card(name: str) -> Card:
    return read_card(shipped_corpus() / "cards" / f"{name}.yaml")


class Unlabelled:
    version = "none"

    def label(self, text: str, *, before: str = "") -> tuple[LabelledAct, ...]:
        raise AssertionError("a message without labels")


def new(name: str = "night-shift-fine", seed: int = 1, *principles: Principle) -> Session:
    return Session(card(name), seed=seed, labeller=Unlabelled(), principles=principles)


def say(session: Session, text: str, *acts: Act) -> Turn:
    return session.handle(Said(now(session) + 45, text), labels=[LabelledAct(act, 0.95) for act in acts])


def wait(session: Session) -> Turn:
    return session.handle(Waited(now(session) + 180))


def good(name: str, seed: int = 1) -> Session:
    session = new(name, seed)
    return play(session, counselor(Kind.GOOD, seed=seed)(session), true_acts=True)


def text(turn: Turn) -> str:
    return " ".join(reply.text for reply in turn.replies)


def test_it_begins_with_the_texters_first_words_and_a_name_of_the_card() -> None:
    session = new()
    assert session.turns[0].event is None
    assert session.turns[0].replies
    assert session.name in session.card.persona.names


def test_the_cards_question_brings_its_fact_or_a_hint_while_the_gate_is_closed() -> None:
    session = new()
    hint = say(session, "Did something happen at work?", Act.OPEN_QUESTION)
    assert (hint.told, hint.plan.steps[-1].move) == ((), Move.HINT)
    told = say(session, "Where are you at the moment?", Act.CLOSED_QUESTION)
    assert told.told == ("on-break",)


def test_a_hedge_comes_first_and_the_truth_at_the_second_plain_question() -> None:
    session = new("lol-is-this-real")
    first = say(session, "Are you thinking of suicide?", Act.RISK_THOUGHTS)
    assert first.state.rungs[Rung.THOUGHTS] is RungStatus.HEDGED
    second = say(session, "Are you having thoughts of killing yourself?", Act.RISK_THOUGHTS)
    assert second.rungs == (Rung.THOUGHTS,)
    assert second.worded[0].line in session.card.risk_answers[Rung.THOUGHTS].tell


def test_asked_for_its_name_the_texter_says_it() -> None:
    session = new()
    assert session.name.lower() in text(say(session, "What's your name?", Act.AGE_NAME)).lower()


def test_a_goodbye_ends_it_and_a_thank_you_in_the_middle_does_not() -> None:
    session = new("exam-week-sleepless")
    for _ in range(6):
        say(session, "So it has been building up.", Act.REFLECTION)
    assert say(session, "Thank you for trusting me with that.", Act.CLOSE).outcome is None
    assert say(session, "Good night, text us any time.", Act.CLOSE).outcome is Outcome.END


def test_a_counselor_who_just_goes_leaves_a_texter_who_left() -> None:
    session = new("exam-week-sleepless")
    say(session, "Hi, I'm Robin.", Act.INTRO)
    assert session.handle(Closed(now(session) + 5)).outcome is Outcome.LEFT
    with pytest.raises(ValueError, match="has ended"):
        say(session, "hello?", Act.GREETING)


def test_silence_is_asked_about_twice_and_then_the_texter_goes() -> None:
    session = new("exam-week-sleepless")
    outcomes = [wait(session).outcome for _ in range(3)]
    assert outcomes == [None, None, Outcome.LEFT]
    asked = session.turns[1]
    assert asked.worded[0].line in (
        *session.card.reactions["silence"].guarded,  # type: ignore[index]
        *session.card.reactions["silence"].open,  # type: ignore[index]
    )


def test_the_supervisor_is_the_end_where_the_card_expects_one_and_costs_trust_where_nothing_calls_for_it() -> None:
    needed = new()
    assert needed.handle(SupervisorCalled(10.0)).outcome is Outcome.SUPERVISOR
    needless = new("exam-week-sleepless")
    turn = needless.handle(SupervisorCalled(10.0))
    assert turn.outcome is None
    assert turn.state.trust < turn.before.trust


def test_help_that_was_told_of_is_not_lost_when_the_texter_leaves() -> None:
    session = new("already-took-something")
    say(session, "I'm bringing my supervisor in to get you help.", Act.ESCALATE)
    ends = [wait(session) for _ in range(3)]
    assert ends[-1].outcome is Outcome.EMERGENCY


def explored(session: Session) -> Session:
    """The session once three messages have explored what is told."""
    say(session, "What's been going on?", Act.OPEN_QUESTION)
    say(session, "It sounds like you miss her most at night.", Act.COMPLEX_REFLECTION)
    say(session, "I imagine that could feel lonely.", Act.FEELING)
    return session


OFFER = "Shall we work out together what the next hour could look like?"


def test_a_step_is_met_with_hesitation_before_the_texter_was_heard_and_taken_afterwards() -> None:
    early, late = new("first-winter-without-mum"), explored(new("first-winter-without-mum"))
    polite = say(early, "Thank you for sharing that with me.", Act.VALIDATION)
    assert polite.state.trust >= ACCEPTS_FROM
    hesitates, agrees = say(early, OFFER, Act.COLLABORATE), say(late, OFFER, Act.COLLABORATE)
    lines = early.card.reactions[Reaction.COLLABORATE]
    assert (hesitates.worded[0].line in lines.guarded, hesitates.state.steps_agreed) == (True, 0)
    assert (agrees.worded[0].line in lines.open, agrees.state.steps_agreed) == (True, 1)


def test_a_step_after_questions_alone_that_nothing_was_told_to_is_too_early() -> None:
    session = new("first-winter-without-mum")
    heard = replace(session.state, explored=9)
    assert not heard.is_heard
    assert replace(heard, told=("mum-died",)).is_heard
    assert replace(heard, rungs={**heard.rungs, Rung.THOUGHTS: RungStatus.TOLD}).is_heard


def test_safety_does_not_wait_until_everything_was_explored() -> None:
    def trusting(name: str) -> Session:
        start = replace(card(name).start, trust=0.6)
        return Session(replace(card(name), start=start), seed=1, labeller=Unlabelled())

    text = "Who could be with you tonight?"
    unasked, asked, urgent = trusting("his-locker"), trusting("his-locker"), trusting("already-took-something")
    say(asked, "Are you thinking of suicide?", Act.RISK_THOUGHTS)
    assert asked.state.rungs[Rung.THOUGHTS] is RungStatus.TOLD
    agreed = [say(each, text, Act.SAFETY_STEP).state.steps_agreed for each in (unasked, asked, urgent)]
    assert agreed == [0, 1, 1]


def test_who_resists_names_no_wish_before_they_were_heard_unless_the_card_s_own_question_finds_the_gate_open() -> None:
    early, late = new("the-other-chair"), explored(new("the-other-chair"))
    general = "What would you like from our conversation?"
    assert say(early, general, Act.GOAL).worded[0].line in early.card.reactions[Reaction.GOAL].guarded
    assert not early.state.goal_named
    assert say(late, general, Act.GOAL).state.goal_named
    goal = next(fact for fact in early.card.facts if fact.kind is FactKind.GOAL)
    assert say(early, f"{goal.asks[0].capitalize()}?", Act.GOAL).told == (goal.id,)


def test_an_offer_that_also_sounds_like_a_question_for_the_goal_is_answered_as_what_it_is_rather() -> None:
    def agreed(goal: float, step: float) -> int:
        session = explored(new("first-winter-without-mum"))
        acts = [LabelledAct(Act.GOAL, goal), LabelledAct(Act.COLLABORATE, step)]
        return session.handle(Said(now(session) + 45, OFFER), labels=acts).state.steps_agreed

    assert (agreed(0.5, 0.8), agreed(0.8, 0.5)) == (1, 0)


def test_a_hostile_texter_leaves_over_harm_but_not_at_the_first_word() -> None:
    session = new("lol-is-this-real")
    first = say(session, "You should just go to bed.", Act.ADVICE)
    assert first.outcome is None
    turns: list[Turn] = []
    while session.outcome is None and len(turns) < 6:
        turns.append(say(session, "Cheer up, others have it harder.", Act.MINIMISE))
    assert session.outcome is Outcome.LEFT


def test_a_principle_keeps_its_line_away_and_brings_the_other() -> None:
    lines = card("night-shift-fine").fact("on-break").tell
    instead = "I'm in a quiet room, that's all"
    rules = [
        Principle("too much", None, line, instead if n == 0 else "", "Where are you?") for n, line in enumerate(lines)
    ]
    session = new("night-shift-fine", 1, *rules)
    assert text(say(session, "Where are you at the moment?", Act.CLOSED_QUESTION)) == instead


def test_a_fork_goes_its_own_way_and_leaves_the_session_as_it_was() -> None:
    session = good("breakup-dorm")
    before = list(session.turns)
    fork = session.fork(5)
    assert fork.turns == before[:5]
    say(fork, "You should get over it.", Act.ADVICE)
    assert session.turns == before
    assert fork.turns[5] != before[5]


def test_played_again_from_events_and_labels_it_is_the_same_to_the_last_letter() -> None:
    session = good("his-locker", 4)
    events: list[tuple[Event, tuple[LabelledAct, ...]]] = [
        (turn.event, turn.acts) for turn in session.turns if turn.event is not None
    ]
    again = replay(new("his-locker", 4), events)
    assert json.dumps(trace(again)) == json.dumps(trace(session))
    assert json.dumps(trace(replay(new("his-locker", 5), events))) != json.dumps(trace(session))


def test_the_trace_says_what_was_decided_and_why() -> None:
    session = new()
    say(session, "Where are you at the moment?", Act.CLOSED_QUESTION)
    last = trace(session)["turns"][-1]
    assert last["plan"] == ["tell on-break"]
    assert (last["event"], last["asked"], last["told"], last["checks"]) == ("said", ["on-break"], ["on-break"], [])
    assert len(last["after"]) == len(last["replies"])


def test_the_texter_writes_mostly_about_as_long_as_the_card_says_and_far_longer_now_and_then() -> None:
    """Of a line of five words and one of 24 in a voice of six, the short one is said mostly; never it alone."""
    short = "there was a fight again"
    long = f"{short} and then everybody went off to their rooms and nobody said one word to anybody until the next day"
    assert (len(short.split()), len(long.split())) == (5, 24)
    terse = card("lol-is-this-real")
    fact = replace(terse.facts[0], gate=parse_gate("turn>=1"), tell=(short, long))
    said = []
    for seed in range(60):
        session = Session(replace(terse, facts=(fact, *terse.facts[1:])), seed=seed, labeller=Unlabelled())
        said.append(say(session, f"{fact.asks[0].capitalize()}?", Act.OPEN_QUESTION).worded[-1].line)
    assert terse.voice.words_median == 6
    assert set(said) == {short, long}
    assert said.count(short) > 2 * said.count(long)


def test_any_of_the_card_s_openings_may_be_the_first_words() -> None:
    assert {new("what-if-i-hurt-someone", seed).turns[0].worded[0].line for seed in range(100)} == set(
        card("what-if-i-hurt-someone").opening
    )


def test_two_hundred_sessions_live_side_by_side() -> None:
    sessions = [new(seed=seed) for seed in range(200)]
    for _ in range(2):
        for session in sessions:
            say(session, "So it has been building up.", Act.REFLECTION)
    assert len({text(session.turns[-1]) for session in sessions}) > 5
    assert all(session.state.turn == 2 for session in sessions)
