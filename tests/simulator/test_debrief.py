"""The debrief quotes the trainee, puts strengths before changes, and says why something stayed closed."""

from dataclasses import replace

import pytest
from tests.simulator.script_turns import turns_of
from tests.simulator.talk import say, talk, then

from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.labels import CounselorAct as Act
from nightlight.conversations.labels import Outcome, Quality, Rung
from nightlight.labelling.acts import LabelledAct, shipped_labeller
from nightlight.simulator.counselors import Kind, counselor, play
from nightlight.simulator.debrief import CHANGES, STRENGTHS, debrief
from nightlight.simulator.disclosures import Disclosure, disclosures
from nightlight.simulator.rubric import share
from nightlight.simulator.session import Closed, Said, Session, SupervisorCalled, Turn

CORPUS = starter_corpus()
NURSE, EXAM, FRIEND = (CORPUS.cards[name] for name in ("night-shift-fine", "exam-week-sleepless", "goodbye-from-maya"))
WELCOME = say("Hi, I'm Sam. What's going on tonight?", Act.INTRO, Act.OPEN_QUESTION)
ASKS = say("What is it like?", Act.OPEN_QUESTION, trust=0.4)
UNDERSTANDS = say("It sounds like nobody checks on you.", Act.COMPLEX_REFLECTION, trust=0.45)
THOUGHTS = say("Are you thinking of suicide?", Act.RISK_THOUGHTS, rungs=(Rung.THOUGHTS,), trust=0.5)
ADVICE = say("You should try yoga.", Act.ADVICE, trust=0.4)


def about(what: str, turns: tuple[Turn, ...]) -> Disclosure:
    return next(each for each in disclosures(NURSE, turns) if each.what == what)


def test_what_was_told_names_the_message_that_opened_it() -> None:
    turns = talk(NURSE, "hi", WELCOME, say("Who is with you?", Act.OPEN_QUESTION, told=("bev",)))
    found = about("bev", turns)
    assert found.told_at == 2
    assert found.sentence == "After your message 2 (“Who is with you?”) she told you about “bev”."


def test_what_could_have_been_asked_says_when_and_how() -> None:
    low, high = say("Hm.", Act.BACKCHANNEL, trust=0.3), say("Hm.", Act.BACKCHANNEL, trust=0.62)
    found = about("risk.plan", talk(NURSE, "hi", low, high, low))
    assert found.askable_at == 2
    assert found.sentence == (
        "She would have told you about a plan if asked directly after message 2. "
        "By then her trust stood at 0.62; 0.50 was enough."
    )
    assert found.question


def test_the_last_moment_of_an_ended_session_is_too_late_to_ask() -> None:
    high = say("Hm.", Act.BACKCHANNEL, trust=0.62)
    assert about("risk.plan", talk(NURSE, "hi", high, outcome=Outcome.LEFT)).askable_at is None


def test_a_question_that_came_too_early_is_said_to_be_early() -> None:
    early = say("What do you want from tonight?", Act.GOAL, asked=("be-stopped",), trust=0.3)
    later = say("Hm.", Act.BACKCHANNEL, trust=0.6)
    found = about("be-stopped", talk(NURSE, "hi", early, later, later))
    assert found.sentence.startswith(
        "You asked about “be stopped” in message 1, a little early; asked again after message 2, she would have"
    )


def test_what_never_opened_says_what_it_needed() -> None:
    found = about("checking-the-chart", talk(NURSE, "hi", replace(WELCOME, trust=0.35)))
    assert found.askable_at is None
    assert found.sentence == (
        "“checking the chart” stayed closed: it needed more trust (0.45; the most was 0.35), "
        "and “bed six” to be told first."
    )


def test_half_an_answer_would_have_become_a_whole_one() -> None:
    hedged = say("Are you thinking of suicide?", Act.RISK_THOUGHTS, hedged=(Rung.THOUGHTS,))
    assert (
        "asked once more, in plain words, she would have told you"
        in about("risk.thoughts", talk(NURSE, "hi", hedged)).sentence
    )


