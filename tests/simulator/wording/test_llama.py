"""A Llama in this process: what it needs is said in one line."""

from pathlib import Path

import pytest

from nightlight.errors import NightlightError
from nightlight.simulator.wording.llama import LlamaGenerator


def test_a_folder_without_an_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match=r"cannot be measured in this process; serve it"):
        LlamaGenerator(tmp_path, model="dev/llama/1")
