"""ESConv is read or refused with one line; every act has a strategy; figures stand beside the lines to beat."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.labelling.small_esconv import EXAM, MOVE, conversation, write_esconv

from nightlight.conversations.labels import Author, CoarsePhase, CounselorAct
from nightlight.errors import NightlightError
from nightlight.labelling.acts import LabelledAct
from nightlight.labelling.esconv import STRATEGY_OF, Strategy, read_split, strategy_of
from nightlight.labelling.esconv_evaluation import (
    LABELLER,
    PLACE,
    TRAINED,
    answers,
    esconv_report,
    phase_lines,
    strategies_of,
    strategy_lines,
)
from nightlight.labelling.esconv_phases import weak_phases
from nightlight.labelling.model import shipped_model

ESCONV = Path(os.environ.get("NIGHTLIGHT_ESCONV", Path(__file__).parents[3] / "shared" / "data" / "esconv"))
CONTACT, ASSESSMENT, INTERVENTION, CLOSING = CoarsePhase


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_esconv(tmp_path_factory.mktemp("esconv"))


@pytest.fixture(scope="module")
def report(folder: Path) -> dict[str, Any]:
    return esconv_report(folder, shipped_model())


def test_seekers_are_texters_and_supporters_have_their_strategies(folder: Path) -> None:
    exam, move = read_split(folder, "test")
    assert [message.author for message in move.conversation.messages[:2]] == [Author.COUNSELOR, Author.TEXTER]
    assert [message.text for message in exam.conversation.messages] == [text for _, text, _ in EXAM]
    assert [strategy and str(strategy) for strategy in move.strategies] == [strategy for _, _, strategy in MOVE]
    assert exam.conversation.id != move.conversation.id


def test_the_published_names_that_end_in_txt_are_read_too(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "test.txt").write_bytes((folder / "test.jsonl").read_bytes())
    assert read_split(tmp_path, "test") == read_split(folder, "test")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("not json", "test.jsonl:1: not JSON"),
        ('{"messages": []}', "'dialog' is missing"),
        ('{"dialog": [{"speaker": "someone", "text": "hidden words"}]}', "message 1: a message needs 'speaker'"),
        ('{"dialog": [{"speaker": "sys", "text": "hidden words", "strategy": "Singing"}]}', "none of ESConv's eight"),
        ('{"dialog": [{"speaker": "sys", "text": "hidden words"}]}', "none of ESConv's eight"),
        ("", "no conversation is in it"),
    ],
)
def test_another_file_is_refused_with_its_place_and_without_its_words(line: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "test.jsonl").write_text(line)
    with pytest.raises(NightlightError) as refused:
        read_split(tmp_path, "test")
    assert told in str(refused.value)
    assert "test.jsonl" in str(refused.value)
    assert "hidden words" not in str(refused.value)


def test_a_folder_without_a_split_is_named(tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match=r"no valid\.jsonl of ESConv is here"):
        read_split(tmp_path, "valid")


def test_every_act_belongs_to_one_strategy_and_every_strategy_can_be_said() -> None:
    assert set(STRATEGY_OF) == set(CounselorAct)
    assert set(STRATEGY_OF.values()) == set(Strategy)


def test_the_first_act_decides_about_the_strategy() -> None:
    acts = (LabelledAct(CounselorAct.FEELING, 0.8), LabelledAct(CounselorAct.OPEN_QUESTION, 0.7))
    assert strategy_of(acts) is Strategy.REFLECTION
    assert strategy_of(acts[::-1]) is Strategy.QUESTION


def test_weak_phases_go_from_contact_over_questions_and_advice_to_the_goodbye(folder: Path) -> None:
    exam = read_split(folder, "test")[0]
    assert weak_phases(exam) == (
        *(CONTACT,) * 2,
        *(ASSESSMENT,) * 4,
        *(INTERVENTION,) * 4,
        *(CLOSING,) * 2,
    )


def test_where_nobody_says_goodbye_there_is_no_weak_closing(folder: Path) -> None:
    move = read_split(folder, "test")[1]
    assert CLOSING not in weak_phases(move)
    assert len(weak_phases(move)) == len(MOVE)


def test_a_conversation_of_greetings_alone_has_weak_phases_too(tmp_path: Path) -> None:
    for text in ("hello", "bye"):
        (tmp_path / "test.jsonl").write_text(json.dumps(conversation([("usr", text, None)])))
        assert weak_phases(read_split(tmp_path, "test")[0]) == (CONTACT,)


def test_the_labeller_answers_every_message(folder: Path) -> None:
    test = read_split(folder, "test")
    answered = answers(shipped_model(), test)
    assert len(answered.strategies) == len(strategies_of(test)) == 11
    assert len(answered.online) == len(answered.offline) == len(EXAM) + len(MOVE)


def test_the_report_holds_the_labeller_its_lines_to_beat_and_what_was_trained(report: dict[str, Any]) -> None:
    assert {LABELLER, PLACE, TRAINED, "the most frequent alone"} < set(report["strategies"])
    assert {"online", "offline", f"online, {PLACE}", f"offline, {PLACE}"} < set(report["phases"])
    majority = report["strategies"]["the most frequent alone"]
    assert majority["accuracy"]["value"] == pytest.approx(majority["majority"]) == pytest.approx(3 / 11)
    assert (report["conversations"], report["messages"]) == (2, len(EXAM) + len(MOVE))
    assert "parents" not in json.dumps(report)


def test_what_was_trained_on_a_message_knows_it_again(report: dict[str, Any]) -> None:
    assert report["strategies"][TRAINED]["accuracy"]["value"] > report["strategies"][PLACE]["accuracy"]["value"]
    assert report["strategies"][TRAINED]["accuracy"]["value"] > 0.9


@pytest.mark.skipif(not ESCONV.is_dir(), reason="needs a folder of ESConv (NIGHTLIGHT_ESCONV)")
def test_on_real_support_the_labeller_tells_strategies_better_than_the_position_does() -> None:
    train, test = read_split(ESCONV, "train"), read_split(ESCONV, "test")
    assert (len(train), len(test), len(strategies_of(test))) == (910, 195, 2895)
    part = test[:40]
    answered = answers(shipped_model(), part)
    found = {line.name: line for line in strategy_lines(train[:100], part, answered)}
    assert found[LABELLER].macro_f1.low > found[PLACE].macro_f1.high
    phases = {line.name: line.macro_f1.value for line in phase_lines(train[:100], part, answered)}
    assert phases["online; contact and closing"] > 0.4
