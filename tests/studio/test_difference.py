"""Promises of a comparison: it names the part that changed, not a line of a file."""

from dataclasses import replace

from tests.studio.conftest import CALM, NOW, text_of

from nightlight.conversations.principles import Principle
from nightlight.studio.card_source import empty_fact, read_tree, write_tree
from nightlight.studio.difference import Change, difference
from nightlight.studio.versions import Kind, State, Version


def version(source: str, kind: Kind = Kind.CARD) -> Version:
    return Version(CALM, 1, kind, State.DRAFT, source, (), (), "", "", NOW, NOW)


def test_the_same_card_written_otherwise_does_not_differ() -> None:
    text = text_of(CALM)
    assert difference(version(text), version(write_tree(read_tree(text, CALM)))) == ()


def test_changes_are_told_part_by_part() -> None:
    before = version(text_of(CALM))
    tree = read_tree(before.source, CALM)
    gone = tree["facts"].pop(0)
    tree["facts"].append({**empty_fact("new-fact"), "tell": ["a new line"]})
    tree["start"]["trust"] = 0.4
    tree["opening"] = [*tree["opening"][1:], "hello you"]
    tree["facts"][0]["gate"] = "asked"
    principle = Principle("Too cheerful.", None, "haha", "", "Hi.")
    found = difference(before, replace(version(write_tree(tree)), principles=(principle,)))
    by_part = {change.part: change for change in found}
    assert by_part["start.trust"] == Change("start.trust", ("0.3",), ("0.4",))
    assert by_part["opening"].added == ("hello you",)
    assert len(by_part["opening"].removed) == 1
    assert by_part[f"facts.{gone['id']}.tell"].removed == tuple(gone["tell"])
    assert by_part["facts.new-fact.tell"].added == ("a new line",)
    assert by_part[f"facts.{tree['facts'][0]['id']}.gate"].added == ("asked",)
    assert by_part["principles"].added == ("Too cheerful.: not “haha”",)


def test_a_script_is_compared_message_by_message() -> None:
    text = text_of(f"{CALM}--skilled1")
    before, after = version(text, Kind.SCRIPT), version(text.replace("T: hi #greet", "T: hey #greet"), Kind.SCRIPT)
    assert difference(before, after) == (Change("messages", ("T: hi #greet",), ("T: hey #greet",)),)