def test_what_is_not_there_to_tell_is_not_missed() -> None:
    assert not [each for each in disclosures(EXAM, talk(EXAM, "hi", WELCOME)) if each.what.startswith("risk.")]


def test_the_texter_is_named_as_the_card_names_them() -> None:
    assert "They would have told you" in " ".join(
        each.sentence for each in disclosures(EXAM, talk(EXAM, "hi", *[replace(WELCOME, trust=0.9)] * 3))
    )
    friend = next(each for each in disclosures(FRIEND, talk(FRIEND, "hi", WELCOME)) if each.what == "risk.plan")
    assert "the friend's plan" in friend.sentence


@pytest.mark.parametrize("quality", Quality)
def test_every_script_gets_strengths_before_few_changes_each_in_the_trainees_words(quality: Quality) -> None:
    for script in (each for each in CORPUS.scripts if each.quality is quality):
        found = debrief(CORPUS.cards[script.card], turns_of(script, CORPUS.cards[script.card]))
        assert (STRENGTHS if quality is Quality.SKILLED else 1) <= len(found.strengths) <= STRENGTHS
        assert len(found.changes) <= CHANGES
        assert len(found.strengths_at) == len(found.strengths)
        assert len(found.changes_at) == len(found.changes)
        assert all("“" in sentence for sentence in (*found.strengths, *found.changes))
        assert found.next_step


def test_changes_take_risk_first() -> None:
    turns = talk(NURSE, "hi", WELCOME, ADVICE, say("Nothing silly, I hope?", Act.EUPHEMISM), ASKS, UNDERSTANDS)
    found = debrief(NURSE, turns)
    assert found.changes[0].startswith("You asked around it: “Nothing silly, I hope?”")
    assert found.changes_at == (3, 2)
    assert "message 3" in found.next_step


def test_a_missed_knock_out_is_said_even_when_no_single_message_was_wrong() -> None:
    found = debrief(NURSE, talk(NURSE, "hi", WELCOME, *(ASKS, UNDERSTANDS) * 4, outcome=Outcome.LEFT))
    assert "it was not asked" in found.changes[0]


def test_too_few_messages_are_not_judged() -> None:
    found = debrief(NURSE, talk(NURSE, "hi", WELCOME, ADVICE))
    assert found.too_short
    assert (found.strengths, found.changes) == ((), ())
    assert "too short" in found.next_step


def test_each_message_says_what_it_moved() -> None:
    moved = debrief(NURSE, talk(NURSE, "hi", WELCOME, UNDERSTANDS, ADVICE)).messages
    assert [message.text for message in moved] == [WELCOME.text, UNDERSTANDS.text, ADVICE.text]
    assert moved[1].trust > 0 > moved[2].trust
    assert moved[1].acts == (Act.COMPLEX_REFLECTION,)


def test_the_timeline_has_a_point_for_every_turn() -> None:
    turns = talk(NURSE, "hi", WELCOME, THOUGHTS)
    timeline = debrief(NURSE, turns).timeline
    assert [point.turn for point in timeline] == [0, 1, 2]
    assert [point.rungs_told for point in timeline] == [0, 0, 1]


STOPPED = (WELCOME, UNDERSTANDS, THOUGHTS, ASKS)


def test_danger_that_stopped_early_goes_to_the_supervisor() -> None:
    for turns in (
        talk(NURSE, "hi", *STOPPED, outcome=Outcome.LEFT),
        then(talk(NURSE, "hi", *STOPPED), Closed(900.0), outcome=Outcome.END),
        talk(NURSE, "hi", WELCOME, outcome=Outcome.LEFT),
    ):
        step = debrief(NURSE, turns).handover
        assert step is not None
        assert "supervisor" in step.steps[0]
        assert "nobody was left alone" in step.practice
    known = debrief(NURSE, talk(NURSE, "hi", *STOPPED, outcome=Outcome.LEFT)).handover
    assert known is not None
    assert known.known == ("whether there are thoughts of suicide",)
    assert "whether there is a plan" in known.unknown


