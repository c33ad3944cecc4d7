"""F6 to F10 and F17: help too early, stuck, back and forth, no close, an abrupt end, growing distress."""

import pytest
from tests.quality.flags.talk import ASSESSING, PLANNING, Written, c, flag, seen, t

from nightlight.conversations.labels import Phase
from nightlight.quality.flags.declared import Severity

CONTACT, CLOSING = Phase.ENGAGEMENT, Phase.CLOSING
HELP = [c("collaborate", phase=PLANNING), t(phase=PLANNING)] * 3
BYE = (c("close", phase=CLOSING), t("ok night", phase=CLOSING))


def exploring(messages: int) -> list[Written]:
    return [t() if n % 2 == 0 else c() for n in range(messages)]


def helping(messages: int) -> list[Written]:
    return [t(phase=PLANNING) if n % 2 == 0 else c("coping", phase=PLANNING) for n in range(messages)]


def test_help_before_the_story_is_flagged() -> None:
    found = flag("intervention_before_assessment", seen(t("hi", phase=CONTACT), c("intro", phase=CONTACT), *HELP))
    assert found is not None
    assert found.message_ids == ("m2", "m4", "m6")


def test_help_after_the_story_is_fine() -> None:
    assert flag("intervention_before_assessment", seen(*exploring(6), *HELP)) is None


def test_two_messages_of_help_are_no_beginning() -> None:
    assert flag("intervention_before_assessment", seen(t("hi", phase=CONTACT), *HELP[:4], *exploring(4))) is None


def test_help_in_an_emergency_is_not_too_early() -> None:
    urgent = [c("escalate", phase=Phase.EMERGENCY)] * 3
    assert flag("intervention_before_assessment", seen(t("im doing it now", 4), *urgent)) is None


def test_advice_during_the_first_contact_is_flagged_but_not_a_doubtful_one() -> None:
    def talk(probability: float) -> Written:
        return c("advice", text="You should talk to him.", phase=CONTACT, probability=probability)

    assert flag("intervention_before_assessment", seen(t("hi", phase=CONTACT), talk(0.9))) is not None
    assert flag("intervention_before_assessment", seen(t("hi", phase=CONTACT), talk(0.5))) is None


def test_a_phase_that_runs_too_long_is_flagged_and_clears_when_it_moves_on() -> None:
    assert flag("stuck", seen(*exploring(30), times=False)) is None
    assert flag("stuck", seen(*exploring(31), times=False)) is not None
    assert flag("stuck", seen(*exploring(31), *helping(4), times=False)) is None


def test_minutes_count_as_well_as_messages() -> None:
    slow = [t(wait=200) if n % 2 == 0 else c(wait=200) for n in range(12)]
    assert flag("stuck", seen(*slow)) is not None
    assert flag("stuck", seen(*slow, times=False)) is None


def test_a_conversation_about_to_move_on_is_not_stuck() -> None:
    assert flag("stuck", seen(*exploring(32), *helping(3), times=False)) is None


def test_going_back_three_times_is_flagged_and_a_short_visit_is_not() -> None:
    back_and_forth = [*exploring(4), *helping(4)] * 4
    assert flag("regressing", seen(*back_and_forth[:-8])) is None
    found = flag("regressing", seen(*back_and_forth))
    assert found is not None
    assert found.message_ids == ("m8", "m16", "m24")
    assert flag("regressing", seen(*([*exploring(2), *helping(4)] * 6))) is None


def test_asking_about_risk_again_is_no_step_back() -> None:
    again = [c("risk_now", phase=ASSESSING), *[t(phase=ASSESSING)] * 3]
    assert flag("regressing", seen(*([*again, *helping(4)] * 5))) is None


def test_an_end_without_a_close_is_flagged_higher_after_active_risk() -> None:
    usual = flag("no_closing", seen(*exploring(6), ended=True))
    after_risk = flag("no_closing", seen(*exploring(6), t("i think about ending it", 2), ended=True))
    assert usual is not None
    assert after_risk is not None
    assert (usual.severity, after_risk.severity) == (Severity.LOW, Severity.HIGH)


