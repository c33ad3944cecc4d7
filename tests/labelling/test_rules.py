"""The rungs of the risk ladder in plain words, and what only looks like one."""

import pytest

from nightlight.conversations.labels import CounselorAct
from nightlight.labelling.acts import shipped_labeller
from nightlight.labelling.reading import asks, plain
from nightlight.labelling.rules import RULES, RUNGS, hits


def acts(text: str, before: str = "") -> set[CounselorAct]:
    return {labelled.act for labelled in shipped_labeller().label(text, before=before)}


@pytest.mark.parametrize(
    "text",
    [
        "are you thinking of killing yourself?",
        "are u thinking of killing urself",
        "Are you thinking about suicide?",
        "r u thinkin about sucide",
        "do you want to die",
        "Do you wish you were dead?",
        "when you say you can't do this any more, do you mean ending your life?",
        "Have you been having thoughts of suicide?",
        "Sometimes when people feel this low they think about suicide. Do you?",
        "Is she thinking of killing herself?",
        "I need to ask: are you thinking about taking your own life?",
        "Does a part of you not want to be alive anymore?",
    ],
)
def test_plain_words_ask_about_thoughts(text: str) -> None:
    assert CounselorAct.RISK_THOUGHTS in acts(text, "i cant do this any more")


@pytest.mark.parametrize(
    "text",
    [
        "you're not going to do anything silly, are you?",
        "ur not gonna do anything stupid right",
        "You're not thinking of suicide, are you?",
        "Please tell me you're not considering anything drastic.",
    ],
)
def test_a_leading_or_veiled_question_is_a_euphemism_and_no_rung(text: str) -> None:
    found = acts(text, "i want it to stop")
    assert CounselorAct.EUPHEMISM in found
    assert not found & RUNGS


@pytest.mark.parametrize(
    "text",
    [
        "I'm not asking about suicide now. What did you have for dinner?",
        "I asked about suicide because we ask everyone who feels this low.",
        "So at school you watched a film about suicide.",
    ],
)
def test_a_denied_explained_or_quoted_mention_is_no_rung(text: str) -> None:
    assert not acts(text, "why do you ask") & RUNGS


@pytest.mark.parametrize(
    ("act", "before", "text"),
    [
        (CounselorAct.RISK_PLAN, "yes", "Do you have a plan?"),
        (CounselorAct.RISK_PLAN, "most nights", "have you thought about how you would do it"),
        (CounselorAct.RISK_MEANS, "i know how", "Do you have access to what you would use?"),
        (CounselorAct.RISK_MEANS, "with pills", "do u have pills with you now"),
        (CounselorAct.RISK_TIMEFRAME, "i have a plan", "When are you planning to do it?"),
        (CounselorAct.RISK_TIMEFRAME, "yes", "have u picked a day"),
        (CounselorAct.RISK_PAST, "these thoughts again", "Have you tried to kill yourself before?"),
        (CounselorAct.RISK_PAST, "no plan", "have you ever attempted suicide"),
        (CounselorAct.RISK_NOW, "i want to do it", "Are you safe right now?"),
        (CounselorAct.RISK_NOW, "goodbye", "have you hurt yourself tonight?"),
        (CounselorAct.RISK_OTHERS, "he will pay", "Are you thinking of hurting someone?"),
        (CounselorAct.RISK_SELF_HARM, "i feel numb", "Do you hurt yourself on purpose?"),
        (CounselorAct.RISK_SELF_HARM, "it gets so full", "do u self harm"),
    ],
)
def test_every_rung_is_told_by_its_plain_words(act: CounselorAct, before: str, text: str) -> None:
    assert act in acts(text, before)


@pytest.mark.parametrize(
    "text",
    [
        "Do you have a plan for the weekend?",
        "This homework is killing you.",
        "Did you call your mother before dinner?",
        "How old is the dog?",
        "Do you have someone with you?",
        "When did the exam start?",
    ],
)
def test_a_question_about_something_else_is_no_rung(text: str) -> None:
    assert not acts(text, "the exam was awful") & RUNGS


@pytest.mark.parametrize("text", ["Why did you do that?", "why didnt you just leave", "How come you went?"])
def test_a_question_for_reasons_is_a_why_question(text: str) -> None:
    assert CounselorAct.WHY_QUESTION in acts(text, "i went back to him")


@pytest.mark.parametrize("text", ["Are you a bot?", "is this a real person", "Am I talking to a machine?"])
def test_a_question_whether_the_texter_is_real_is_a_bot_question(text: str) -> None:
    assert CounselorAct.BOT_QUESTION in acts(text, "hi")


def test_texting_spellings_are_read_as_words() -> None:
    assert plain("R u  thinkin abt SUICDE rn") == "are you thinking about suicide right now"
    assert plain("ur going to") == "your going to"


def test_the_word_side_is_not_taken_for_another() -> None:
    assert plain("on his side, inside, a coincidence") == "on his side, inside, a coincidence"


def test_a_question_needs_no_question_mark() -> None:
    assert asks("do you want to talk")
    assert asks("ok so are you safe")
    assert not asks("you want to talk")


def test_every_rule_reads_without_error_and_names_an_act() -> None:
    hits("a message that meets nothing in particular", "and what came before")
    assert {rule.act for rule in RULES} >= RUNGS
