"""Messages of a conversation as its page numbers, marks and divides them."""

from dataclasses import replace
from datetime import timedelta

from tests.web.conftest import NOW

from nightlight.conversations.conversation import Conversation, Message
from nightlight.conversations.labels import Author, CoarsePhase, Phase
from nightlight.labelling.conversation import LabelledConversation, LabelledMessage
from nightlight.quality.flags.declared import Severity
from nightlight.quality.store import QueuedFlag, State
from nightlight.web.quality.conversation_view import PER_PAGE, in_order, lines_of, sections


def label(message: str, phase: Phase = Phase.EXPLORATION) -> LabelledMessage:
    return LabelledMessage(message, Author.TEXTER, NOW, phase, CoarsePhase.ASSESSMENT, 0.9, None, None)


LABELS = LabelledConversation("c", (label("m1", Phase.ENGAGEMENT), label("m2"), label("m3")), "labels-1", online=True)
TEXT = Conversation("c", tuple(Message(f"m{number}", Author.TEXTER, f"words {number}") for number in (1, 2, 3, 4)))
FLAG = QueuedFlag(
    1,
    "c",
    "stuck",
    1,
    Severity.MEDIUM,
    "Why.",
    ("m2",),
    None,
    "labels-1",
    NOW,
    None,
    State.OPEN,
    None,
    None,
    None,
    None,
)


def test_closed_it_has_labels_and_no_words() -> None:
    lines = lines_of(LABELS, None, [FLAG])
    assert [(line.number, line.id, line.text, line.shows) for line in lines] == [
        (1, "m1", None, ()),
        (2, "m2", None, (FLAG,)),
        (3, "m3", None, ()),
    ]


def test_opened_it_has_the_words_and_what_was_not_read_yet_has_no_label() -> None:
    lines = lines_of(LABELS, TEXT, [])
    assert [line.text for line in lines] == ["words 1", "words 2", "words 3", "words 4"]
    assert [line.label is None for line in lines] == [False, False, False, True]


def test_without_labels_it_can_still_be_read() -> None:
    assert [line.label for line in lines_of(None, TEXT, [])] == [None] * 4
    assert lines_of(None, None, [FLAG]) == ()


def test_what_went_away_is_no_evidence_any_more() -> None:
    assert lines_of(LABELS, None, [replace(FLAG, state=State.CLEARED)])[1].shows == ()
    assert lines_of(LABELS, None, [replace(FLAG, state=State.CONFIRMED)])[1].shows != ()


def test_sections_follow_the_phases() -> None:
    found = sections(lines_of(LABELS, None, []))
    assert [(section.phase, len(section.lines)) for section in found] == [(Phase.ENGAGEMENT, 1), (Phase.EXPLORATION, 2)]


def test_long_conversations_come_in_parts() -> None:
    many = LabelledConversation("c", tuple(label(f"m{n}") for n in range(2 * PER_PAGE + 1)), "labels-1", online=True)
    pages = [line.page for line in lines_of(many, None, [])]
    assert [pages.count(page) for page in (1, 2, 3)] == [PER_PAGE, PER_PAGE, 1]


def test_what_waits_comes_first_and_the_severest_of_it_on_top() -> None:
    page = replace(FLAG, id=2, severity=Severity.PAGE)
    decided = replace(FLAG, id=3, severity=Severity.PAGE, state=State.DISMISSED)
    gone = replace(FLAG, id=4, severity=Severity.HIGH, state=State.CLEARED)
    later = replace(FLAG, id=5, raised_at=NOW + timedelta(minutes=1))
    assert [flag.id for flag in in_order([gone, decided, later, FLAG, page])] == [2, 1, 5, 3, 4]
