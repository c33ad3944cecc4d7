"""Forms take what is written for what it is, and say what YAML made of it otherwise."""

from dataclasses import dataclass

import pytest

from nightlight.conversations.forms import Reader, count, fill, fraction, line, record, several, text
from nightlight.conversations.problems import Findings


@dataclass(frozen=True)
class Leaflet:
    title: str
    pages: int
    share: float
    lines: tuple[str, ...]


LEAFLET: Reader[Leaflet] = record(Leaflet, title=text, pages=count(1, 9), share=fraction, lines=several(line, 1))


def fill_leaflet(source: str) -> tuple[Leaflet | None, list[str]]:
    findings = Findings("leaflet.yaml")
    leaflet = fill(LEAFLET, source, findings, across=lambda page: None)
    return leaflet, [f"{problem.line}: {problem.what}" for problem in findings.ordered()]


def test_a_filled_form_becomes_its_record() -> None:
    leaflet, problems = fill_leaflet('title: Hi\npages: 2\nshare: 1\nlines: ["yes", b c]\n')
    assert leaflet == Leaflet("Hi", 2, 1.0, ("yes", "b c"))
    assert problems == []


def test_all_problems_come_at_once() -> None:
    leaflet, problems = fill_leaflet("title: 12\npages: 10\nshare: 1:30\nlines: [no, 2026-01-31, {a: b}, c #d\n]")
    assert leaflet is None
    assert problems == [
        "1: title is read as a number, not as text",
        "2: pages must be a whole number from 1 to 9",
        "3: share must be a number from 0 to 1",
        "4: lines[1] is read as yes or no, not as text",
        "4: lines[2] is read as a date, not as text",
        "4: lines[3] must be text",
        "4: lines[4] is cut at ' #'",
    ]


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("", "1: the file is empty"),
        ("just words", "1: the file must be keys and values"),
        (
            "title: a\n---\ntitle: b",
            "2: not YAML: expected a single document in the stream, but found another document",
        ),
        ("title: 'a\npages: 1", "2: not YAML: while scanning a quoted scalar, found unexpected end of stream"),
        ("title: a\x07b", "1: a character that YAML does not allow"),
        ("[" * 100_000, "1: not YAML: while increasing flow level, exceeded maximum nesting depth"),
        ("title: &a [*a]", "1: title must be text"),
    ],
)
def test_what_is_no_form_is_a_problem_too(source: str, problem: str) -> None:
    assert problem in fill_leaflet(source)[1]
