"""Ways to word a played texter in one table: every arm with the same cards and seeds, and what does not apply left
out."""

import json
from pathlib import Path

import pytest
from tests.simulator.openai_server import running

from nightlight.errors import NightlightError
from nightlight.operations.benchmark_figures import Round
from nightlight.operations.benchmark_wordings import (
    ARMS,
    CONTROLS,
    Compared,
    compare,
    figures_of_arms,
    open_arm,
    table_of_figures,
    table_of_statistics,
)
from nightlight.operations.benchmarks import Bench
from nightlight.settings import WORDINGS
from nightlight.simulator.measures.statistics import ESCONV
from nightlight.simulator.wording import controls

CARD = "exam-week-sleepless"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("transcripts")


@pytest.fixture(scope="module")
def found(folder: Path) -> Round:
    with running() as server:
        server.says["llama"] = "It sounds like you are having a hard night. I am here to help you."
        wanted = Compared(("bank", "prompt-only"), (CARD,), 1, 8, server.url, "llama", folder)
        return compare(wanted, None, on_step=lambda step: None)


def test_a_control_has_the_figures_of_its_words_and_none_of_the_engine_s_state(found: Round) -> None:
    rows = {row["figure"]: row for row in table_of_figures(found)}
    assert rows["A4 trust is lower after one poor message"]["prompt-only"] == "-"
    assert rows["A7 plain questions about suicide answered fairly"]["prompt-only"] == "-"
    assert rows["A7 plain questions about suicide answered fairly"]["bank"].startswith("1 ")
    assert "n " in rows["A7 in words: plain questions about suicide answered"]["prompt-only"]
    assert all(row["bank"] != "-" for row in rows.values())


def test_a_model_that_answers_as_a_helper_misses_the_bars_that_the_card_s_lines_meet(found: Round) -> None:
    met = {figure.name: figure.met for figure in figures_of_arms([found])}
    for name in ("A7 in words: plain questions about suicide answered", "A11 conversations with the helper's voice"):
        assert met[f"bank: {name}"] is True
        assert met[f"prompt-only: {name}"] is False


def test_people_stand_beside_every_arm(found: Round) -> None:
    rows = table_of_statistics(found)
    assert list(rows[0]) == ["statistic", ESCONV, "written role-plays", "bank", "prompt-only"]
    thanks = next(row for row in rows if row["statistic"] == "conversations with the helper's voice")
    assert (thanks["bank"], thanks["prompt-only"]) == ("0", "1")


def test_transcripts_hold_who_wrote_and_what_and_nothing_else(found: Round, folder: Path) -> None:
    assert found["arms"]
    for arm in ("bank", "prompt-only"):
        for kind in ("good", "mixed"):
            lines = (folder / arm / f"{CARD}-{kind}.jsonl").read_text("utf-8").splitlines()
            assert len(lines) > 8
            assert all(set(json.loads(line)) == {"author", "text"} for line in lines)


def test_arms_are_the_home_s_wordings_and_the_controls() -> None:
    assert (*WORDINGS, *controls.CONTROLS) == ARMS
    assert CONTROLS == controls.CONTROLS
    assert open_arm("bank", Compared(("bank",)), None).name == "bank"


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"arms": ("bnk",)}, "there is no arm 'bnk'; did you mean 'bank'"),
        ({"arms": ("bank",), "seeds": 0}, "at least one seed"),
        ({"arms": ("bank",), "messages": 3}, "8 messages"),
    ],
)
def test_a_table_that_cannot_be_made_is_refused_before_it_begins(wanted: dict[str, object], says: str) -> None:
    with pytest.raises(NightlightError, match=says):
        Compared(**wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize("url", ["", "http://example.org:8000"])
def test_a_control_needs_a_server_on_an_allowed_host(url: str) -> None:
    with pytest.raises(NightlightError, match=r"prompt-only need a server: .*name it with --url and --model"):
        open_arm("prompt-only", Compared(("prompt-only",), url=url, model="llama"), None)


def test_only_practice_compares_arms_and_only_known_cards() -> None:
    with pytest.raises(NightlightError, match="only the benchmark 'practice'"):
        Bench("label", compared=Compared(("bank",)))
    with pytest.raises(NightlightError, match="there is no card 'exam-week'"):
        compare(Compared(("bank",), ("exam-week",)), None, on_step=lambda step: None)
