"""A script is read with a label on every message; a broken one shows every problem at its line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlight.conversations.card_form import read_card
from nightlight.conversations.labels import Author, CounselorAct, Outcome, Phase, Quality, Rung, TexterAct
from nightlight.conversations.problems import Findings
from nightlight.conversations.scripts import ScriptMessage, check_script, parse_script, read_script
from nightlight.errors import NightlightError

FIXTURES = Path(__file__).parent / "fixtures"
WHOLE = FIXTURES / "scripts/missed-bus--skilled1.txt"
DEFECTS = sorted((FIXTURES / "scripts/defects").glob("*.txt"))
CARD = read_card(FIXTURES / "cards/missed-bus.yaml")


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda path: path.stem)
def test_a_defect_is_named_at_its_line(
    defect: Path, break_file: Callable[[Path, Path], tuple[str, list[str]]], tmp_path: Path
) -> None:
    text, expected = break_file(WHOLE, defect)
    broken = tmp_path / WHOLE.name
    broken.write_text(text)
    assert [str(problem) for problem in check_script(broken, CARD)] == [f"{broken}:{line}" for line in expected]
    with pytest.raises(NightlightError, match=r"^.*missed-bus--skilled1\.txt:\d+: "):
        read_script(broken, CARD)


def test_a_script_holds_its_header_and_every_message_with_its_labels() -> None:
    script = read_script(WHOLE, CARD)
    assert (script.id, script.card) == ("missed-bus--skilled1", "missed-bus")
    assert (script.quality, script.outcome) == (Quality.SKILLED, Outcome.END)
    assert len(script.messages) == 12
    assert script.messages[1] == ScriptMessage(
        Author.COUNSELOR,
        "Hi, I'm Robin. What brings you here tonight?",
        Phase.ENGAGEMENT,
        (CounselorAct.INTRO, CounselorAct.OPEN_QUESTION),
        facts=(),
        rungs=(),
        line=6,
    )
    assert script.messages[2].facts == ("the-bus",)
    answer = script.messages[9]
    assert (answer.phase, answer.acts, answer.rungs) == (
        Phase.RISK_ASSESSMENT,
        (TexterAct.ANSWER,),
        (Rung.THOUGHTS,),
    )


def test_a_script_is_also_a_conversation_without_labels() -> None:
    conversation = read_script(WHOLE).conversation()
    assert conversation.id == "missed-bus--skilled1"
    assert [message.id for message in conversation.messages] == [str(number) for number in range(1, 13)]
    assert (conversation.messages[0].author, conversation.messages[0].text) == (Author.TEXTER, "hi")


def test_without_the_card_its_facts_are_taken_as_they_are(tmp_path: Path) -> None:
    other = tmp_path / WHOLE.name
    other.write_text(WHOLE.read_text().replace("+the-bus", "+the-train"))
    assert check_script(other) == []
    assert len(check_script(other, CARD)) == 1


def test_an_empty_script_is_refused_at_its_first_line(tmp_path: Path) -> None:
    empty = tmp_path / WHOLE.name
    empty.write_text("")
    assert {problem.line for problem in check_script(empty)} == {1}


def test_a_script_with_windows_line_ends_reads_the_same(tmp_path: Path) -> None:
    windows = tmp_path / WHOLE.name
    windows.write_bytes(WHOLE.read_bytes().replace(b"\n", b"\r\n"))
    assert read_script(windows, CARD) == read_script(WHOLE, CARD)


lines = st.sampled_from(WHOLE.read_text().splitlines())


@given(st.integers(0, 18), st.lists(st.one_of(lines, st.text(max_size=20)), max_size=3), st.integers(0, 3))
@settings(deadline=None)
def test_any_text_is_a_script_or_a_list_of_problems(at: int, inserted: list[str], deleted: int) -> None:
    source = WHOLE.read_text().splitlines()
    source[at : at + deleted] = inserted
    findings = Findings("a.txt")
    script = parse_script("\n".join(source), findings, name=WHOLE.stem, card=CARD)
    assert (script is None) == bool(findings.problems)
    assert all(problem.line >= 1 and problem.remedy for problem in findings.problems)


def test_problems_never_repeat_a_message() -> None:
    for line in WHOLE.read_text().splitlines():
        for spoilt in (f"{line} #mumble bus", f"{line[3:]} mumble", f"T: mumble #{line}"):
            findings = Findings("a.txt")
            parse_script(WHOLE.read_text().replace(line, spoilt), findings, name=WHOLE.stem, card=CARD)
            assert not any("mumble" in str(problem) for problem in findings.problems)