def test_a_close_is_enough_if_it_is_probable() -> None:
    assert flag("no_closing", seen(*exploring(4), *BYE, ended=True)) is None
    assert flag("no_closing", seen(*exploring(4))) is None
    doubtful = c("close", phase=CLOSING, probability=0.4)
    assert flag("no_closing", seen(*exploring(4), doubtful, ended=True)) is not None


def test_a_hand_over_in_an_emergency_needs_no_close() -> None:
    assert flag("no_closing", seen(t("im doing it", 4), c("escalate", phase=Phase.EMERGENCY), ended=True)) is None


def test_an_unanswered_last_message_is_an_abrupt_end() -> None:
    left = [*exploring(4), t("are you still reading this at all")]
    assert flag("abrupt_end", seen(*left)) is None
    found = flag("abrupt_end", seen(*left, ended=True))
    assert found is not None
    assert (found.severity, found.message_ids) == (Severity.MEDIUM, ("m4",))


def test_an_end_within_seconds_of_the_last_message_left_no_time_to_answer() -> None:
    left = [*exploring(4), t("are you still reading this at all")]
    assert flag("abrupt_end", seen(*left, ended=True, now=20)) is None
    assert flag("abrupt_end", seen(*left, ended=True, now=90)) is not None


def test_a_last_message_with_risk_is_an_abrupt_end_of_high_severity() -> None:
    risk = seen(*exploring(4), t("doesnt matter, nothing does", 1), c("validation", wait=300), ended=True)
    found = flag("abrupt_end", risk)
    assert found is not None
    assert found.severity is Severity.HIGH


def test_a_goodbye_right_after_something_was_told_is_abrupt_unless_the_texter_says_goodbye_too() -> None:
    told = [*exploring(4), t("and then my brother stopped talking to me")]
    cut = flag("abrupt_end", seen(*told, c("close", phase=CLOSING), ended=True))
    assert cut is not None
    assert cut.message_ids == ("m4", "m5")
    assert flag("abrupt_end", seen(*told, *BYE, ended=True)) is None
    later = [c(wait=200), c("close", phase=CLOSING, wait=200)]
    assert flag("abrupt_end", seen(*told, *later, ended=True)) is None


def test_breaking_off_is_abrupt() -> None:
    assert flag("abrupt_end", seen(*exploring(6), c("abrupt"), t("ok", phase=CLOSING), ended=True)) is not None


def test_without_times_nobody_can_say_that_an_end_was_abrupt() -> None:
    assert flag("abrupt_end", seen(*exploring(4), t("hello?"), ended=True, times=False)) is None


def test_growing_distress_is_flagged_and_clears() -> None:
    down = [
        "ok",
        "not much",
        "ok",
        "its nice here",
        "kind of stuck",
        "alone again",
        "i feel so worthless",
        "its hopeless",
    ]
    falling = [line for text in down for line in (t(text), c())]
    found = flag("escalating_distress", seen(*falling))
    assert found is not None
    assert set(found.message_ids) == {"m8", "m10", "m12", "m14"}
    assert flag("escalating_distress", seen(*falling, t("thanks"), c(), t("a bit better"))) is None


@pytest.mark.parametrize("words", [["ok"] * 8, ["alone"] * 8, ["its hopeless"] * 4 + ["a bit better"] * 4])
def test_steady_or_easing_distress_is_no_flag(words: list[str]) -> None:
    assert flag("escalating_distress", seen(*[t(text) for text in words])) is None


def test_risk_told_in_answer_to_a_question_is_no_growing_distress() -> None:
    ladder = ("risk_thoughts", "risk_plan", "risk_means", "risk_timeframe")
    start = [t("ok"), c(), t("hm"), c(), t("well"), c(), t("idk"), c()]
    asked = [line for n, act in enumerate(ladder) for line in (c(act), t("yes", min(2 + n, 4)))]
    unasked = [line for n in range(4) for line in (c(), t("yes", min(2 + n, 4)))]
    assert flag("escalating_distress", seen(*start, *asked)) is None
    assert flag("escalating_distress", seen(*start, *unasked)) is not None
