"""The shipped labeller: the same labels for the same texts everywhere, small, never nothing."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nightlight.conversations.corpus import shipped_corpus
from nightlight.conversations.labels import CounselorAct
from nightlight.errors import NightlightError
from nightlight.labelling.acts import shipped_labeller
from nightlight.labelling.files import MANIFEST, PARTS, trained_on
from nightlight.labelling.model import read_model
from nightlight.settings import shipped

FOLDER = shipped("models/labeller")
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


def test_the_manifest_names_the_very_files_it_was_trained_on_and_none_of_the_tests() -> None:
    manifest = json.loads((FOLDER / MANIFEST).read_text())
    assert manifest["trained_on"] == trained_on(shipped_corpus()), "the corpus changed: run 'make labeller'"
    assert not any("strangers" in name or "unseen" in name for name in manifest["trained_on"])


def test_the_model_is_small() -> None:
    assert sum((FOLDER / f"{part}.npz").stat().st_size for part in PARTS) < 5_000_000


def test_a_changed_part_is_refused(tmp_path: Path) -> None:
    for part in PARTS:
        folder = tmp_path / part
        shutil.copytree(FOLDER, folder)
        other = next(name for name in PARTS if name != part)
        shutil.copy(FOLDER / f"{other}.npz", folder / f"{part}.npz")
        with pytest.raises(NightlightError, match="not what its manifest says"):
            read_model(folder)


def test_a_missing_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match="cannot be read"):
        read_model(tmp_path)
