"""One run of a kind at a time in one home; a killed run holds nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from nightlight.errors import NightlightError
from nightlight.lakehouse.lock import run_lock

HOLDER = """
import sys
from pathlib import Path
from nightlight.lakehouse.lock import run_lock
with run_lock(Path(sys.argv[1]), "pipeline update"):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_second_run_is_refused_at_once_and_another_kind_is_not(tmp_path: Path) -> None:
    with run_lock(tmp_path, "pipeline update"):
        with pytest.raises(NightlightError, match=r"another pipeline update is running in this home; wait until"):
            run_lock(tmp_path, "pipeline update").__enter__()
        with run_lock(tmp_path, "ingestion"):
            pass
    with run_lock(tmp_path, "pipeline update"):
        pass


def test_a_killed_run_holds_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(NightlightError, match="another pipeline update is running"):
            run_lock(tmp_path, "pipeline update").__enter__()
        child.kill()
    with run_lock(tmp_path, "pipeline update"):
        pass
