"""The training gives the same model every time, and learns what its examples show."""

from pathlib import Path

import numpy as np
import pytest

from nightlight.conversations.corpus import Corpus, starter_corpus
from nightlight.conversations.labels import CounselorAct, Phase, RiskAttribute
from nightlight.conversations.scripts import Script
from nightlight.labelling.examples import examples_of, level_in_script, texter_examples, with_before, with_self_harm
from nightlight.labelling.features import look_at_counselor
from nightlight.labelling.files import MANIFEST, PARTS, read_parts, save_parts
from nightlight.labelling.fitting import UNKNOWN_WEIGHT, Example, fit, folds_of, targets
from nightlight.labelling.linear import Head
from nightlight.labelling.model import Reading
from nightlight.labelling.training import (
    OF_WRITERS,
    counselor_row,
    courses_of,
    fit_phases,
    inputs_of,
    texter_row,
    train,
)

ACTS = {
    "close": ("take care and text us again", "good night and take care", "sleep well tonight"),
    "advice": ("you should go for a run", "you should talk to your boss", "just try a bath"),
    "open_question": ("what happened then", "how was that for you", "what was it like"),
}
HEAD = Head("acts", tuple(ACTS), any=True)
CHOICE = Head("kind", tuple(ACTS), any=False)


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return [
        Example(look_at_counselor(f"{text} {word}"), {"acts": (act,), "kind": (act,)}, f"group {word}")
        for act, texts in ACTS.items()
        for text in texts
        for word in ("today", "maybe", "friend", "again", "later", "then", "now", "please")
    ]


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return starter_corpus()


def test_the_same_examples_give_the_same_numbers(examples: list[Example]) -> None:
    one, two = (fit(examples, [HEAD, CHOICE]) for _ in range(2))
    for name in ("weights", "bias", "slope", "shift"):
        assert np.array_equal(getattr(one.model, name), getattr(two.model, name))
    assert np.array_equal(one.out_of_fold, two.out_of_fold)


def test_both_kinds_of_heads_learn_what_the_examples_show(examples: list[Example]) -> None:
    model = fit(examples, [HEAD, CHOICE]).model
    for example in examples[::5]:
        found = model.probabilities(example.seen)
        for head in (HEAD, CHOICE):
            assert head.labels[int(found[head.name].argmax())] == example.labels[head.name][0]
        assert found["kind"].sum() == pytest.approx(1, abs=1e-3)


def test_what_is_out_of_fold_saw_nothing_of_its_group(examples: list[Example]) -> None:
    odd = [Example(look_at_counselor("what was it like zebra"), {"acts": ("close",)}, "group zebra") for _ in range(6)]
    fitted = fit([*examples, *odd], [HEAD])
    seen = fitted.model.probabilities(odd[0].seen)["acts"]
    unseen = fitted.model.of_scores(fitted.out_of_fold[-6:])["acts"]
    assert seen[0] > 0.5 > unseen[:, 0].max()


def test_an_unknown_head_teaches_nothing_and_a_sparse_row_little(examples: list[Example]) -> None:
    both = [
        Example(look_at_counselor(f"bye, you should {n}"), {"acts": ("close", "advice")}, f"g {n}") for n in range(9)
    ]
    sparse = Example(look_at_counselor("bye"), {"acts": ("close",)}, "g sparse", complete=False)
    other = Example(look_at_counselor("bye"), {"kind": ("close",)}, "g other")
    wanted, weight = targets([*examples, *both, sparse, other], HEAD)
    assert wanted[-2].tolist() == [1, 0, 0]
    assert weight[-2].tolist() == [1, UNKNOWN_WEIGHT, 1]
    assert weight[-1].tolist() == [0, 0, 0]


