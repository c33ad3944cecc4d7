"""F11 and F12: a texter who waits, and a texter who falls silent after risk."""

import pytest
from tests.quality.flags.talk import c, flag, seen, t

from nightlight.conversations.labels import Phase
from nightlight.quality.flags.declared import Severity

CLOSING = Phase.CLOSING


def test_a_long_wait_is_flagged_and_clears_with_the_answer() -> None:
    waiting = [t(), c(), t("my sister left today and i cant sleep")]
    assert flag("counselor_silence", seen(*waiting, now=590)) is None
    found = flag("counselor_silence", seen(*waiting, now=610))
    assert found is not None
    assert (found.severity, found.message_ids) == (Severity.MEDIUM, ("m2",))
    assert flag("counselor_silence", seen(*waiting, c(wait=610), now=0)) is None


def test_once_it_has_ended_the_longest_wait_is_still_worth_a_look() -> None:
    answered = [t(), c(wait=700), t("ok night", phase=CLOSING)]
    assert flag("counselor_silence", seen(*answered)) is None
    assert flag("counselor_silence", seen(*answered, ended=True)) is not None


def test_a_wait_after_active_risk_is_of_high_severity() -> None:
    found = flag("counselor_silence", seen(t("i want to die", 2), now=700))
    assert found is not None
    assert found.severity is Severity.HIGH


def test_three_messages_over_minutes_are_left_unanswered_and_a_burst_is_not() -> None:
    assert flag("counselor_silence", seen(c(), t(wait=5), t(wait=5), t(wait=5))) is None
    assert flag("counselor_silence", seen(c(), t(wait=5), t(wait=70), t(wait=70))) is not None


@pytest.mark.parametrize("words", ["are you there", "hello??", "r u still there", "anyone there?"])
def test_asking_whether_anybody_is_there_is_flagged_until_it_is_answered(words: str) -> None:
    asked = [c(), t("im on the bus"), t(words, wait=70)]
    assert flag("counselor_silence", seen(*asked)) is not None
    assert flag("counselor_silence", seen(*asked, c("check_in"))) is None


@pytest.mark.parametrize("words", ["hello", "my mum is there too", "nobody was there"])
def test_other_words_and_the_first_seconds_are_no_waiting(words: str) -> None:
    assert flag("counselor_silence", seen(c(), t(words), now=90)) is None
    assert flag("counselor_silence", seen(c(), t("are you there"), now=20)) is None


def test_slow_answers_throughout_are_flagged_and_one_slow_answer_is_not() -> None:
    slow = [t(), c(wait=240)] * 5
    assert flag("counselor_silence", seen(*slow)) is not None
    assert flag("counselor_silence", seen(*[t(), c(wait=60)] * 5, t(), c(wait=400))) is None


def test_a_goodbye_is_not_waiting_for_an_answer() -> None:
    said = [t(), c("close", phase=CLOSING), t("ok night", phase=CLOSING)]
    assert flag("counselor_silence", seen(*said, now=4000, ended=True)) is None


def test_waits_are_seen_where_nothing_could_be_read() -> None:
    assert flag("counselor_silence", seen(t(unread=True), c(unread=True), t(unread=True), now=700)) is not None


def test_silence_after_active_risk_is_flagged_and_clears_when_the_texter_writes() -> None:
    silent = [t(), c("risk_thoughts"), t("yes", 2), c("validation")]
    assert flag("texter_silence_after_risk", seen(*silent, now=590)) is None
    found = flag("texter_silence_after_risk", seen(*silent, now=620))
    assert found is not None
    assert (found.severity, found.message_ids) == (Severity.HIGH, ("m2",))
    assert flag("texter_silence_after_risk", seen(*silent, t("sorry", wait=620), now=0)) is None


def test_silence_without_risk_after_a_goodbye_or_while_it_is_the_counselors_turn_is_another_matter() -> None:
    assert flag("texter_silence_after_risk", seen(t(), c(), now=4000)) is None
    assert flag("texter_silence_after_risk", seen(t("i want to die", 2), now=4000)) is None
    goodbye = [t("i want to die", 2), c("risk_plan"), t("no"), c("close", phase=CLOSING)]
    assert flag("texter_silence_after_risk", seen(*goodbye, now=4000)) is None


def test_without_times_silence_is_not_known() -> None:
    assert flag("counselor_silence", seen(t(), t(), t("are you there"), times=False)) is None
    assert flag("texter_silence_after_risk", seen(t("i want to die", 2), c(), times=False)) is None
