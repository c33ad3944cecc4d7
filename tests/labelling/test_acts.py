"""The shipped labeller: the same labels for the same texts everywhere, fast, never nothing."""

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nightlight.conversations.corpus import read_corpus, shipped_corpus
from nightlight.conversations.labels import CounselorAct
from nightlight.errors import NightlightError
from nightlight.labelling.acts import shipped_labeller
from nightlight.labelling.files import trained_on
from nightlight.labelling.model import MANIFEST, MODEL, LinearLabeller
from nightlight.settings import shipped

FOLDER = shipped("models/act_labeller")
TEXTS = (
    "That makes sense. What happened next?",
    "are you thinking of killing yourself",
    "So you waited all day and nobody came.",
    "",
    "👍",
    "¿Estás bien?",
    "ok " * 3000,
)


def test_a_message_always_has_an_act_the_most_probable_first() -> None:
    for text in TEXTS:
        found = shipped_labeller().label(text, before="nobody came")
        assert found
        assert [one.probability for one in found] == sorted((one.probability for one in found), reverse=True)
        assert all(0 <= one.probability <= 1 for one in found)


def test_a_message_without_words_only_shows_that_somebody_listens() -> None:
    assert [one.act for one in shipped_labeller().label("👍")] == [CounselorAct.BACKCHANNEL]


def test_several_acts_of_one_message_are_found() -> None:
    found = {one.act for one in shipped_labeller().label("Hi, I'm Robin. What's going on tonight?", before="hi")}
    assert {CounselorAct.INTRO, CounselorAct.OPEN_QUESTION} <= found


def test_the_same_text_has_the_same_labels_in_another_process() -> None:
    ours = [[(str(one.act), one.probability) for one in shipped_labeller().label(text)] for text in TEXTS]
    code = (
        "import json, sys; from nightlight.labelling.acts import shipped_labeller\n"
        "found = [shipped_labeller().label(text) for text in json.load(sys.stdin)]\n"
        "print(json.dumps([[(one.act, one.probability) for one in acts] for acts in found]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(list(reversed(TEXTS))),
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = [[tuple(one) for one in found] for found in reversed(json.loads(done.stdout))]
    assert theirs == ours


def test_it_loads_in_under_a_second_and_a_half_and_labels_in_under_five_milliseconds() -> None:
    messages = read_corpus(shipped_corpus()).counselor_messages[:200]
    start = time.process_time()
    labeller = LinearLabeller(FOLDER)
    loaded = time.process_time()
    for message in messages:
        labeller.label(message.text, before=message.before)
    assert loaded - start < 1.5
    assert (time.process_time() - loaded) / len(messages) < 0.005


def test_the_manifest_names_the_very_files_it_was_trained_on() -> None:
    manifest = json.loads((FOLDER / MANIFEST).read_text())
    assert manifest["trained_on"] == trained_on(shipped_corpus()), "the corpus changed: run 'make labeller'"
    assert not any("unseen" in name for name in manifest["trained_on"])
    assert manifest["sha256"] == hashlib.sha256((FOLDER / MODEL).read_bytes()).hexdigest()


def test_the_model_is_small() -> None:
    assert (FOLDER / MODEL).stat().st_size < 3_000_000


def test_a_changed_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_bytes((FOLDER / MANIFEST).read_bytes())
    (tmp_path / MODEL).write_bytes((FOLDER / MODEL).read_bytes() + b" ")
    with pytest.raises(NightlightError, match="not what its manifest says"):
        LinearLabeller(tmp_path)


def test_a_missing_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match="cannot be read"):
        LinearLabeller(tmp_path)
