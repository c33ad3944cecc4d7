"""The labelling benchmark on a folder of ESConv: its figures, its tables, and where it does not belong."""

import json
from pathlib import Path

import pytest
from tests.labelling.small_esconv import write_esconv
from typer.testing import CliRunner

from nightlight.cli.app import with_commands
from nightlight.errors import NightlightError
from nightlight.operations.benchmarks import Bench


def test_the_command_prints_figures_with_their_bars_and_what_was_said_of_what_was_wanted(tmp_path: Path) -> None:
    (tmp_path / "esconv").mkdir()
    folder, file = write_esconv(tmp_path / "esconv"), tmp_path / "out.json"
    asked = ["bench", "label", "--esconv", str(folder), "--data", str(tmp_path / "data"), "--output", str(file)]
    done = CliRunner().invoke(with_commands(), asked, env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    assert "strategies, trained on ESConv, macro F1" in done.output
    assert ">= 0.49" in done.output
    assert "the position alone" in done.output
    assert "7 Information" in done.output
    written = json.loads(file.read_text())
    assert written["rounds"][0]["esconv"]["conversations"] == 2
    figures = {each["figure"]: each for each in written["figures"]}
    assert figures["strategies, trained on ESConv, accuracy"]["met"] is True
    assert figures["strategies, accuracy"]["target"] == ""
    assert "lonely" not in file.read_text() + done.output


def test_only_the_labels_benchmark_reads_esconv(tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match="only the benchmark 'label' measures on ESConv"):
        Bench("practice", esconv=tmp_path)
    assert Bench("label", esconv=tmp_path).esconv == tmp_path
