"""Sets hold invented conversations, or real ones with consent and a purpose; two different people label each."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.quality.annotation.conftest import NOW, clock, label_all

from nightlight.catalog.statements import read_statements
from nightlight.conversations.scripts import Script
from nightlight.db import rows_of, transaction
from nightlight.errors import NightlightError
from nightlight.quality.annotation.labelling import open_conversation
from nightlight.quality.annotation.report import report
from nightlight.quality.annotation.sets import (
    close,
    find_set,
    finish,
    list_sets,
    make_consented_set,
    make_invented_set,
    progress_by_conversation,
)
from nightlight.quality.annotation.store import Kind, erase_conversation, messages_of
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

SAID = "it was a long day and i dont know where to start"


@pytest.fixture
def consented(tmp_path: Path) -> Callable[..., Path]:
    """A file of two conversations, the second with the consent that is given."""

    def write(consent: object = True) -> Path:
        talk = [{"author": "texter", "text": SAID}, {"author": "counselor", "text": "Take your time."}]
        rows = [
            {"id": "c1", "consent": True, "messages": talk},
            {"id": "c2", "consent": consent, "messages": talk},
        ]
        file = tmp_path / "own.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return file

    return write


def make(home: Home, file: Path, *, purpose: str = "quality_review", by: str = "clara") -> None:
    make_consented_set(home, "own", file, purpose=purpose, annotators=["ana", "bea"], by=by, clock=clock)


def test_a_set_is_there_for_its_annotators_and_who_manages_quality(pilot: Home) -> None:
    assert [[each.name for each in list_sets(pilot, by=who)] for who in ("ana", "clara", "sam")] == [
        ["pilot"],
        ["pilot"],
        [],
    ]
    with pytest.raises(NightlightError, match="there is no such set"):
        find_set(pilot, "pilot", by="sam")
    with pytest.raises(NightlightError, match="does not have EXECUTE"):
        find_set(pilot, "pilot", by="otto")


def test_only_who_manages_quality_makes_a_set(
    place: Home, scripts: list[Script], acts_of: Callable[[Home], list[tuple[str, str, str]]]
) -> None:
    with pytest.raises(NightlightError, match="does not have MANAGE"):
        make_invented_set(place, "pilot", scripts[:1], annotators=["ana", "bea"], by="sam", clock=clock)
    assert acts_of(place)[-1] == ("make annotation set", "sam", "refused")
    make_invented_set(place, "pilot", scripts[:1], annotators=["ana", "bea"], by="clara", clock=clock)
    assert acts_of(place)[-1] == ("make annotation set", "clara", "done")


@pytest.mark.parametrize(
    ("annotators", "what"),
    [
        (["ana", "ana"], "two different people"),
        (["ana"], "two different people"),
        (["ana", "bea", "sam"], "two different people"),
        (["ana", "otto"], "'otto' does not have EXECUTE"),
        (["ana", "nobody"], "'nobody' does not have EXECUTE"),
    ],
)
def test_two_different_people_who_may_look_at_quality_label_a_set(
    place: Home, scripts: list[Script], annotators: list[str], what: str
) -> None:
    with pytest.raises(NightlightError, match=what):
        make_invented_set(place, "pilot", scripts[:1], annotators=annotators, by="clara", clock=clock)


def test_a_name_is_taken_once_and_is_plain(pilot: Home, scripts: list[Script]) -> None:
    for name, what in (("pilot", "there is a set 'pilot' already"), ("Pilot 1/2", "no name of a set")):
        with pytest.raises(NightlightError, match=what):
            make_invented_set(pilot, name, scripts[:1], annotators=["ana", "bea"], by="clara", clock=clock)


def test_scripts_come_without_the_labels_they_were_written_with(pilot: Home, scripts: list[Script]) -> None:
    with transaction(pilot.database_url) as connection:
        held = messages_of(connection, "pilot")
        kept = rows_of(connection, "annotation_messages", "position")
    assert [each.text for each in held if each.number == 1] == [each.text for each in scripts[0].messages]
    assert all(row["suggested"] is None for row in kept)


def test_real_conversations_need_consent_on_each(place: Home, consented: Callable[..., Path]) -> None:
    for consent in (False, None, "yes", 1):
        with pytest.raises(NightlightError, match=r"own\.jsonl:2: no consent is recorded") as refused:
            make(place, consented(consent))
        assert SAID not in str(refused.value)
    assert list_sets(place, by="clara") == []
    make(place, consented())
    assert [each.kind for each in list_sets(place, by="clara")] == [Kind.CONSENTED]


@pytest.mark.parametrize(
    ("purpose", "what"),
    [
        ("care", "not for labelling conversations; name one of the kind quality or training"),
        ("none", "there is no purpose 'none'"),
    ],
)
def test_real_conversations_need_a_purpose_of_quality_or_training(
    place: Home, consented: Callable[..., Path], purpose: str, what: str
) -> None:
    with pytest.raises(NightlightError, match=what):
        make(place, consented(), purpose=purpose)


def test_whoever_loses_the_purpose_reads_no_real_conversation_any_more(
    place: Home, consented: Callable[..., Path]
) -> None:
    make(place, consented())
    assert open_conversation(place, "own", 1, by="ana").messages[0].text == SAID
    taken = "REVOKE PURPOSE quality_review FROM raters;"
    apply_policies(place, list(read_statements(taken, "p.sql")), by="root", text=taken)
    with pytest.raises(NightlightError, match="'quality_review' is not allowed to ana"):
        open_conversation(place, "own", 1, by="ana")


def test_the_text_of_real_conversations_goes_when_a_set_is_closed(place: Home, consented: Callable[..., Path]) -> None:
    make(place, consented())
    for person in ("ana", "bea"):
        label_all(place, person, name="own")
    with pytest.raises(NightlightError, match="does not have MANAGE"):
        close(place, "own", by="ana", clock=clock)
    assert close(place, "own", by="clara", clock=clock).closed_at == NOW
    with transaction(place.database_url) as connection:
        assert {each.text for each in messages_of(connection, "own")} == {None}
    with pytest.raises(NightlightError, match="the text of its conversations is kept no longer"):
        open_conversation(place, "own", 1, by="ana")
    assert report(place, "own", by="clara").messages == 4


def test_an_erased_conversation_leaves_nothing_in_any_set(place: Home, consented: Callable[..., Path]) -> None:
    make(place, consented())
    for person in ("ana", "bea"):
        label_all(place, person, name="own")
    assert erase_conversation(place, "c1") == 1
    assert erase_conversation(place, "c1") == 0
    assert report(place, "own", by="clara").conversations == 1
    with transaction(place.database_url) as connection:
        for table in ("conversations", "messages", "labels"):
            assert {row["number"] for row in rows_of(connection, f"annotation_{table}", "number")} == {2}


def test_progress_shows_an_annotator_nothing_of_the_other(pilot: Home) -> None:
    label_all(pilot, "bea")
    _, mine = find_set(pilot, "pilot", by="ana")
    assert [(each.annotator.person, each.labelled) for each in mine] == [("ana", 0)]
    _, both = find_set(pilot, "pilot", by="clara")
    assert [(each.annotator.person, each.labelled > 0) for each in both] == [("ana", False), ("bea", True)]


def test_nobody_is_done_while_a_message_has_no_label(
    pilot: Home, acts_of: Callable[[Home], list[tuple[str, str, str]]]
) -> None:
    with pytest.raises(NightlightError, match="messages have no label of yours yet; label them first"):
        finish(pilot, "pilot", by="ana", clock=clock)
    label_all(pilot, "ana")
    assert acts_of(pilot)[-1] == ("finish annotation", "ana", "done")
    assert all(each.is_labelled for each in progress_by_conversation(pilot, "pilot", by="ana"))
