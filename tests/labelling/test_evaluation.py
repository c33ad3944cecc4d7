"""Splits that do not leak, figures that can fail, and what the shipped labeller reaches on strangers' messages."""

import pytest

from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.counselor_messages import read_counselor_messages
from nightlight.conversations.labels import CounselorAct, RiskAttribute
from nightlight.conversations.texter_messages import read_texter_messages
from nightlight.labelling.acts import LabelledAct, shipped_labeller
from nightlight.labelling.evaluation import evaluate, label_all, near_duplicates, shuffled
from nightlight.labelling.examples import Example, examples_of, message_examples, texter_examples
from nightlight.labelling.figures import broken_down, calibration_error, classes_of
from nightlight.labelling.groups import EFFECT_GROUPS
from nightlight.labelling.risk import decided_level, shipped_risk_labeller
from nightlight.labelling.risk_evaluation import quadratic_kappa, risk_report
from nightlight.labelling.rules import RUNGS
from nightlight.settings import shipped

TESTS = shipped("benchmarks/label")


@pytest.fixture(scope="module")
def examples() -> tuple[Example, ...]:
    return examples_of(starter_corpus())


@pytest.fixture(scope="module")
def strangers() -> tuple[Example, ...]:
    return message_examples(read_counselor_messages(TESTS / "strangers_counselor_messages.tsv"), complete=True)


def example(text: str, *acts: CounselorAct) -> Example:
    return Example(acts, "", text, text, complete=True)


def test_every_act_stands_in_exactly_one_effect_group() -> None:
    listed = [act for acts in EFFECT_GROUPS.values() for act in acts]
    assert sorted(listed) == sorted(CounselorAct)


def test_near_misses_that_share_what_came_before_are_never_split(examples: tuple[Example, ...]) -> None:
    groups = {(one.before, one.group) for one in examples if not one.complete}
    assert len({before for before, _ in groups}) == len(groups)


def test_the_strangers_messages_hold_every_act_and_enough_of_every_rung(strangers: tuple[Example, ...]) -> None:
    assert len(strangers) >= 500
    counted = {act: sum(act in one.acts for one in strangers) for act in CounselorAct}
    assert min(counted.values()) >= 10
    assert all(counted[act] >= 18 for act in RUNGS)


def test_the_strangers_messages_are_hardly_in_what_was_trained_on(
    examples: tuple[Example, ...], strangers: tuple[Example, ...]
) -> None:
    near = near_duplicates([one.text for one in strangers], [one.text for one in examples])
    assert len(near) <= 0.04 * len(strangers)
    risks = read_texter_messages(TESTS / "strangers_texter_messages.tsv")
    seen = [one.text for one in texter_examples(starter_corpus()) if one.level is not None]
    assert len(near_duplicates([row.text for row in risks], seen)) <= 0.04 * len(risks)


def test_a_near_duplicate_is_found() -> None:
    seen = ["What was it like when he came back home?"]
    assert near_duplicates(["what was it like when he came back home", "and now?"], seen) == [0]


def test_strangers_messages_are_read_far_better_than_by_words_alone(strangers: tuple[Example, ...]) -> None:
    found = evaluate("strangers", strangers, label_all(shipped_labeller(), strangers))
    assert found.exact.value >= 0.70  # words alone: .57
    assert found.groups.value >= 0.72
    assert found.contained.value >= 0.84
    assert found.calibration_error <= 0.06
    assert found.majority < 0.05


def test_figures_fall_when_labels_are_shuffled(strangers: tuple[Example, ...]) -> None:
    answers = label_all(shipped_labeller(), strangers)
    assert evaluate("shuffled", shuffled(strangers), answers).exact.value < 0.1


def test_high_risk_of_a_stranger_is_mostly_found_and_seldom_seen_where_it_is_not() -> None:
    risks = read_texter_messages(TESTS / "strangers_texter_messages.tsv")
    report = risk_report(shipped_risk_labeller(), risks, "strangers")
    assert report["quadratic weighted kappa"] >= 0.7
    high = next(row for row in report["or higher"] if row["label"] == "3 or higher")
    assert high["recall"] >= 0.7
    assert high["precision"] >= 0.8
    assert {row["label"] for row in report["attributes"]} == set(RiskAttribute)


def test_figures_of_a_small_set_are_what_a_hand_counts() -> None:
    advice, close = CounselorAct.ADVICE, CounselorAct.CLOSE
    held = [example("one", advice), example("two", close), example("three", close, advice)]
    found = evaluate("hand", held, [(LabelledAct(advice, sure),) for sure in (0.9, 0.6, 1.0)])
    assert found.exact.value == pytest.approx(1 / 3)
    assert found.contained.value == pytest.approx(2 / 3)
    figures = {one.label: one for one in found.acts}
    assert figures[advice].precision == pytest.approx(2 / 3)
    assert figures[advice].recall == 1
    assert figures[close].f1 == 0


def test_classes_are_counted_as_by_hand_and_intervals_follow_groups() -> None:
    wanted, said = ["a", "a", "b", "b"], ["a", "b", "b", "b"]
    found = classes_of("hand", wanted, said, ["one", "one", "two", "two"], sure=[1.0, 1.0, 1.0, 1.0])
    assert found.accuracy.value == 0.75
    assert found.macro_f1.value == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert (found.accuracy.low, found.accuracy.high) == (0.5, 1.0)
    assert found.confusion == ((1, 1), (0, 2))
    assert found.calibration_error == pytest.approx(0.25)
    assert found.majority == 0.5
    by = broken_down(wanted, said, ["one", "one", "two", "two"], ["short", "long", "short", "long"])
    assert {name: part.accuracy.value for name, part in by.items()} == {"long": 0.5, "short": 1.0}


def test_calibration_error_is_the_gap_between_sure_and_right() -> None:
    assert calibration_error([True, True], [1.0, 1.0]) == 0
    assert calibration_error([False, False], [0.95, 0.95]) == pytest.approx(0.95)


def test_kappa_is_one_for_agreement_and_zero_for_chance() -> None:
    assert quadratic_kappa([0, 1, 4], [0, 1, 4]) == 1
    assert quadratic_kappa([0, 0, 4, 4], [0, 4, 0, 4]) == pytest.approx(0)


def test_the_highest_level_that_reaches_its_limit_is_decided_for() -> None:
    limits = (0.5, 0.5, 0.3, 0.2)
    assert decided_level((1.0, 0, 0, 0, 0), limits) == 0
    assert decided_level((0.4, 0.6, 0, 0, 0), limits) == 1
    assert decided_level((0.6, 0, 0, 0.2, 0.2), limits) == 4
    assert decided_level((0.65, 0, 0, 0.3, 0.05), limits) == 3