def test_folds_keep_groups_together_and_are_even() -> None:
    groups = [f"card {number % 26}" for number in range(260)] + [f"counselors {number % 8}" for number in range(80)]
    folds = folds_of(groups)
    assert len({(group, fold) for group, fold in zip(groups, folds, strict=True)}) == 26 + 8
    cards, writers = (
        {f: len({g for g, own in zip(groups, folds, strict=True) if own == f and g.startswith(kind)}) for f in range(4)}
        for kind in ("card", "counselors")
    )
    assert max(cards.values()) - min(cards.values()) <= 1
    assert set(writers.values()) == {2}


def test_writers_and_cards_are_the_groups_of_the_corpus(corpus: Corpus) -> None:
    said, written = examples_of(corpus), texter_examples(corpus)
    assert {one.group.split()[0] for one in said} == {"card", "before", "counselors"}
    assert {one.group.split()[0] for one in written} == {"card", "texters"}
    assert len({one.group for one in written if one.group.startswith("card")}) == 26
    assert counselor_row(said[-1]).weight == OF_WRITERS
    assert texter_row(written[-1]).labels.keys() == {"risk", "attributes"}


def test_what_a_script_tells_has_the_level_that_its_card_says(corpus: Corpus) -> None:
    levels: dict[str, set[int | None]] = {}
    for script in corpus.scripts:
        for message in script.messages:
            for rung in getattr(message, "rungs", ()):
                levels.setdefault(f"{script.card} {rung}", set()).add(
                    level_in_script(corpus.cards[script.card], message)
                )
    assert levels["night-shift-fine timeframe"] == {4}
    assert levels["first-winter-without-mum thoughts"] == {1}
    assert levels["goodbye-from-maya thoughts"] == {None}


def test_a_counselors_message_follows_the_burst_and_a_texters_the_last_question(corpus: Corpus) -> None:
    script: Script = corpus.scripts[0]
    for (message, before), (later, _) in zip(
        with_before(script.messages), list(with_before(script.messages))[1:], strict=False
    ):
        if message.author == "counselor" and later.author == "counselor":
            continue
        assert before == "" or any(before.endswith(earlier.text) for earlier in script.messages)


def test_a_small_corpus_trains_from_end_to_end_and_reads_back(corpus: Corpus, tmp_path: Path) -> None:
    few = tuple(script for script in corpus.scripts if script.id.endswith(("skilled1", "poor1")))[:16]
    writers = {name: rows[:60] for name, rows in corpus.fully_labelled.items()}
    texters = {name: rows[:80] for name, rows in corpus.texter_messages.items()}
    small = Corpus(corpus.cards, few, corpus.counselor_messages[:100], writers, texters)
    trained = train(small)
    digest = save_parts(tmp_path, trained.parts, {"seed": 1})
    assert save_parts(tmp_path / "again", train(small).parts, {"seed": 1}) == digest
    manifest, arrays = read_parts(tmp_path)
    assert set(arrays) == set(PARTS) == set(manifest["sha256"])
    assert (tmp_path / MANIFEST).read_text().count("sha256") == 1
    course = trained.courses[0]
    assert isinstance(Reading({}, 1.0).heads, dict)
    model = fit_phases(trained.courses, online=True)
    chances = model.probabilities(inputs_of(course, online=True))
    assert chances.shape == (len(course.phases), len(Phase))
    assert np.allclose(chances.sum(axis=1), 1)
    assert courses_of(small, trained.counselor, trained.texter)[0].phases == course.phases
    assert trained.model.texter.label("im going to do it tonight").probabilities[4] > 0.1
    assert set(trained.model.texter.label("x").attributes) <= set(RiskAttribute)


def test_a_question_about_self_harm_has_its_own_act() -> None:
    past = (CounselorAct.RISK_PAST,)
    assert with_self_harm(past, "Have you ever hurt yourself on purpose?", "") == (CounselorAct.RISK_SELF_HARM,)
    assert with_self_harm(past, "Have you ever tried to kill yourself?", "") == past
    both = with_self_harm(past, "Have you ever tried to die, or hurt yourself on purpose?", "")
    assert both == (CounselorAct.RISK_PAST, CounselorAct.RISK_SELF_HARM)