def test_no_step_is_shown_where_help_came_or_none_was_needed() -> None:
    called = then(talk(NURSE, "hi", *STOPPED), SupervisorCalled(900.0), outcome=Outcome.SUPERVISOR)
    assert debrief(NURSE, called).handover is None
    assert debrief(EXAM, talk(EXAM, "hi", ASKS, outcome=Outcome.LEFT)).handover is None
    assert debrief(NURSE, talk(NURSE, "hi", *STOPPED)).handover is None


@pytest.mark.parametrize(
    "card",
    [
        "already-took-something",
        "night-shift-fine",
        "two-am-range",
        "third-dry-year",
        "the-app-on-my-phone",
        "goodbye-from-maya",
    ],
)
def test_the_cards_that_clinicians_worry_about_never_simply_stop(card: str) -> None:
    assert debrief(CORPUS.cards[card], talk(CORPUS.cards[card], "hi", WELCOME, outcome=Outcome.LEFT)).handover


def test_no_sentence_says_that_anyone_failed() -> None:
    for script in CORPUS.scripts[::5]:
        found = debrief(CORPUS.cards[script.card], turns_of(script, CORPUS.cards[script.card]))
        ours = [each.why for each in found.items] + [found.next_step]
        assert not [sentence for sentence in ours if "fail" in sentence or "wrong" in sentence]


@pytest.mark.parametrize("kind", [Kind.MIXED, Kind.POOR])
def test_what_it_says_would_have_been_told_is_told_when_asked_then(kind: Kind) -> None:
    """Go back to the turn that the debrief names, ask the question that it names, twice at most on the ladder."""
    told = []
    for card in list(CORPUS.cards.values())[::5]:
        session = Session(card, seed=1, labeller=shipped_labeller())
        play(session, counselor(kind, seed=1)(session), true_acts=True)
        for closed in debrief(card, session.turns).disclosures:
            if closed.told_at is None and closed.askable_at is not None and closed.question:
                told.append(_is_told(session.fork(closed.askable_at + 1), closed))
    assert len(told) > 20
    assert sum(told) / len(told) >= 0.95


def _is_told(session: Session, closed: Disclosure) -> bool:
    rung = closed.what.removeprefix("risk.") if closed.what.startswith("risk.") else ""
    for _ in range(2 if rung else 1):
        turn = session.handle(Said(session.turns[-1].heard_at + 45.0, closed.question), labels=_meant(rung))
        if closed.what in turn.told or rung in turn.rungs:
            return True
    return False


def _meant(rung: str) -> tuple[LabelledAct, ...] | None:
    if rung == Rung.SELF_HARM:
        return None
    return (LabelledAct(Act(f"risk_{rung}") if rung else Act.OPEN_QUESTION, 0.95),)


def test_a_played_session_that_went_well_passes_and_a_poor_one_does_not() -> None:
    shares = {}
    for kind in (Kind.GOOD, Kind.POOR):
        session = Session(EXAM, seed=1, labeller=shipped_labeller())
        play(session, counselor(kind, seed=1)(session), true_acts=True)
        shares[kind] = share(debrief(EXAM, session.turns).items) or 0.0
    assert shares[Kind.GOOD] > 0.8
    assert shares[Kind.POOR] < 0.4


@pytest.mark.parametrize("kind", Kind)
def test_any_kind_of_session_has_a_debrief(kind: Kind) -> None:
    session = Session(NURSE, seed=2, labeller=shipped_labeller())
    play(session, counselor(kind, seed=2)(session), true_acts=True)
    found = debrief(NURSE, session.turns)
    assert found.too_short == (kind is Kind.SILENT)
    assert len(found.timeline) == len(session.turns)
    assert (found.handover is None) == (found.outcome in (Outcome.SUPERVISOR, Outcome.EMERGENCY, Outcome.SAFETY_PLAN))
