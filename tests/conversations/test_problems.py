"""Problems name file, line and remedy, and never repeat what a person wrote."""

from pathlib import Path

from nightlight.conversations.problems import Findings, Problem, choose_from, read_text, refuse, shown


def test_problems_come_in_the_order_of_their_lines_and_once() -> None:
    findings = Findings("a.txt")
    findings.add(9, "late", "fix it")
    findings.add(2, "early", "fix it")
    findings.add(2, "early", "fix it")
    assert [problem.line for problem in findings.ordered()] == [2, 9]


def test_the_error_shows_the_first_problem_and_counts_the_others() -> None:
    problems = [Problem("a.txt", line, f"wrong {line}", "fix it") for line in (3, 4, 5)]
    assert str(refuse(problems)) == "a.txt:3: wrong 3; fix it (and 2 more problems)"
    assert str(refuse(problems[:1])) == "a.txt:3: wrong 3; fix it"


def test_an_unknown_word_gets_its_nearest_or_the_list_or_the_place_of_the_list() -> None:
    assert choose_from("sceptcal", ["sceptical", "hostile"]) == "did you mean 'sceptical'?"
    assert choose_from("zzz", ["sceptical", "hostile"]) == "use one of: sceptical, hostile"
    assert choose_from("zzz", [f"word-{n}" for n in range(20)], listed="the card") == "use one of those in the card"


def test_a_sentence_in_the_wrong_place_is_not_repeated() -> None:
    assert shown("exploration") == "'exploration'"
    assert shown("i wrote this here") == shown("x" * 41) == shown("") == "more than one word"


def test_an_unreadable_file_is_a_problem_with_a_remedy(tmp_path: Path) -> None:
    missing, binary = Findings("missing.txt"), Findings("binary.txt")
    assert read_text(tmp_path / "missing.txt", missing) is None
    (tmp_path / "binary.txt").write_bytes(b"one\ntwo \xff\n")
    assert read_text(tmp_path / "binary.txt", binary) is None
    assert [str(found) for found in missing.problems + binary.problems] == [
        "missing.txt:1: no such file or directory; check the path and its permissions",
        "binary.txt:2: this is not UTF-8; save the file as UTF-8",
    ]


def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "marked.txt").write_bytes(b"\xef\xbb\xbfcard: a\n")
    assert read_text(tmp_path / "marked.txt", Findings("marked.txt")) == "card: a\n"
