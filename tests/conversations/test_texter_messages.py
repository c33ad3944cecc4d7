"""Texters' messages with risk: rows read as they stand, and every defect said with its line."""

from pathlib import Path

import pytest

from nightlight.conversations.labels import RiskAttribute
from nightlight.conversations.texter_messages import TexterMessage, examine_texter_messages, read_texter_messages
from nightlight.errors import NightlightError

HEADER = "level\tattributes\tbefore\ttext\n"


def test_rows_are_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "texter-a.tsv"
    path.write_text(f"# what it is\n{HEADER}0\t\t\thi\n1\tnegated,past\tAre you safe?\tnot any more\n")
    assert read_texter_messages(path) == (
        TexterMessage(0, (), "", "hi"),
        TexterMessage(1, (RiskAttribute.NEGATED, RiskAttribute.PAST), "Are you safe?", "not any more"),
    )


def test_every_defect_names_its_line_and_no_text(tmp_path: Path) -> None:
    path = tmp_path / "texter-a.tsv"
    path.write_text(f"{HEADER}5\t\t\tsecret words\n1\tnegatd\t\tsecret words\n2\t\t\t \n3\tx\n")
    problems = examine_texter_messages(path)[1]
    assert [(problem.line, problem.what) for problem in problems] == [
        (2, "the level is not a number from 0 to 4"),
        (3, "unknown attribute 'negatd'"),
        (4, "no text"),
        (5, "2 of 4 columns"),
    ]
    assert "secret" not in " ".join(str(problem) for problem in problems)
    with pytest.raises(NightlightError, match="and 3 more problems"):
        read_texter_messages(path)


def test_another_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "texter-a.tsv"
    path.write_text("tags\trisk_cue\tbefore\ttext\n")
    with pytest.raises(NightlightError, match="not that of texter messages"):
        read_texter_messages(path)
