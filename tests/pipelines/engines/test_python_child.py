"""Python definition files cannot reach the home: whatever they try, nothing of it comes out by any way they have."""

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nightlight.errors import NightlightError
from nightlight.pipelines.engines import python_files
from nightlight.sandbox.confinement import can_confine_python

if TYPE_CHECKING:
    from tests.pipelines.conftest import Pipeline

pytestmark = pytest.mark.skipif(not can_confine_python(), reason="this system has no Landlock")

CANARY = "canary-bird"

HUNT = (Path(__file__).parents[1] / "fixtures" / "hunt.txt").read_text(encoding="utf-8")
# These need no luck: a file that is not confined gets what it asks for.
SURE = ("open", "listdir", "log", "parquet", "sqlite_uri", "key", "product", "subprocess", "thread", "fork", "udp")


@pytest.fixture
def hunted(pipeline: "Pipeline", monkeypatch: pytest.MonkeyPatch) -> "Pipeline":
    """A project whose one file tries everything, in a home with canaries in its lake, its folder, its environment."""
    pipeline.deliver("bronze.messages", [{"message_id": 1, "text": CANARY}])
    (pipeline.home.root / "canary.txt").write_text(CANARY)
    monkeypatch.setenv("NIGHTLIGHT_CANARY", CANARY)
    hunt(pipeline)
    return pipeline


def hunt(pipeline: "Pipeline", attempts: tuple[str, ...] = ()) -> None:
    """Define the file that tries everything, or only these attempts."""
    port = str(pipeline.session.spark.client._builder.endpoint).rsplit(":", 1)[-1]  # type: ignore[attr-defined]
    (file,) = pipeline.table("bronze.messages").path.glob("*.parquet")
    home, root = str(pipeline.home.root), str(pipeline.root)
    values = {"home": repr(home), "root": repr(root), "file": repr(str(file)), "port": port, "attempts": repr(attempts)}
    text = HUNT
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    pipeline.define(text, "hunt.py")


def outcomes(pipeline: "Pipeline") -> dict[str, str]:
    (dataset,) = pipeline.read().datasets
    found: dict[str, str] = json.loads(dataset.comment)
    return found


def test_nothing_comes_out_of_a_definition_file(hunted: "Pipeline", capfd: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in hunted.home.root.rglob("*")}
    found = outcomes(hunted)
    assert [name for name, outcome in found.items() if outcome.startswith("GOT")] == []
    project = hunted.read()
    everything = repr(project) + "".join(str(plan.relation) for plan in project.python_plans.values())
    key = hunted.home.key("mask")
    assert CANARY not in everything
    assert key.hex() not in everything
    assert repr(key)[2:12] not in everything
    assert CANARY not in "".join(capfd.readouterr())
    assert {path: path.stat().st_mtime_ns for path in hunted.home.root.rglob("*")} == before
    assert not Path("/tmp/nightlight-written.txt").exists()  # noqa: S108


def test_without_confinement_the_same_file_would_get_it(hunted: "Pipeline", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_files, "keeps_apart", lambda folder: False)
    hunt(hunted, SURE)
    found = outcomes(hunted)
    assert [name for name in SURE if not found[name].startswith("GOT")] == []
    assert CANARY in found["open"]


def test_production_refuses_python_files_that_cannot_be_confined(
    pipeline: "Pipeline", monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipeline.define(VIEW, "datasets.py")
    pipeline.deliver("bronze.messages", [])
    monkeypatch.setattr(python_files, "keeps_apart", lambda folder: False)
    monkeypatch.setattr("nightlight.pipelines.validation.keeps_apart", lambda folder: False)
    assert pipeline.problems() == []
    assert "whatever their owners may" in warnings(pipeline)[0]
    pipeline.in_production()
    with pytest.raises(
        NightlightError, match="cannot be kept from the lake on this system; write them in SQL"
    ) as refused:
        pipeline.read()
    assert str(refused.value).startswith(f"{path}: ")


def test_where_they_are_confined_nothing_is_warned_of(pipeline: "Pipeline") -> None:
    pipeline.define(VIEW, "datasets.py")
    pipeline.deliver("bronze.messages", [])
    assert warnings(pipeline) == []


VIEW = """\
from pyspark import pipelines as dp

@dp.materialized_view(name="gold.v")
def v():
    return spark.table("bronze.messages").select("message_id")
"""


def warnings(pipeline: "Pipeline") -> list[str]:
    from nightlight.pipelines.validation import validate

    return [
        problem.text
        for problem in validate(pipeline.read(), pipeline.home, pipeline.session)
        if problem.severity == "warning"
    ]


MISBEHAVING = {
    "ends the process": ("import os\nos._exit(3)\n", "ended without an answer"),
    "leaves": ("import sys\nsys.exit(3)\n", "SystemExit: 3"),
    "says what is no answer": (
        "import os\nfor n in map(int, os.listdir('/proc/self/fd')):\n"
        "    try: os.write(n, b'\\x00\\x00\\x00\\x02[]')\n    except OSError: pass\n",
        "without an answer",
    ),
    "eats memory": ("x = bytearray(1 << 50)\n", "MemoryError"),
}


STUBBORN = """\
import signal, time
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
for asked in range(10**9):
    try:
        spark.conf.get("spark.x%d" % asked)
    except Exception:
        time.sleep(0.01)
"""


@pytest.mark.parametrize(("text", "message"), MISBEHAVING.values(), ids=MISBEHAVING)
def test_a_file_that_misbehaves_is_one_line(pipeline: "Pipeline", text: str, message: str) -> None:
    path = pipeline.define(text, "datasets.py")
    with pytest.raises(NightlightError, match=message) as refused:
        pipeline.read()
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)
    assert children() == []


@pytest.mark.parametrize("text", ["while True: pass", STUBBORN])
def test_a_file_that_never_ends_is_ended(pipeline: "Pipeline", monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(python_files, "SECONDS", 3)
    pipeline.define(text, "datasets.py")
    with pytest.raises(NightlightError, match="took longer than 3 seconds"):
        pipeline.read()
    assert children() == []


def children() -> list[str]:
    """Processes of ours that read definition files."""
    listed = subprocess.run(["ps", "-o", "args=", "--ppid", str(os.getpid())], capture_output=True, text=True).stdout
    return [line for line in listed.splitlines() if "python_child" in line]
