"""Two labellers read the same conversations: what differs, where and how far from chance, told without text."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from tests.labelling.registered import QUIET, install_shipped, let_people_decide, to_production, write_other

from nightlight.conversations.conversation import Conversation, Message
from nightlight.conversations.labels import Author
from nightlight.operations.labellers_side_by_side import Turned, cohens_kappa, compare_labellers, read_twice
from nightlight.registry.stored import ModelVersion
from nightlight.settings import Home

SAID = (
    (Author.TEXTER, QUIET),
    (Author.COUNSELOR, "What else happened today?"),
    (Author.TEXTER, "then i had dinner with my sister"),
)
TALKS = [
    Conversation(name, tuple(Message(f"m{number}", author, text) for number, (author, text) in enumerate(said, 1)))
    for name, said in (("c1", SAID), ("c2", SAID[:2]))
]
Two = tuple[Home, ModelVersion, ModelVersion]


@pytest.fixture
def two(with_registry: Home, tmp_path: Path) -> Two:
    """The shipped labeller, and one that hears the highest risk in every word."""
    let_people_decide(with_registry)
    shipped = install_shipped(with_registry, tmp_path / "shipped")
    return with_registry, shipped, to_production(with_registry, write_other(tmp_path / "other"))


def test_how_often_they_differ_and_what_turned_into_what(two: Two) -> None:
    found = compare_labellers(*two, TALKS)
    assert (found.conversations, found.messages, found.one != found.other) == (2, 5, True)
    axes = {axis.axis: axis for axis in found.axes}
    assert [(axes[name].asked, axes[name].differ) for name in ("risk", "acts", "first act")] == [(3, 3), (2, 0), (2, 0)]
    assert (axes["phase"].asked, axes["risk"].share) == (5, 1.0)
    assert Turned("risk", "0", "4", 3) in found.turned
    assert any(each.axis == "flag" and each.other == "raised" for each in found.turned)


def test_kappa_is_told_where_there_is_something_beyond_chance(two: Two) -> None:
    axes = {axis.axis: axis for axis in compare_labellers(*two, TALKS).axes}
    assert axes["risk"].kappa == 0.0, "always 0 and always 4: as often as chance has it"
    assert axes["flag"].kappa is None, "nobody counts the flags that neither raises"
    assert cohens_kappa({("a", "a"): 3, ("b", "b"): 2}) == 1.0
    assert cohens_kappa({("a", "b"): 1, ("b", "a"): 1}) == -1.0
    assert cohens_kappa({("a", "a"): 3}) is None
    assert cohens_kappa({}) is None


def test_the_conversation_in_which_they_differ_most_stands_first(two: Two) -> None:
    found = compare_labellers(*two, TALKS[::-1]).apart
    assert [(each.conversation, each.messages, each.differ) for each in found] == [("c1", 3, 2), ("c2", 2, 1)]
    assert (found[0].axes["risk"], found[0].axes["acts"], round(found[0].share, 2)) == (2, 0, 0.67)


def test_each_message_says_on_what_they_differ(two: Two) -> None:
    (read,) = read_twice(*two, TALKS[:1])
    assert read.differ_in == {"m1": frozenset({"risk"}), "m3": frozenset({"risk"})}
    assert [each.risk and each.risk.level for each in read.one.messages] == [0, None, 0]
    assert [each.risk and each.risk.level for each in read.other.messages] == [4, None, 4]


def test_what_comes_out_names_messages_and_holds_none_of_their_words(two: Two) -> None:
    found = json.dumps(asdict(compare_labellers(*two, TALKS)))
    assert '"place": "m3"' in found
    for _, text in SAID:
        assert text not in found


def test_a_version_beside_itself_differs_nowhere(two: Two) -> None:
    home, shipped, _ = two
    found = compare_labellers(home, shipped, shipped, TALKS)
    assert (found.differences, found.turned, found.apart) == ((), [], ())
    assert sum(axis.asked for axis in found.axes) > 0
