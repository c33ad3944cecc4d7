"""Promises of the demo: from nothing to ten numbers and who sees them, and the second time only what is new."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest


def demo(home: Path, *arguments: str) -> str:
    command = [
        sys.executable,
        "-m",
        "nightlight",
        "demo",
        "--home",
        str(home),
        "--conversations",
        "300",
        "--no-serve",
        *arguments,
    ]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "home"


@pytest.fixture(scope="module")
def first(home: Path) -> str:
    return demo(home)


def test_it_tells_the_way_from_exports_to_numbers(first: str) -> None:
    headings = [line[:2] for line in first.splitlines() if line[:2] in ("1.", "2.", "3.", "4.", "5.", "6.", "7.")]
    assert headings == ["1.", "2.", "3.", "4.", "5.", "6.", "7."]
    for word in ("bronze.messages", "quarantined", "silver.conversations", "duplicates", "gold.queue_wait"):
        assert word in first


def test_every_number_has_a_value_and_its_table(first: str) -> None:
    table = first.split("6. Ten numbers")[1].split("\n\n")[0].splitlines()[2:]
    assert len(table) == 10
    assert all(" gold." in line for line in table)
    assert "no data" not in first


def test_the_same_question_gets_an_analyst_a_supervisor_and_a_volunteer_different_answers(first: str) -> None:
    section = first.split("7. Who sees what")[1].split("\n\n")[0]
    ana, sam, vera = section.splitlines()[2:5]
    written = next(line for line in first.splitlines() if line.startswith("silver.conversations ")).split()[3]
    assert ana.split() == ["ana,", "analyst", "improve_service", written, "refused"]
    conversations, texts = (int(number.replace(",", "")) for number in sam.split()[-2:])
    assert 0 < conversations < 300
    assert texts > 0
    assert vera.split()[-2:] == ["refused", "refused"]
    assert "ana was told: " in section
    assert max(len(line.rstrip()) for line in section.splitlines()) <= 100


def test_it_fits_a_terminal_of_eighty_columns_and_ends_with_what_to_do_next(first: str) -> None:
    numbers = first.split("6. Ten numbers")[1].split("\n\n")[0]
    assert max(len(line.rstrip()) for line in numbers.splitlines()) <= 80
    assert "pipeline lineage gold.queue_wait.wait_p90" in first.split("Where to look next:")[1]


def test_the_queue_has_something_to_look_at(first: str) -> None:
    section = first.split("5. Quality")[1].split("\n\n")[0]
    told = re.match(r"(\d+) conversations wait .*; (\d+) flags of earlier days", section.splitlines()[1])
    assert told
    assert min(int(number) for number in told.groups()) > 0  # how many of so few wait is chance; the live one does
    assert "one conversation goes on: risk was told in it and has not been asked about" in section


def test_a_second_time_nothing_is_new_and_the_numbers_are_the_same(first: str, home: Path) -> None:
    second = demo(home)
    assert "the exports of an earlier demo, kept" in second
    assert "nothing new in any source" in second
    assert "everything is up to date" in second
    assert second.split("6. Ten numbers")[1].split("\n\n")[0] == first.split("6. Ten numbers")[1].split("\n\n")[0]


def test_its_json_holds_the_same(first: str, home: Path) -> None:
    told = json.loads(demo(home, "--json", "--no-serve"))
    assert set(told) == {"home", "sources", "datasets", "practice", "queue", "numbers", "access"}
    assert [row["refusal"] is None for row in told["access"]] == [True, False, True, True, False, False]
    assert len(told["numbers"]) == 10
    assert {row["outcome"] for row in told["datasets"]} == {"unchanged"}


def test_no_file_of_the_home_is_open_to_others(first: str, home: Path) -> None:
    assert [path for path in (home, *home.rglob("*")) if path.stat().st_mode & 0o077] == []
