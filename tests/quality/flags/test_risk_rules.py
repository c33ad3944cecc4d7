"""F1 to F5: risk told and not asked about, asked about halfway, left without a plan, never asked about."""

import pytest
from tests.quality.flags.talk import ASSESSING, PLANNING, c, flag, seen, t

from nightlight.conversations.labels import Phase, RiskAttribute
from nightlight.quality.flags.declared import Severity
from nightlight.quality.flags.thresholds import Thresholds

NEGATED, PAST, THIRD_PARTY = RiskAttribute.NEGATED, RiskAttribute.PAST, RiskAttribute.THIRD_PARTY
THOUGHTS = c("risk_thoughts", text="Are you thinking of suicide?", phase=ASSESSING)


def test_imminent_risk_pages_somebody_at_once() -> None:
    found = flag("imminent_risk", seen(t(), c(), t("im doing it tonight", 4)))
    assert found is not None
    assert (found.severity, found.message_ids, found.probability) == (Severity.PAGE, ("m2",), 1.0)


def test_a_plan_without_a_time_is_not_imminent() -> None:
    assert flag("imminent_risk", seen(t("i know how id do it", 3, probability=0.8))) is None


def test_a_high_enough_probability_is_imminent_whatever_level_was_decided_for() -> None:
    doubtful = t("i wont be here in the morning", 3, probability=0.45)
    assert flag("imminent_risk", seen(doubtful)) is None
    assert flag("imminent_risk", seen(doubtful), Thresholds(imminent_probability=0.1)) is not None


@pytest.mark.parametrize("attribute", [NEGATED, THIRD_PARTY])
def test_a_doubtful_level_beside_a_denial_or_another_persons_danger_pages_nobody(attribute: RiskAttribute) -> None:
    assert flag("imminent_risk", seen(t("she says shes doing it tonight", 4, attribute, probability=0.6))) is None


def test_a_sure_level_beside_a_denial_counts() -> None:
    said = t("im not going to do it right now but i will before morning", 4, NEGATED, probability=0.9)
    assert flag("imminent_risk", seen(said)) is not None


def test_risk_that_three_messages_pass_over_is_flagged() -> None:
    told = t("everyone would be better off without me", 1)
    assert flag("risk_not_assessed", seen(told, c(), t(), c(), t())) is None
    found = flag("risk_not_assessed", seen(told, c(), t(), c(), t(), c(), times=False))
    assert found is not None
    assert (found.severity, found.message_ids) == (Severity.HIGH, ("m0", "m1", "m3", "m5"))


def test_risk_that_five_minutes_pass_over_is_flagged_however_few_the_messages() -> None:
    told = seen(t("everyone would be better off without me", 1), now=299)
    late = seen(t("everyone would be better off without me", 1), now=301)
    assert flag("risk_not_assessed", told) is None
    assert flag("risk_not_assessed", late) is not None


@pytest.mark.parametrize("act", ["risk_thoughts", "risk_plan", "risk_self_harm", "risk_now", "risk_past"])
def test_a_question_about_risk_clears_it_also_when_it_comes_late(act: str) -> None:
    passed_over = (t("whats the point of any of it", 1), c(), t(), c(), t(), c())
    assert flag("risk_not_assessed", seen(*passed_over)) is not None
    assert flag("risk_not_assessed", seen(*passed_over, c(act))) is None


@pytest.mark.parametrize("act", ["risk_others", "euphemism", "open_question"])
def test_asking_around_it_or_about_others_does_not_clear_it(act: str) -> None:
    assert flag("risk_not_assessed", seen(t("whats the point", 1), c(), t(), c(), t(), c(act))) is not None


def test_a_question_before_the_risk_was_told_unasked_does_not_answer_it() -> None:
    asked = (THOUGHTS, t("no", 0, NEGATED), c(), t("the truth is i have a plan", 3), c(), t(), c(), t(), c())
    assert flag("risk_not_assessed", seen(*asked)) is not None


def test_an_answer_to_the_question_is_no_risk_passed_over() -> None:
    answered = (t(), THOUGHTS, t("sometimes i wish id not wake up", 1), c(), t(), c(), t(), c())
    assert flag("risk_not_assessed", seen(*answered)) is None


def test_a_yes_that_nobody_follows_up_is_flagged() -> None:
    yes = (t(), THOUGHTS, t("yes", 2), c(), t(), c(), t(), c())
    assert flag("risk_not_assessed", seen(*yes)) is not None
    assert flag("risk_not_assessed", seen(*yes[:4], c("risk_plan"), *yes[4:])) is None


