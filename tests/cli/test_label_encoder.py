"""`nightlight label --encoder`: labels that name the encoder, or one line that says what to do."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.labelling.small_encoder import weights, write
from typer.testing import CliRunner

from nightlight.cli import label as command
from nightlight.cli.app import with_commands
from nightlight.errors import NightlightError
from nightlight.labelling.encoder_files import installed_encoder

SAID = {"id": "c", "messages": [{"author": "counselor", "text": "What happened then?"}]}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "talk.jsonl").write_text(json.dumps(SAID) + "\n")
    return tmp_path / "talk.jsonl"


def label(file: Path, encoder: Path) -> Any:
    done = CliRunner().invoke(with_commands(), ["label", str(file), "--encoder", str(encoder), "--json"])
    if done.exception is not None:
        raise done.exception
    return json.loads(done.stdout)


def test_a_folder_without_an_encoder_is_refused_in_one_line(file: Path, tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match="make encoder") as refused:
        label(file, tmp_path)
    assert "\n" not in str(refused.value)


def test_an_encoder_that_the_labeller_was_not_trained_with_is_refused_in_one_line(file: Path, tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match="make encoder") as refused:
        label(file, write(tmp_path / "encoder", weights()))
    assert "\n" not in str(refused.value)


@pytest.mark.skipif(installed_encoder() is None, reason="`make encoder` installs the weights")
def test_the_usual_encoder_reads_with_the_shipped_labeller(file: Path) -> None:
    folder = installed_encoder()
    assert folder
    found = label(file, folder)
    assert found["messages"][0]["acts"][0]["act"] == "open_question"
    assert "+encoder-" in command._labeller(None, folder).version
