"""Rows of single counselor messages; each broken row is named by its line."""

from pathlib import Path

import pytest

from nightlight.conversations.counselor_messages import (
    CounselorMessage,
    check_counselor_messages,
    read_counselor_messages,
)
from nightlight.conversations.labels import CounselorAct
from nightlight.errors import NightlightError

HEADER = "tags\trisk_cue\tbefore\ttext\n"


def test_rows_come_in_order_with_the_most_salient_act_first(tmp_path: Path) -> None:
    path = tmp_path / "messages.tsv"
    path.write_text(HEADER + "intro,open_question\t0\thi\tHi, I'm Robin. What's up?\nbackchannel\t1\t\tGo on.\n")
    assert read_counselor_messages(path) == (
        CounselorMessage((CounselorAct.INTRO, CounselorAct.OPEN_QUESTION), False, "hi", "Hi, I'm Robin. What's up?"),
        CounselorMessage((CounselorAct.BACKCHANNEL,), True, "", "Go on."),
    )


def test_every_broken_row_is_named(tmp_path: Path) -> None:
    path = tmp_path / "messages.tsv"
    path.write_text(
        HEADER
        + "intor\t0\thi\tHello.\nintro,intro\t2\thi\tHello.\nintro\t0\thi\nintro\t0\thi\t \n\nintro\t0\thi\tHello."
    )
    assert [f"{problem.line}: {problem.what}; {problem.remedy}" for problem in check_counselor_messages(path)] == [
        "2: unknown counselor tag 'intor'; did you mean 'intro'?",
        "3: a tag stands twice; keep one of them",
        "3: risk_cue is neither 0 nor 1; write 1 when 'before' holds a cue to ask about, else 0",
        "4: 3 of 4 columns; write tags, risk_cue, before, text with tabs between",
        "5: no text; write the counselor's message or delete the row",
        "6: 1 of 4 columns; write tags, risk_cue, before, text with tabs between",
    ]


def test_a_file_with_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "messages.tsv"
    path.write_text("text\ttags\n")
    with pytest.raises(NightlightError, match=r"messages\.tsv:1: the header is not that of counselor messages"):
        read_counselor_messages(path)


def test_a_file_that_is_not_there_is_one_problem(tmp_path: Path) -> None:
    assert [problem.what for problem in check_counselor_messages(tmp_path / "gone.tsv")] == [
        "no such file or directory"
    ]


def test_what_a_file_is_for_may_stand_before_its_header(tmp_path: Path) -> None:
    path = tmp_path / "messages.tsv"
    path.write_text(
        f"# For evaluation only.\n# Written by one author.\n{HEADER}intro\t0\thi\tHello.\nintor\t0\thi\tHello.\n"
    )
    assert [problem.line for problem in check_counselor_messages(path)] == [5]
    path.write_text("# For evaluation only.\n")
    assert [problem.line for problem in check_counselor_messages(path)] == [2]
