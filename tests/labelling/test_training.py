"""The training gives the same files every time, and learns what its examples show."""

from pathlib import Path

import pytest

from nightlight.conversations.labels import CounselorAct
from nightlight.labelling import training
from nightlight.labelling.examples import Example, with_self_harm
from nightlight.labelling.files import save
from nightlight.labelling.model import MODEL, LinearLabeller

ACTS = {
    CounselorAct.CLOSE: ("take care and text us again", "good night and take care", "sleep well tonight"),
    CounselorAct.ADVICE: ("you should go for a run", "you should talk to your boss", "just try a bath"),
    CounselorAct.OPEN_QUESTION: ("what happened then", "how was that for you", "what was it like"),
}


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return [
        Example((act,), "it was hard", f"{text} {word}", f"group {word}", complete=True)
        for act, texts in ACTS.items()
        for text in texts
        for word in ("today", "maybe", "friend", "again", "later", "then", "now", "please")
    ]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "counselor_messages.tsv").write_text("tags\trisk_cue\tbefore\ttext\n")
    return tmp_path / "corpus"


def test_the_same_examples_give_the_same_bytes(examples: list[Example], corpus: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        save(training.fit(examples), tmp_path / name, corpus=corpus, seed=training.SEED, figures={})
    assert (tmp_path / "one" / MODEL).read_bytes() == (tmp_path / "two" / MODEL).read_bytes()


def test_what_was_saved_labels_as_what_was_fitted(examples: list[Example], corpus: Path, tmp_path: Path) -> None:
    save(training.fit(examples), tmp_path / "model", corpus=corpus, seed=training.SEED, figures={})
    labeller = LinearLabeller(tmp_path / "model")
    for example in examples[::7]:
        assert labeller.label(example.text, before=example.before)[0].act is example.acts[0]


def test_an_act_that_a_sparse_row_may_have_counts_little_as_absent(examples: list[Example]) -> None:
    both = (CounselorAct.CLOSE, CounselorAct.ADVICE)
    rows = [*examples, *(Example(both, "", f"bye, you should sleep {n}", str(n), complete=True) for n in range(9))]
    sparse = Example((CounselorAct.CLOSE,), "", "bye", "sparse", complete=False)
    wanted, weight = training.targets([*rows, sparse], list(ACTS))
    assert wanted[-1].tolist() == [1, 0, 0]
    assert weight[-1].tolist() == [1, training.UNKNOWN_WEIGHT, 1]


def test_a_question_about_self_harm_has_its_own_act() -> None:
    past = (CounselorAct.RISK_PAST,)
    assert with_self_harm(past, "Have you ever hurt yourself on purpose?", "") == (CounselorAct.RISK_SELF_HARM,)
    assert with_self_harm(past, "Have you ever tried to kill yourself?", "") == past
    both = with_self_harm(past, "Have you ever tried to die, or hurt yourself on purpose?", "")
    assert both == (CounselorAct.RISK_PAST, CounselorAct.RISK_SELF_HARM)
