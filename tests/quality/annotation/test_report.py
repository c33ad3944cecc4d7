"""What a set's report says: agreement by axis, the lines to reach, what is taken for what, what suggestions did."""

import pytest
from tests.quality.annotation.conftest import NOW, Change, Plain, clock, first, label_all

from nightlight.conversations.labels import Author
from nightlight.conversations.scripts import Script
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.quality.annotation.access import find_own
from nightlight.quality.annotation.labels import read_label
from nightlight.quality.annotation.report import report
from nightlight.quality.annotation.sets import finish, make_invented_set
from nightlight.quality.annotation.store import conversations_of, messages_of, put_label
from nightlight.settings import Home

VARIED: dict[str, object] = {"phase": "closing", "acts": ["close"]}


def of(script: Script, author: Author) -> list[int]:
    return [at for at, message in enumerate(script.messages, 1) if message.author is author]


def test_a_report_needs_both_and_is_for_annotators_and_who_manages(pilot: Home) -> None:
    label_all(pilot, "ana")
    with pytest.raises(NightlightError, match="when both annotators are done"):
        report(pilot, "pilot", by="clara")
    label_all(pilot, "bea")
    assert report(pilot, "pilot", by="clara") == report(pilot, "pilot", by="ana")
    with pytest.raises(NightlightError, match="no such set"):
        report(pilot, "pilot", by="sam")


def test_where_nothing_could_differ_no_line_is_reached_or_missed(pilot: Home) -> None:
    for person in ("ana", "bea"):
        label_all(pilot, person)
    found = report(pilot, "pilot", by="clara")
    assert found.axes["phase"].value is None
    assert found.is_accepted("phase") is None
    assert found.differing == 0


def test_the_lines_are_reached_by_perfect_agreement(pilot: Home, scripts: list[Script]) -> None:
    counselor, texter = of(scripts[0], Author.COUNSELOR)[-1], of(scripts[0], Author.TEXTER)[-1]
    change: Change = {(1, counselor): VARIED, (1, texter): {"phase": "closing", "risk": "3", "attributes": ["past"]}}
    for person in ("ana", "bea"):
        label_all(pilot, person, change=change)
    found = report(pilot, "pilot", by="clara")
    assert {axis: each.value for axis, each in found.axes.items()} == dict.fromkeys(
        ("phase", "acts", "risk", "attributes"), 1
    )
    assert all(found.is_accepted(axis) for axis in ("phase", "acts", "risk"))
    assert (found.boundaries.pk, found.boundaries.f1) == (0, 1)


def test_what_is_taken_for_what_leads_to_its_messages(pilot: Home, scripts: list[Script]) -> None:
    counselor, texter = of(scripts[0], Author.COUNSELOR), of(scripts[0], Author.TEXTER)
    change: Change = {
        (1, counselor[0]): {"acts": ["feeling"]},
        (1, counselor[1]): {"acts": ["feeling"]},
        (1, counselor[2]): {"acts": ["reflection", "summary"]},
        (1, texter[0]): {"risk": "2"},
        (1, texter[1]): {"phase": "planning"},
    }
    label_all(pilot, "ana")
    label_all(pilot, "bea", change=change)
    found = report(pilot, "pilot", by="clara")
    said = {(each.axis, each.one, each.other): each.places for each in found.disagreements}
    assert said == {
        ("acts", "feeling", "reflection"): ((1, counselor[0]), (1, counselor[1])),
        ("acts", "summary", ""): ((1, counselor[2]),),
        ("risk", "0", "2"): ((1, texter[0]),),
        ("phase", "exploration", "planning"): ((1, texter[1]),),
    }
    assert next(each for each in found.disagreements).count == 2  # the most frequent first
    words = {each.word: (each.one, each.other) for each in found.acts}
    assert words["feeling"] == (0, 2)
    assert not found.is_accepted("acts")
    assert (found.decided, found.differing) == (0, 5)


def test_unsure_marks_are_counted(pilot: Home, scripts: list[Script]) -> None:
    at = first(scripts[0], Author.TEXTER)
    label_all(pilot, "ana", change={(1, at): {"is_unsure": True}})
    label_all(pilot, "bea")
    assert report(pilot, "pilot", by="clara").unsure == 1


def test_what_suggestions_did_is_reported(place: Home, scripts: list[Script]) -> None:
    """Both follow the labeller where they see it, and never where they do not."""
    make_invented_set(place, "shown", scripts[:5], annotators=["ana", "bea"], by="clara", clock=clock, labeller=Plain())
    for person in ("ana", "bea"):
        with transaction(place.database_url) as connection:
            annotator = find_own(connection, "shown", person)[1]
            shown = {each.number: each.shows_labels for each in conversations_of(connection, "shown")}
            for message in messages_of(connection, "shown"):
                said = message.suggested if shown[message.number] else None
                phase = str(said.phase) if said and said.phase else "emergency"
                acts = list(map(str, (said.acts if said else None) or ["robotic"]))[:4]
                risk = str(said.risk) if said and said.risk is not None else "4"
                label = read_label(message.author, phase=phase, acts=acts, risk=risk)
                at = (message.number, message.position)
                put_label(connection, "shown", at, annotator.place, label, changes=1, now=NOW)
        finish(place, "shown", by=person, clock=clock)
    found = {each.axis: each for each in report(place, "shown", by="clara").anchoring}
    assert found["risk"].shown == 1
    assert found["risk"].blind == 0
    assert found["phase"].shown == 1 > found["phase"].blind
