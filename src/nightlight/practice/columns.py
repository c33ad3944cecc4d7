"""The tables of schema `practice`: their columns, what is text or names a person, and what each column says."""

from typing import TYPE_CHECKING, NamedTuple

from nightlight.lakehouse.tables import COMMENT, IDENTITY, SENSITIVITY, TEXT

if TYPE_CHECKING:
    import pyarrow as pa


class Column(NamedTuple):
    type: str
    comment: str
    sensitivity: str = ""


SESSION = Column("string", "The session's id")
PERSON = Column("string", "The user who practised", IDENTITY)
PLAYED = Column("bool", "Always true: the texter of practice is played by the product, nobody was in need")
TURN = Column("int64", "The turn's number in its session; the texter's opening is 0")
LABELLER = Column("string", "Version of the labeller that gave the labels")

APPENDED = ("sessions", "messages", "turns", "acts", "rubric_items")
REWRITTEN = ("self_efficacy", "corrections", "assignments", "cohort_members", "roleplays")
COMMENTS = {
    "sessions": "Practice sessions that ended; those that were stopped are nowhere",
    "messages": "What was written in practice sessions, by the counselor and by the played texter",
    "turns": "The played texter's state after every turn of a session",
    "acts": "Which acts each counselor's message of a session does",
    "rubric_items": "The session rubric as it was when the session ended, one row per item",
    "self_efficacy": "How sure people say they are of each task, before their training and after it",
    "corrections": "What trainers corrected: labels and rubric items, with what stood there before",
    "assignments": "What cohorts were given to practise",
    "cohort_members": "Who is in which cohort",
    "roleplays": "Cards and scripts with the state of their approval",
}
COLUMNS: dict[str, dict[str, Column]] = {
    "sessions": {
        "session": SESSION,
        "person": PERSON,
        "card": Column("string", "The card that was played"),
        "card_version": Column("int64", "Its version"),
        "difficulty": Column("int64", "Of the card: 1 easy, 2 medium, 3 hard"),
        "kind": Column("string", "practice, or assessment: without feedback, with criteria fixed before"),
        "mode": Column("string", "Feedback while practising: off, nudge, coach"),
        "assignment": Column("string", "The assignment it was for, empty without one"),
        "is_branch": Column("bool", "Whether it is another course of an earlier session"),
        "labeller": LABELLER,
        "began_at": Column("timestamp", "When it began"),
        "ended_at": Column("timestamp", "When it ended"),
        "seconds": Column("double", "How long it lasted, pauses not counted"),
        "messages": Column("int64", "The counselor's messages"),
        "outcome": Column("string", "How it ended: end, safety_plan, supervisor, emergency, left"),
        "is_passed": Column("bool", "Of an assessment: whether it was passed"),
        "rubric_share": Column("double", "Points of the rubric's assessed items, as a share of those possible"),
        "is_demo": Column("bool", "Invented for the demo: no person practised"),
        "is_played": PLAYED,
    },
    "messages": {
        "session": SESSION,
        "person": PERSON,
        "turn": TURN,
        "number": Column("int64", "Place within the turn"),
        "author": Column("string", "counselor (the one who practised) or texter (played)"),
        "seconds": Column("double", "Since the session began"),
        "text": Column("string", "What was written", TEXT),
        "is_played": PLAYED,
    },
    "turns": {
        "session": SESSION,
        "person": PERSON,
        "turn": TURN,
        "event": Column("string", "said, waited, supervisor, closed; empty for the opening"),
        "seconds": Column("double", "Since the session began"),
        "phase": Column("string", "Phase of the conversation after the turn"),
        "trust": Column("double", "Of the played texter, 0 to 1"),
        "openness": Column("double", "Of the played texter, 0 to 1"),
        "distress": Column("double", "Of the played texter, 0 to 1"),
        "hope": Column("double", "Of the played texter, 0 to 1"),
        "patience": Column("double", "Of the played texter, 0 to 1"),
        "facts_told": Column("int64", "How many of the card's facts had been told"),
        "rungs_told": Column("int64", "How many rungs of the risk ladder had been answered"),
        "is_played": PLAYED,
    },
    "acts": {
        "session": SESSION,
        "person": PERSON,
        "turn": TURN,
        "act": Column("string", "What the counselor's message does"),
        "probability": Column("double", "How sure the labeller is"),
        "labeller": LABELLER,
        "is_played": PLAYED,
    },
    "rubric_items": {
        "session": SESSION,
        "person": PERSON,
        "item": Column("string", "The rubric's item"),
        "score": Column("int64", "0 not shown, 1 partly, 2 shown; empty: not assessed"),
        "is_knock_out": Column("bool", "Whether an assessment fails without it"),
        "is_played": PLAYED,
    },
    "self_efficacy": {
        "person": PERSON,
        "moment": Column("string", "before or after the training"),
        "task": Column("string", "What they were asked about"),
        "score": Column("int64", "0 not sure at all, 10 quite sure"),
        "answered_at": Column("timestamp", "When"),
    },
    "corrections": {
        "session": SESSION,
        "person": PERSON,
        "turn": TURN,
        "item": Column("string", "The rubric's item, empty for labels"),
        "before": Column("string", "What stood there, as JSON"),
        "after": Column("string", "What should stand there, as JSON"),
        "labeller": LABELLER,
        "corrected_by": Column("string", "The trainer", IDENTITY),
        "corrected_at": Column("timestamp", "When"),
        "is_played": PLAYED,
    },
    "assignments": {
        "assignment": Column("string", "The assignment's id"),
        "cohort": Column("string", "Who was to practise"),
        "kind": Column("string", "practice or assessment"),
        "skill": Column("string", "The rubric item it was for, empty without one"),
        "cards": Column("int64", "How many cards it has"),
        "needed": Column("int64", "How many had to be done"),
        "made_at": Column("timestamp", "When it was given"),
        "due_at": Column("timestamp", "By when it was to be done"),
        "ended_at": Column("timestamp", "When it was taken back"),
    },
    "cohort_members": {
        "cohort": Column("string", "The cohort's name"),
        "person": PERSON,
        "added_at": Column("timestamp", "Since when"),
        "trainer": Column("string", "Whose cohort it is", IDENTITY),
        "is_pilot": Column("bool", "Whether the cohort tries assignments first"),
    },
    "roleplays": {
        "kind": Column("string", "card or script"),
        "name": Column("string", "Its id"),
        "version": Column("int64", "The version's number"),
        "state": Column("string", "draft, in_review, approved, retired, or starter: shipped, not approved here"),
        "topics": Column("string", "Its topics, by commas"),
        "difficulty": Column("int64", "1 easy, 2 medium, 3 hard"),
        "authors": Column("string", "Who wrote it, by commas", IDENTITY),
        "reviewers": Column("string", "Who reviewed it, by commas", IDENTITY),
        "approved_at": Column("timestamp", "When"),
        "expires_at": Column("timestamp", "Until when it may be played"),
    },
}


def schema_of(name: str) -> "pa.Schema":
    import pyarrow as pa

    kinds = {
        "string": pa.string(),
        "int64": pa.int64(),
        "double": pa.float64(),
        "bool": pa.bool_(),
        "timestamp": pa.timestamp("us", "UTC"),
    }
    return pa.schema(
        [pa.field(column, kinds[each.type], metadata=_metadata(each)) for column, each in COLUMNS[name].items()]
    )


def _metadata(column: Column) -> dict[bytes, bytes]:
    found = {COMMENT: column.comment.encode(), SENSITIVITY: column.sensitivity.encode()}
    return {key: value for key, value in found.items() if value}
