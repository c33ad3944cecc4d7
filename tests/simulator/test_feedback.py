"""Feedback says the one thing that matters most, seldom, and never in words of its own making."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulator.script_turns import turns_of
from tests.simulator.talk import Line, say, talk

from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.labels import HARMFUL_ACTS, Quality, Rung
from nightlight.conversations.labels import CounselorAct as Act
from nightlight.labelling.acts import shipped_labeller
from nightlight.simulator.disclosures import RUNG_QUESTIONS
from nightlight.simulator.evidence import LADDER, messages_of
from nightlight.simulator.feedback import Feedback, Mode, feedback_on, words_given
from nightlight.simulator.lessons import CRITICISMS, PRAISES
from nightlight.simulator.lines_to_try import ASK_ABOUT_ANOTHER, ASK_NEXT, ASK_PLAINLY
from nightlight.simulator.scene import Scene

CORPUS = starter_corpus()
NURSE = CORPUS.cards["night-shift-fine"]
FRIEND = CORPUS.cards["goodbye-from-maya"]
EXAM = CORPUS.cards["exam-week-sleepless"]
CUE = "everyone would be better off without me"

WELCOME = say("Hi, I'm Sam. What's going on tonight?", Act.INTRO, Act.OPEN_QUESTION)
ASKED = say("Are you thinking of suicide?", Act.RISK_THOUGHTS, rungs=(Rung.THOUGHTS,))
QUESTION = say("Did you sleep?", Act.CLOSED_QUESTION)


def last_word(*lines: Line, opening: str = "hi", mode: Mode = Mode.COACH) -> Feedback | None:
    return feedback_on(NURSE, talk(NURSE, opening, *lines), mode)


def kind_of(*lines: Line, opening: str = "hi") -> str | None:
    word = last_word(*lines, opening=opening)
    return word.kind if word else None


SITUATIONS = {
    "unanswered_cue": (
        WELCOME,
        say("Tell me more.", Act.OPEN_QUESTION, replies=(CUE,)),
        say("Ok. And work?", Act.OFF_TOPIC),
    ),
    "graphic_probe": (WELCOME, say("What exactly?", Act.GRAPHIC_PROBE)),
    "euphemism": (WELCOME, say("You won't do anything silly?", Act.EUPHEMISM)),
    "ladder_order": (WELCOME, say("Do you have it with you?", Act.RISK_MEANS)),
    "ladder_next": (ASKED, say("That's a lot.", Act.VALIDATION), say("How is work?", Act.OPEN_QUESTION)),
    "advice": (WELCOME, say("You should try yoga.", Act.ADVICE)),
    "resource_dump": (WELCOME, say("Here are three links.", Act.RESOURCE_DUMP)),
    "stacked_questions": (WELCOME, say("Who? Where? When?", Act.STACKED_QUESTIONS)),
    "why_question": (WELCOME, say("Why did you do that?", Act.WHY_QUESTION)),
    "minimise": (WELCOME, say("At least you have a job.", Act.MINIMISE)),
    "argue": (WELCOME, say("No, that's not true.", Act.ARGUE)),
    "self_disclosure": (WELCOME, say("My sister had that too.", Act.SELF_DISCLOSURE)),
    "promise": (WELCOME, say("I promise it will be fine.", Act.PROMISE)),
    "questions_only": (
        say("What happened?", Act.OPEN_QUESTION),
        say("And what then?", Act.OPEN_QUESTION),
        say("How was that?", Act.OPEN_QUESTION),
    ),
    "interrogation": (QUESTION, say("Did you eat?", Act.CLOSED_QUESTION), say("Are you home?", Act.CLOSED_QUESTION)),
    "robotic": (
        say("It sounds like you are sad.", Act.REFLECTION),
        say("It sounds like you work a lot.", Act.REFLECTION),
        say("It sounds like you need rest.", Act.REFLECTION),
    ),
    "closing": (WELCOME, say("Ok, take care now.", Act.CLOSE)),
    "hedged": (
        say("Are you thinking of suicide?", Act.RISK_THOUGHTS, hedged=(Rung.THOUGHTS,)),
        say("Ok good. How was your shift?", Act.OPEN_QUESTION),
        say("And how was that?", Act.OPEN_QUESTION),
    ),
    "danger_alone": (
        say("Are you thinking of suicide?", Act.RISK_THOUGHTS, rungs=(Rung.THOUGHTS, Rung.PLAN, Rung.TIMEFRAME)),
        say("That's heavy.", Act.VALIDATION),
        say("What else is going on?", Act.OPEN_QUESTION),
    ),
}


@pytest.mark.parametrize("kind", SITUATIONS)
def test_each_situation_has_its_word(kind: str) -> None:
    assert kind_of(*SITUATIONS[kind]) == kind


def test_every_lesson_is_in_the_table() -> None:
    assert set(SITUATIONS) == {lesson.kind for lesson in CRITICISMS}


@pytest.mark.parametrize("kind", SITUATIONS)
def test_a_coach_says_what_was_done_what_is_needed_and_one_thing_to_try(kind: str) -> None:
    word = last_word(*SITUATIONS[kind])
    assert word is not None
    assert word.is_criticism
    assert "“" in word.did, "the trainee's own words are quoted"
    assert "It might help" in word.needed
    assert "fail" not in f"{word.did} {word.needed}".lower()
    assert word.attempt


def test_it_quotes_what_the_trainee_wrote() -> None:
    word = last_word(WELCOME, say("You should try yoga.", Act.ADVICE))
    assert word is not None
    assert word.did == "You gave advice: “You should try yoga.”"


def test_a_nudge_is_one_sentence_with_nothing_to_copy() -> None:
    word = last_word(WELCOME, say("You won't do anything silly?", Act.EUPHEMISM), mode=Mode.NUDGE)
    assert word is not None
    assert (word.did, word.attempt) == ("", "")
    assert word.needed


def test_off_says_nothing() -> None:
    assert last_word(WELCOME, say("You should try yoga.", Act.ADVICE), mode=Mode.OFF) is None


def test_a_cue_left_alone_comes_before_advice() -> None:
    assert kind_of(WELCOME, say("You should rest.", Act.ADVICE), opening=CUE) == "unanswered_cue"


def test_the_line_to_try_takes_up_the_texters_own_words() -> None:
    word = last_word(say("How's the weather?", Act.OFF_TOPIC), opening=CUE)
    assert word is not None
    assert word.attempt == f'When you say "{CUE}", are you thinking of suicide?'


def test_a_cue_that_is_reflected_first_may_wait_for_one_message() -> None:
    reflected = say("It sounds like you've had enough of all of it.", Act.COMPLEX_REFLECTION)
    assert kind_of(reflected, opening=CUE) != "unanswered_cue"
    assert kind_of(reflected, say("What happened at work?", Act.OPEN_QUESTION), opening=CUE) == "unanswered_cue"


def test_a_plain_question_answers_the_cue_and_is_praised() -> None:
    word = last_word(say("Are you thinking of suicide?", Act.RISK_THOUGHTS), opening=CUE)
    assert word is not None
    assert word.kind == "asked_plainly"
    assert not word.is_criticism
    assert not word.attempt


def test_the_question_about_a_friend_is_about_the_friend() -> None:
    turns = talk(FRIEND, "maya says she wants to die", say("Ok. How's school?", Act.OFF_TOPIC))
    word = feedback_on(FRIEND, turns, Mode.COACH)
    assert word is not None
    assert "friend" in word.attempt


def test_a_texter_who_asks_for_advice_gets_it_without_a_remark() -> None:
    asks = say("What is it like?", Act.OPEN_QUESTION, replies=("what would you do",))
    assert kind_of(asks, say("You could tell Bev.", Act.ADVICE)) != "advice"


def test_sending_for_help_is_never_called_advice() -> None:
    assert kind_of(WELCOME, say("You need to call 911 now.", Act.ADVICE)) is None
    turns = talk(FRIEND, "hi", WELCOME, say("You need to go to her now.", Act.ADVICE))
    word = feedback_on(FRIEND, turns, Mode.COACH)
    assert word is None or word.kind != "advice"


def test_an_unsure_label_is_no_ground_for_criticism() -> None:
    assert kind_of(WELCOME, say("You should try yoga.", Act.ADVICE, sure=0.4)) is None


def test_a_question_to_try_is_for_something_the_texter_would_tell_by_now() -> None:
    turns = talk(EXAM, "cant sleep", WELCOME, say("You should read a book.", Act.ADVICE))
    word = feedback_on(EXAM, turns, Mode.COACH)
    assert word is not None
    asks = {ask.rstrip("?").lower(): fact for fact in EXAM.facts for ask in fact.asks}
    fact = asks.get(word.attempt.rstrip("?").lower())
    assert fact is None or fact.id not in turns[-1].state.told


def test_asked_again_after_half_an_answer_is_praised() -> None:
    hedged = say("Are you thinking of suicide?", Act.RISK_THOUGHTS, hedged=(Rung.THOUGHTS,))
    quiet = say("You said no quickly.", Act.REFLECTION)
    assert kind_of(hedged, quiet, say("Once more: are you thinking of suicide?", Act.RISK_THOUGHTS)) == "asked_again"


ANY_LINE = st.builds(
    Line,
    text=st.sampled_from(["ok", "What happened?", "You should sleep more.", "It sounds like a lot."]),
    acts=st.lists(st.sampled_from(list(Act)), min_size=1, max_size=3, unique=True).map(tuple),
    replies=st.lists(st.sampled_from(["mm", CUE, "idk", "what should i do"]), max_size=2).map(tuple),
    rungs=st.lists(st.sampled_from(list(Rung)), max_size=1).map(tuple),
    sure=st.sampled_from([0.3, 0.7, 0.95]),
)


@settings(deadline=None)
@given(st.lists(ANY_LINE, max_size=25), st.sampled_from(sorted(CORPUS.cards)))
def test_no_session_whatever_gets_a_word_on_two_messages_in_a_row(lines: list[Line], card: str) -> None:
    given_words = words_given(CORPUS.cards[card], talk(CORPUS.cards[card], "hi", *lines))
    assert len(given_words) == len(lines)
    assert not any(one and other for one, other in pairwise(given_words))


@settings(deadline=None)
@given(st.lists(ANY_LINE, min_size=1, max_size=12))
def test_what_was_said_of_a_message_never_changes_with_what_comes_later(lines: list[Line]) -> None:
    turns = talk(NURSE, "hi", *lines)
    so_far = [
        feedback_on(NURSE, turns[: number + 1], Mode.COACH)
        for number in range(1, len(turns))
        if turns[number].counselor
    ]
    kinds = [word.lesson.kind if word else None for word in words_given(NURSE, turns)]
    assert [word.kind if word else None for word in so_far] == kinds


def test_skilled_counselors_are_seldom_criticised_and_poor_ones_often() -> None:
    shares = {}
    for quality in (Quality.SKILLED, Quality.POOR):
        scripts = [script for script in CORPUS.scripts if script.quality is quality]
        words = [
            word
            for script in scripts
            for word in words_given(CORPUS.cards[script.card], turns_of(script, CORPUS.cards[script.card]))
        ]
        shares[quality] = sum(word is not None and word.is_criticism for word in words) / len(words)
    assert shares[Quality.SKILLED] < 0.05
    assert shares[Quality.POOR] > 0.4


@pytest.mark.parametrize("act", sorted(HARMFUL_ACTS))
def test_a_harmful_message_is_never_praised(act: Act) -> None:
    turns = talk(NURSE, "hi", say("Sorry, you're strong!", Act.STRENGTH, Act.VALIDATION, act, told=("bev",)))
    scene = Scene(NURSE, messages_of(turns), turns)
    assert not [lesson.kind for lesson in PRAISES if lesson.fits(scene)]


@pytest.mark.parametrize("rung", ASK_NEXT)
def test_a_line_to_try_on_the_ladder_is_heard_as_what_it_asks(rung: Rung) -> None:
    for line in (*ASK_NEXT[rung], RUNG_QUESTIONS[rung]):
        assert LADDER[rung] in [labelled.act for labelled in shipped_labeller().label(line)], line


def test_a_line_to_try_about_suicide_is_heard_as_plain() -> None:
    for line in (*ASK_PLAINLY, *ASK_ABOUT_ANOTHER, RUNG_QUESTIONS[Rung.THOUGHTS]):
        acts = [labelled.act for labelled in shipped_labeller().label(line)]
        assert Act.RISK_THOUGHTS in acts, line
        assert Act.EUPHEMISM not in acts, line
