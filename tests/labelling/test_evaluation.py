"""Splits that do not leak, figures that can fail."""

from pathlib import Path

import pytest

from nightlight.conversations.corpus import read_corpus, shipped_corpus
from nightlight.conversations.counselor_messages import read_counselor_messages
from nightlight.conversations.labels import CounselorAct
from nightlight.labelling.acts import LabelledAct, shipped_labeller
from nightlight.labelling.evaluation import calibration_error, evaluate, near_duplicates, shuffled
from nightlight.labelling.examples import Example, examples_of, message_examples
from nightlight.labelling.groups import EFFECT_GROUPS
from nightlight.labelling.rules import RUNGS
from nightlight.labelling.training import fold_of

UNSEEN = Path(__file__).parent / "unseen_messages.tsv"


@pytest.fixture(scope="module")
def examples() -> tuple[Example, ...]:
    return examples_of(read_corpus(shipped_corpus()))


@pytest.fixture(scope="module")
def unseen() -> tuple[Example, ...]:
    return message_examples(read_counselor_messages(UNSEEN), complete=True)


def example(text: str, *acts: CounselorAct) -> Example:
    return Example(acts, "", text, text, complete=True)


def test_every_act_stands_in_exactly_one_effect_group() -> None:
    listed = [act for acts in EFFECT_GROUPS.values() for act in acts]
    assert sorted(listed) == sorted(CounselorAct)


def test_near_misses_that_share_what_came_before_are_never_split(examples: tuple[Example, ...]) -> None:
    groups = {(one.before, one.group) for one in examples if not one.complete}
    assert len({before for before, _ in groups}) == len(groups)
    assert {fold_of(group) for _, group in groups} == {0, 1, 2, 3}


def test_scripts_are_split_by_card(examples: tuple[Example, ...]) -> None:
    assert len({one.group for one in examples if one.complete}) == 26


def test_the_unseen_messages_hold_fifteen_of_every_rung_and_some_of_every_act(unseen: tuple[Example, ...]) -> None:
    assert len(unseen) >= 300
    counted = {act: sum(act in one.acts for one in unseen) for act in CounselorAct}
    assert min(counted.values()) >= 4
    assert all(counted[act] >= 15 for act in RUNGS)


def test_the_unseen_messages_are_hardly_in_what_was_trained_on(
    examples: tuple[Example, ...], unseen: tuple[Example, ...]
) -> None:
    assert len(near_duplicates(unseen, examples)) <= 0.04 * len(unseen)


def test_a_near_duplicate_is_found() -> None:
    seen = [example("What was it like when he came back home?", CounselorAct.OPEN_QUESTION)]
    assert near_duplicates([example("what was it like when he came back home", CounselorAct.CLARIFY)], seen) == [0]


def test_on_unseen_messages_it_beats_plain_words_and_the_rungs_are_found(unseen: tuple[Example, ...]) -> None:
    labeller = shipped_labeller()
    found = evaluate("unseen", unseen, [labeller.label(one.text, before=one.before) for one in unseen])
    assert found.exact.value > 0.7  # plain TF-IDF: .55
    assert found.groups.value > 0.75  # plain TF-IDF: .62
    thoughts = next(figures for figures in found.acts if figures.act is CounselorAct.RISK_THOUGHTS)
    assert thoughts.recall >= 0.95


def test_figures_fall_when_labels_are_shuffled(unseen: tuple[Example, ...]) -> None:
    labeller = shipped_labeller()
    answers = [labeller.label(one.text, before=one.before) for one in unseen]
    assert evaluate("shuffled", shuffled(unseen), answers).exact.value < 0.1


def test_figures_of_a_small_set_are_what_a_hand_counts() -> None:
    advice, close = CounselorAct.ADVICE, CounselorAct.CLOSE
    held = [example("one", advice), example("two", close), example("three", close, advice)]
    found = evaluate("hand", held, [(LabelledAct(advice, sure),) for sure in (0.9, 0.6, 1.0)])
    assert found.exact.value == pytest.approx(1 / 3)
    assert found.contained.value == pytest.approx(2 / 3)
    figures = {one.act: one for one in found.acts}
    assert figures[advice].precision == pytest.approx(2 / 3)
    assert figures[advice].recall == 1
    assert figures[close].f1 == 0


def test_calibration_error_is_the_gap_between_sure_and_right() -> None:
    assert calibration_error([True, True], [1.0, 1.0]) == 0
    assert calibration_error([False, False], [0.95, 0.95]) == pytest.approx(0.95)
