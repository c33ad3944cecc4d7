"""F13 to F16: harm, advice, low engagement, copied texts."""

import pytest
from tests.quality.flags.talk import PLANNING, c, flag, seen, t

from nightlight.quality.flags.declared import Severity
from nightlight.quality.flags.thresholds import Thresholds

SMALLER = "Others have it so much worse than that."


@pytest.mark.parametrize("act", ["minimise", "argue"])
def test_one_slight_without_risk_is_of_medium_severity(act: str) -> None:
    found = flag("harmful_message", seen(t(), c(act, text=SMALLER, probability=0.8)))
    assert found is not None
    assert (found.severity, found.message_ids, found.probability) == (Severity.MEDIUM, ("m1",), 0.8)


def test_it_is_severer_when_repeated_after_passive_risk_and_pages_after_active_risk() -> None:
    slight = c("minimise", text=SMALLER)
    severities = [
        found.severity
        for talk in ([t(), slight, t(), slight], [t("whats the point", 1), slight], [t("i want to die", 2), slight])
        if (found := flag("harmful_message", seen(*talk)))
    ]
    assert severities == [Severity.HIGH, Severity.HIGH, Severity.PAGE]


def test_a_doubtful_label_or_two_words_are_no_evidence() -> None:
    assert flag("harmful_message", seen(t(), c("minimise", text=SMALLER, probability=0.69))) is None
    assert flag("harmful_message", seen(t(), c("minimise", text="Oh no!", probability=0.95))) is None


@pytest.mark.parametrize("act", ["why_question", "advice", "self_disclosure", "promise", "robotic"])
def test_what_is_merely_unskilled_is_no_harm(act: str) -> None:
    assert flag("harmful_message", seen(t("i want to die", 2), c(act))) is None


def test_breaking_off_harms_after_risk_and_not_before() -> None:
    assert flag("harmful_message", seen(t(), c("abrupt"))) is None
    assert flag("harmful_message", seen(t("whats the point", 1), c("abrupt"))) is not None


@pytest.mark.parametrize(
    "text",
    ["If I was you, I probably would.", "I would too", "ok do it then", "maybe you should", "honestly i'd do the same"],
)
def test_going_along_with_dying_pages_somebody(text: str) -> None:
    found = flag("harmful_message", seen(t("im thinking of ending it", 2), c("validation", text=text)))
    assert found is not None
    assert found.severity is Severity.PAGE


@pytest.mark.parametrize("text", ["I would too", "If I were you I would.", "ok do it then"])
def test_the_same_words_about_something_else_are_no_harm(text: str) -> None:
    assert flag("harmful_message", seen(t("i might call my aunt and ask her"), c(text=text))) is None
    answered = [t("im thinking of ending it", 2), c("risk_plan"), t("no. i might call my aunt"), c(text=text)]
    assert flag("harmful_message", seen(*answered)) is None


@pytest.mark.parametrize(
    "text",
    [
        "You're being so dramatic.",
        "just grow up",
        "What is wrong with you?",
        "nobody would miss you",
        "You should just die.",
    ],
)
def test_insults_and_urging_are_found_by_their_words_without_any_label(text: str) -> None:
    found = flag("harmful_message", seen(t(), t(), t(), c(text=text, unread=True)))
    assert found is not None
    assert (found.severity, found.probability) == (Severity.HIGH, None)


@pytest.mark.parametrize(
    "text",
    [
        "It sounds like you feel worthless tonight.",
        "That doesn't mean you're weak.",
        "Where did you grow up?",
        "How long did it take to get over it?",
        "You said nobody would miss you. What happened today?",
        "Part of you believes they'd be better off without you.",
        "Are you thinking of ending your life?",
        "You're not selfish for wanting it to stop.",
    ],
)
def test_saying_back_denying_or_asking_is_no_insult(text: str) -> None:
    assert flag("harmful_message", seen(t("they said im weak and i want to die", 2), c(text=text))) is None


def test_much_advice_and_little_reflection_is_flagged_at_the_end_only() -> None:
    advising = [t(), c("open_question"), *[t(phase=PLANNING), c("advice", phase=PLANNING)] * 3]
    assert flag("advice_heavy", seen(*advising)) is None
    found = flag("advice_heavy", seen(*advising, ended=True))
    assert found is not None
    assert (found.severity, found.message_ids) == (Severity.LOW, ("m3", "m5", "m7"))


def test_advice_among_reflections_is_no_flag() -> None:
    reflecting = [t(), c("reflection"), t(), c("feeling"), *[t(), c("advice", phase=PLANNING)] * 3]
    assert flag("advice_heavy", seen(*reflecting, ended=True)) is None
    assert flag("advice_heavy", seen(*[t(), c("advice")] * 2, ended=True)) is None


def test_ten_short_messages_without_a_reflection_are_flagged_until_one_comes() -> None:
    short = [t(), c("closed_question", text="And then?")] * 10
    assert flag("low_engagement", seen(*short[:-1])) is None
    found = flag("low_engagement", seen(*short))
    assert found is not None
    assert flag("low_engagement", seen(*short, t(), c("reflection", text="So alone."))) is None


def test_short_messages_that_reflect_or_long_ones_that_do_not_are_no_flag() -> None:
    assert flag("low_engagement", seen(*[t(), c("feeling", text="Lonely.")] * 10)) is None
    asking = c("closed_question", text="And after that did your brother come back home or did he stay there?")
    assert flag("low_engagement", seen(*[t(), asking] * 10)) is None


FORM = "Thank you for contacting us, please tell me more about what brings you here."


def test_the_same_text_three_times_is_flagged_at_the_end() -> None:
    forms = [t(), c(text=FORM), t(), c(text=FORM.upper()), t(), c(text=FORM + "!!")]
    assert flag("macro_overuse", seen(*forms)) is None
    found = flag("macro_overuse", seen(*forms, ended=True))
    assert found is not None
    assert found.message_ids == ("m1", "m3", "m5")


def test_a_text_of_the_lines_own_list_counts_once_it_is_used() -> None:
    other = "I am going to read back over what you have written to me so far."
    third = "If you are in danger right now please call the number for emergencies."
    forms = seen(*[line for text in (FORM, other, third) for line in (t(), c(text=text))], ended=True)
    assert flag("macro_overuse", forms) is None
    assert flag("macro_overuse", forms, Thresholds(macros=(FORM, other, third))) is not None


def test_two_copies_and_short_words_that_everybody_repeats_are_no_flag() -> None:
    assert flag("macro_overuse", seen(*[t(), c(text=FORM)] * 2, ended=True)) is None
    assert flag("macro_overuse", seen(*[t(), c(text="I'm here with you.")] * 5, ended=True)) is None
