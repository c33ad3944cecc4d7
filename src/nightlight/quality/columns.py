"""The tables of schema `quality`: their columns, what names a person, and what each column says."""

from nightlight.lakehouse.published import Column
from nightlight.lakehouse.tables import IDENTITY

CONVERSATION = Column("string", "The conversation's id; those of the line's tables are numbers there")
COUNSELOR = Column("string", "Who answered, by the roster's number", IDENTITY)
RULE = Column("string", "The rule that found it (docs/flags.md)")
SEVERITY = Column("string", "How soon somebody has to look: page, high, medium, low")
LABELLER = Column("string", "Version of the labeller it rests on")

COMMENTS = {
    "flags": "Flags of conversations and what became of them; not a word of what was written, no notes",
    "reviews": "What people decided about flags, one row each time, with how long it took",
    "corrections": "Labels that somebody says are wrong, and whether a second person agreed",
    "samples": "Conversations drawn at random, and whether somebody found a problem in them",
}
COLUMNS: dict[str, dict[str, Column]] = {
    "flags": {
        "flag": Column("int64", "The flag's number"),
        "conversation": CONVERSATION,
        "source": Column("string", "live: sent message by message; line: taken in from the tables"),
        "counselor": COUNSELOR,
        "partner": Column("string", "Which partner's conversation it is, empty for the line's own"),
        "rule": RULE,
        "rule_version": Column("int64", "Its version"),
        "severity": SEVERITY,
        "state": Column("string", "open, confirmed, dismissed, or cleared: its reason went away by itself"),
        "probability": Column("double", "That it is so; empty where nothing was estimated"),
        "labeller": LABELLER,
        "raised_at": Column("timestamp", "When it was raised, the last time"),
        "cleared_at": Column("timestamp", "When its reason went away"),
        "decided_by": Column("string", "Who decided about it", IDENTITY),
        "decided_at": Column("timestamp", "When"),
        "reason": Column("string", "Of a dismissal: not_so, assessed_elsewhere, label_wrong, known_and_handled, test"),
        "risk": Column("int64", "The conversation's highest level of risk, 0 to 4"),
        "messages": Column("int64", "How many messages the conversation has"),
        "conversation_ended_at": Column("timestamp", "When the conversation ended; empty while it runs"),
    },
    "reviews": {
        "review": Column("int64", "The review's number"),
        "flag": Column("int64", "The flag's number"),
        "conversation": CONVERSATION,
        "counselor": COUNSELOR,
        "rule": RULE,
        "severity": SEVERITY,
        "event": Column("string", "confirmed, dismissed, or reopened: a decision was taken back"),
        "reviewer": Column("string", "Who decided", IDENTITY),
        "reviewed_at": Column("timestamp", "When"),
        "reason": Column("string", "Of a dismissal"),
        "seconds": Column("double", "How long they looked; empty where nobody knows"),
    },
    "corrections": {
        "correction": Column("int64", "The correction's number"),
        "conversation": CONVERSATION,
        "counselor": COUNSELOR,
        "message_id": Column("string", "The message's id"),
        "axis": Column("string", "phase, acts, risk"),
        "before": Column("string", "What stood there, as JSON"),
        "after": Column("string", "What should stand there, as JSON"),
        "labeller": LABELLER,
        "corrected_by": Column("string", "Who says so", IDENTITY),
        "corrected_at": Column("timestamp", "When"),
        "state": Column("string", "proposed, accepted, rejected"),
        "reviewed_by": Column("string", "The second person", IDENTITY),
        "reviewed_at": Column("timestamp", "When"),
    },
    "samples": {
        "sample": Column("int64", "The sample's number"),
        "conversation": CONVERSATION,
        "counselor": COUNSELOR,
        "drawn_by": Column("string", "Who drew the sample, and so lets others open it", IDENTITY),
        "drawn_at": Column("timestamp", "When"),
        "open_until": Column("timestamp", "Until when it may be read"),
        "is_open": Column("bool", "Whether it may be read now: nobody has answered, and there is time left"),
        "answered_by": Column("string", "Who read it", IDENTITY),
        "answered_at": Column("timestamp", "When"),
        "is_problem": Column("bool", "Whether they found a problem; empty: not read yet, or they could not tell"),
        "kinds": Column("strings", "The rules that would name what they found"),
        "seconds": Column("double", "How long they looked; empty where nobody knows"),
    },
}
