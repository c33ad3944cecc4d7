"""A broken card shows every problem at its line, with a remedy, and none of the words a person wrote."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlight.conversations.card_form import check_card, parse_card, read_card
from nightlight.conversations.problems import Findings
from nightlight.errors import NightlightError

CARDS = Path(__file__).parent / "fixtures/cards"
WHOLE = CARDS / "missed-bus.yaml"
DEFECTS = sorted((CARDS / "defects").glob("*.txt"))


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda path: path.stem)
def test_a_defect_is_named_at_its_line(
    defect: Path, break_file: Callable[[Path, Path], tuple[str, list[str]]], tmp_path: Path
) -> None:
    text, expected = break_file(WHOLE, defect)
    broken = tmp_path / WHOLE.name
    broken.write_text(text)
    assert [str(problem) for problem in check_card(broken)] == [f"{broken}:{line}" for line in expected]
    with pytest.raises(NightlightError, match=r"^.*missed-bus\.yaml:\d+: "):
        read_card(broken)


def test_a_well_formed_card_shows_no_problem() -> None:
    assert check_card(WHOLE) == []


def test_a_card_under_another_name_is_refused(tmp_path: Path) -> None:
    renamed = tmp_path / "missed-train.yaml"
    renamed.write_text(WHOLE.read_text())
    with pytest.raises(NightlightError, match=r"the id 'missed-bus' is not the file's name; name the file <id>\.yaml"):
        read_card(renamed)


def test_a_card_that_is_not_there_is_a_clear_line(tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match=r"gone.yaml:1: no such file or directory; check the path"):
        read_card(tmp_path / "gone.yaml")


lines = st.sampled_from(WHOLE.read_text().splitlines())
strange = st.one_of(
    lines, st.text(max_size=20), st.sampled_from(["- [", "? x", "a: &b *b", "- !!python/none x", "\t-"])
)


@given(st.integers(0, 130), st.lists(strange, max_size=2), st.integers(0, 5))
@settings(deadline=None, max_examples=60)
def test_any_text_is_a_card_or_a_list_of_problems(at: int, inserted: list[str], deleted: int) -> None:
    source = WHOLE.read_text().splitlines()
    source[at : at + deleted] = inserted
    findings = Findings("a.yaml")
    assert (parse_card("\n".join(source), findings) is None) == bool(findings.problems)
    assert all(problem.line >= 1 and problem.remedy for problem in findings.problems)


def test_problems_never_repeat_a_line_of_the_card() -> None:
    sentence = "something only a texter would say"
    for line in WHOLE.read_text().splitlines():
        key = line.partition(":")[0]
        findings = Findings("a.yaml")
        parse_card(WHOLE.read_text().replace(f"{line}\n", f"{key}: {sentence}\n"), findings)
        assert not any(sentence in str(problem) for problem in findings.problems)
