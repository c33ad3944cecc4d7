"""All rules together: any labels, any thresholds, the order of flags, what changed, speed."""

import time
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.quality.flags.talk import BEGAN, PLANNING, Written, c, seen, t

from nightlight.conversations.labels import Author, CounselorAct, Phase, RiskAttribute
from nightlight.quality.flags.declared import Severity, When
from nightlight.quality.flags.evaluate import changes, find_flags
from nightlight.quality.flags.rules import RULE, RULES
from nightlight.quality.flags.thresholds import START, Thresholds

TEXTS = (
    "",
    "hi",
    "are you there",
    "i cant do this anymore",
    "Thank you for waiting so long for me today.",
    "👍",
    "ok bye",
)
GRAVE = [t("im doing it tonight", 4), c("minimise", text="Others have it so much worse than that."), t(), t()]

written = st.builds(
    Written,
    author=st.sampled_from(Author),
    text=st.sampled_from(TEXTS) | st.text(max_size=30),
    phase=st.sampled_from(Phase),
    acts=st.lists(st.sampled_from(CounselorAct), max_size=4, unique=True).map(tuple),
    risk=st.integers(0, 4),
    attributes=st.lists(st.sampled_from(RiskAttribute), max_size=3, unique=True).map(tuple),
    probability=st.floats(0, 1),
    wait=st.floats(-4000, 4000),
    unread=st.booleans(),
)


@st.composite
def any_thresholds(draw: st.DrawFn) -> Thresholds:
    kinds: dict[Any, st.SearchStrategy[Any]] = {int: st.integers(0, 40), float: st.floats(0, 40), bool: st.booleans()}
    texts = st.lists(st.text(), max_size=3).map(tuple)
    named: dict[str, Any] = {field.name: draw(kinds.get(field.type, texts)) for field in fields(Thresholds)}
    return Thresholds(**named)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(written, max_size=30),
    st.booleans(),
    st.booleans(),
    st.none() | st.floats(-5000, 5000),
    st.just(START) | any_thresholds(),
)
def test_no_rule_fails_on_any_labels_and_evidence_is_of_the_conversation(
    messages: list[Written], ended: bool, times: bool, now: float | None, thresholds: Thresholds
) -> None:
    conversation = seen(*messages, ended=ended, times=times, now=now)
    found = find_flags(conversation, thresholds)
    known = {message.id for message in conversation.conversation.messages}
    for flag in found:
        assert flag.message_ids
        assert set(flag.message_ids) <= known
        assert len(set(flag.message_ids)) == len(flag.message_ids)
        assert flag.probability is None or 0 <= flag.probability <= 1 + 1e-9
        assert ended or RULE[flag.rule].when is not When.END
    assert [flag.severity.rank for flag in found] == sorted((flag.severity.rank for flag in found), reverse=True)
    assert find_flags(conversation, thresholds) == found


@settings(max_examples=60, deadline=None)
@given(st.lists(written, min_size=1, max_size=12))
def test_reasons_hold_no_words_of_the_conversation(messages: list[Written]) -> None:
    secret = [replace(each, text=f"{each.text} zebra") for each in messages]
    assert not any("zebra" in flag.why for flag in find_flags(seen(*secret, ended=True)))


def test_messages_without_times_or_with_only_some_are_read_all_the_same() -> None:
    conversation = seen(*GRAVE, ended=True)
    first, *others = conversation.conversation.messages
    some = replace(conversation.conversation, messages=(replace(first, sent_at=None), *others))
    assert {"imminent_risk", "harmful_message"} <= {
        f.rule for f in find_flags(replace(conversation, conversation=some))
    }


def test_the_severest_flag_comes_first_and_says_which_labels_it_rests_on() -> None:
    found = find_flags(seen(*GRAVE, ended=True))
    assert [flag.severity for flag in found][:2] == [Severity.PAGE, Severity.PAGE]
    assert {flag.labeller for flag in found} == {"by-hand-1"}


def test_where_most_could_not_be_read_only_danger_and_rules_of_time_speak() -> None:
    unread = [replace(each, unread=True) for each in GRAVE[1:]]
    assert {flag.rule for flag in find_flags(seen(GRAVE[0], *unread, now=4000, ended=True))} == {
        "imminent_risk",
        "counselor_silence",
    }


def test_a_flag_that_may_clear_is_cleared_and_another_stays() -> None:
    told = [t("im doing it tonight", 4), c(), t(), c(), t(), c()]
    before = find_flags(seen(*told))
    after = find_flags(seen(*told, c("risk_now")))
    assert {flag.rule for flag in changes(before, after).cleared} == {"risk_not_assessed"}
    gone = changes(before, ())
    assert {flag.rule for flag in gone.cleared} == {"risk_not_assessed"}
    assert not gone.raised


def test_a_flag_that_became_severer_is_raised_again_and_a_milder_one_is_not() -> None:
    slight = [t(), c("minimise", text="Others have it so much worse than that.")]
    mild, severe = find_flags(seen(*slight)), find_flags(seen(*slight, t("i want to die", 2)))
    raised = changes(mild, severe).raised
    assert [(flag.rule, flag.severity) for flag in raised] == [("harmful_message", Severity.PAGE)]
    assert changes(severe, mild).raised == ()
    assert changes(severe, severe) == changes((), ())


def test_the_catalog_has_every_flag_once_with_words_for_a_supervisor() -> None:
    assert [rule.code for rule in RULES] == [f"F{number}" for number in range(1, 18)]
    assert len(RULE) == len(RULES)
    assert all(rule.title and rule.explains.endswith(".") and rule.version >= 1 for rule in RULES)
    assert not any(rule.clears for rule in RULES if rule.when is When.END)
    assert {rule.id for rule in RULES if rule.severity is Severity.PAGE} == {"imminent_risk"}


@pytest.mark.parametrize("alike", [True, False])
def test_a_conversation_of_two_thousand_messages_is_looked_at_in_an_instant(alike: bool) -> None:
    lines = [
        t(f"it was a long day again, number {n}", n % 5) if n % 2 else
        c("reflection", text="So it was a long day again for you, and now you are here with me." + (
            "" if alike else f" Day {n}, night {n + 1}, hour {n + 2}."), phase=PLANNING)
        for n in range(2000)
    ]  # fmt: skip
    conversation = replace(seen(*lines[:2000], ended=True), now=BEGAN + timedelta(days=1))
    best = 1.0
    for _ in range(3):
        began = time.process_time()
        find_flags(conversation)
        best = min(best, time.process_time() - began)
    assert best < 0.5  # about 0.05 on one idle core; the bound is for busy ones
