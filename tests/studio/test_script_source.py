"""Promises of a script's editor: every shipped script is the same after it, and no message breaks the text."""

from pathlib import Path

import pytest
from tests.studio.conftest import CALM

from nightlight.conversations.corpus import shipped_corpus
from nightlight.conversations.problems import Findings
from nightlight.conversations.scripts import parse_script
from nightlight.errors import NightlightError
from nightlight.studio.script_source import line, new_script, read_script_draft, write_script

FILES = sorted((shipped_corpus() / "scripts").glob(f"{CALM}--*.txt"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_script_is_the_same_after_the_editor(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    findings = Findings("")
    before = parse_script(text, findings, name=file.stem, card=None)
    after = parse_script(write_script(read_script_draft(text)), findings, name=file.stem, card=None)
    assert findings.problems == []
    assert before is not None
    assert after is not None
    assert [(m.text, m.phase, m.acts, m.facts, m.rungs) for m in after.messages] == [
        (m.text, m.phase, m.acts, m.facts, m.rungs) for m in before.messages
    ]


@pytest.mark.parametrize("text", ["C: hi", "--- closing", "a #tag b", "two\nlines", "card: x", "# first", "  x  "])
def test_no_message_breaks_the_text(text: str) -> None:
    draft = read_script_draft(new_script(CALM, "skilled", "end"))
    written = line("T", text, "engagement", ("greet",), ("failed-mock",))
    found = read_script_draft(write_script(draft.with_line(written).with_line(written)))
    assert found.lines == (written, written)
    assert found.header == {"card": CALM, "quality": "skilled", "outcome": "end"}


@pytest.mark.parametrize(
    ("author", "text", "phase", "acts"),
    [
        ("T", " ", "closing", ("end",)),
        ("X", "hi", "closing", ("end",)),
        ("T", "hi", "no", ("end",)),
        ("T", "hi", "closing", ()),
    ],
)
def test_an_unfinished_message_is_refused(author: str, text: str, phase: str, acts: tuple[str, ...]) -> None:
    with pytest.raises(NightlightError):
        line(author, text, phase, acts)