def test_an_attempt_in_the_past_wants_a_question_too_but_less_urgently() -> None:
    found = flag("risk_not_assessed", seen(t("i tried once when i was 15", 0, PAST), c(), t(), c(), t(), c()))
    assert found is not None
    assert found.severity is Severity.MEDIUM


def test_a_friends_risk_is_not_the_texters() -> None:
    about_a_friend = t("my friend tried last year", 0, PAST, THIRD_PARTY)
    assert flag("risk_not_assessed", seen(about_a_friend, c(), t(), c(), t(), c())) is None


def test_a_counselors_messages_that_could_not_be_read_are_not_counted_against_them() -> None:
    unread = [c(unread=True, wait=5), c(unread=True, wait=5), c(unread=True, wait=5)]
    assert flag("risk_not_assessed", seen(t(), t(), t(), t("whats the point", 1), *unread)) is None


def test_calling_the_supervisor_is_an_answer_to_risk() -> None:
    assert flag("risk_not_assessed", seen(t("i have a plan", 3), c("escalate"), t(), c(), t(), c())) is None


def test_a_ladder_left_halfway_is_flagged_when_help_begins() -> None:
    halfway = (t(), THOUGHTS, t("yes. i know how", 3), c(phase=ASSESSING))
    assert flag("ladder_incomplete", seen(*halfway)) is None
    found = flag("ladder_incomplete", seen(*halfway, c("coping", phase=PLANNING)))
    assert found is not None
    assert "means and when" in found.why
    assert found.message_ids == ("m2",)


def test_a_ladder_asked_to_its_end_is_no_flag_and_clears_one() -> None:
    halfway = (t(), THOUGHTS, t("yes. i know how", 3), c("coping", phase=PLANNING))
    asked = (
        c("risk_means"),
        t("no", 0, NEGATED),
        c("risk_timeframe"),
        t("no", 0, NEGATED),
        c("coping", phase=PLANNING),
    )
    assert flag("ladder_incomplete", seen(*halfway)) is not None
    assert flag("ladder_incomplete", seen(*halfway, *asked)) is None


def test_what_the_texter_told_unasked_needs_no_question() -> None:
    told = (t("ive been thinking of ending my life, tonight", 4), c("risk_means"), t(), c("coping", phase=PLANNING))
    assert flag("ladder_incomplete", seen(*told)) is None


def test_without_a_plan_nobody_has_to_ask_about_its_means_or_time() -> None:
    no_plan = (THOUGHTS, t("yes", 2), c("risk_plan"), t("no", 0, NEGATED), c("coping", phase=PLANNING))
    assert flag("ladder_incomplete", seen(*no_plan)) is None


def test_self_harm_alone_wants_the_question_about_suicide_and_no_more() -> None:
    cut = t("i hurt myself again", 2, RiskAttribute.SELF_HARM)
    assert flag("ladder_incomplete", seen(cut, c(), ended=True)) is not None
    assert flag("ladder_incomplete", seen(cut, THOUGHTS, t("no", 0, NEGATED), ended=True)) is None


def test_once_help_is_called_no_ladder_is_asked_for() -> None:
    called = (t("im doing it now", 4), c("escalate", phase=Phase.EMERGENCY))
    assert flag("ladder_incomplete", seen(*called, ended=True)) is None


def test_active_risk_without_a_step_toward_safety_is_flagged_at_the_end_only() -> None:
    talk = (t("i think about killing myself", 2), THOUGHTS, t("yes", 2), c("close", phase=Phase.CLOSING))
    assert flag("no_safety_plan", seen(*talk)) is None
    assert flag("no_safety_plan", seen(*talk, ended=True)) is not None


@pytest.mark.parametrize("act", ["safety_step", "escalate"])
def test_a_safety_step_or_a_hand_over_is_enough(act: str) -> None:
    assert flag("no_safety_plan", seen(t("i think about killing myself", 2), c(act), ended=True)) is None


def test_passive_thoughts_ask_for_no_safety_plan() -> None:
    assert flag("no_safety_plan", seen(t("whats the point", 1), c(), ended=True)) is None


def test_a_conversation_that_never_asks_about_suicide_is_flagged() -> None:
    talk = [t(), c()] * 5
    assert flag("never_screened", seen(*talk)) is None
    assert flag("never_screened", seen(*talk, ended=True)) is not None
    assert flag("never_screened", seen(*talk[:-1], THOUGHTS, ended=True)) is None


def test_a_short_conversation_or_a_line_that_does_not_ask_everyone_is_no_flag() -> None:
    assert flag("never_screened", seen(*[t(), c()] * 4, ended=True)) is None
    assert flag("never_screened", seen(*[t(), c()] * 5, ended=True), Thresholds(ask_everyone=False)) is None
