"""The final labels as JSON Lines: no names unless asked, and no word of a real conversation."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.quality.annotation.conftest import clock, first, label_all

from nightlight.conversations.labels import Author
from nightlight.conversations.scripts import Script
from nightlight.errors import NightlightError
from nightlight.quality.annotation.adjudication import decide
from nightlight.quality.annotation.exporting import export
from nightlight.quality.annotation.labels import read_label
from nightlight.quality.annotation.sets import make_consented_set
from nightlight.settings import Home

SAID = "i could not sleep again"


@pytest.fixture
def at(scripts: list[Script]) -> int:
    return first(scripts[0], Author.TEXTER)


@pytest.fixture
def done(pilot: Home, at: int) -> Home:
    label_all(pilot, "ana")
    label_all(pilot, "bea", change={(1, at): {"risk": "2", "attributes": ["past"]}})
    return pilot


def test_what_differs_is_open_until_it_is_decided(done: Home, at: int, scripts: list[Script]) -> None:
    lines, left = export(done, "pilot", by="clara")
    first_talk = json.loads(lines[0])
    message = first_talk["messages"][at - 1]
    assert left == 1
    assert first_talk["id"] == scripts[0].id
    assert (message["phase"], message["risk"], message["agreed"]) == (None, None, False)
    assert [each["risk"] for each in message["annotators"]] == [0, 2]
    final = read_label(Author.TEXTER, phase="exploration", risk="1", attributes=["past"])
    decide(done, "pilot", 1, at, final, by="clara", clock=clock)
    lines, left = export(done, "pilot", by="clara")
    message = json.loads(lines[0])["messages"][at - 1]
    assert left == 0
    assert (message["phase"], message["risk"], message["risk_attributes"]) == ("exploration", 1, ["past"])
    assert message["text"] == scripts[0].messages[at - 1].text


def test_names_are_in_it_only_when_asked(done: Home) -> None:
    lines, _ = export(done, "pilot", by="clara")
    annotators = json.loads(lines[0])["messages"][0]["annotators"]
    assert [each["annotator"] for each in annotators] == ["A", "B"]
    assert '"bea"' not in "".join(lines)
    lines, _ = export(done, "pilot", by="clara", with_names=True)
    annotators = json.loads(lines[0])["messages"][0]["annotators"]
    assert [each["annotator"] for each in annotators] == ["ana", "bea"]


def test_only_who_manages_quality_exports(done: Home, acts_of: Callable[[Home], list[tuple[str, str, str]]]) -> None:
    for person in ("ana", "sam", "otto"):
        with pytest.raises(NightlightError, match="does not have MANAGE"):
            export(done, "pilot", by=person)
        assert acts_of(done)[-1] == ("export annotation", person, "refused")
    export(done, "pilot", by="clara")
    assert acts_of(done)[-1] == ("export annotation", "clara", "done")


def test_real_conversations_leave_without_a_word(place: Home, tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    talk = {"id": "c7", "consent": True, "messages": [{"author": "texter", "text": SAID, "id": "m1"}]}
    file.write_text(json.dumps(talk))
    make_consented_set(place, "own", file, purpose="quality_review", annotators=["ana", "bea"], by="clara", clock=clock)
    for person in ("ana", "bea"):
        label_all(place, person, name="own")
    lines, _ = export(place, "own", by="clara")
    assert SAID not in "".join(lines)
    found = json.loads(lines[0])
    assert (found["id"], found["is_synthetic"], found["messages"][0]["id"]) == ("c7", False, "m1")
    assert "text" not in found["messages"][0]
