"""Quality: conversations with their flags, live messages, reviews, corrections, shifts, openings of text."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    _cases()
    _flags()
    _people()


def _cases() -> None:
    op.create_table(
        "quality_cases",
        _text("conversation", primary_key=True),
        _text("source"),  # live: sent message by message; line: taken in from the tables
        _text("counselor", nullable=True),
        _text("partner", nullable=True),
        _moment("began_at"),
        _moment("last_at"),
        _moment("ended_at", nullable=True),
        _text("ended_by"),  # texter, counselor; "" = nobody said so
        sa.Column("risk", sa.Integer, nullable=False),  # the highest level so far
        sa.Column("messages", sa.Integer, nullable=False),
        _text("labeller"),
        sa.Column("changes", sa.Integer, nullable=False),  # grows with every event
        sa.Column("read_at_change", sa.Integer, nullable=False),  # up to which labels and flags are
        _moment("text_gone_at", nullable=True),
    )
    op.create_index("quality_cases_by_end", "quality_cases", ["ended_at", "last_at"])
    op.create_index("quality_cases_by_counselor", "quality_cases", ["counselor", "last_at"])
    op.create_table(
        "quality_messages",
        _text("conversation"),
        _text("message_id"),
        sa.Column("arrived", sa.Integer, nullable=False),  # the number of the change that brought it
        _text("author"),
        _moment("sent_at"),
        _text("text", nullable=True),  # NULL = kept no longer
        _text("labels", nullable=True),  # JSON; NULL = not read yet
        sa.PrimaryKeyConstraint("conversation", "message_id"),
    )
    op.create_index("quality_messages_in_order", "quality_messages", ["conversation", "sent_at", "arrived"])


def _flags() -> None:
    op.create_table(
        "quality_flags",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("conversation"),
        _text("rule"),
        sa.Column("rule_version", sa.Integer, nullable=False),
        _text("severity"),
        _text("why"),
        _text("message_ids"),  # a JSON list
        sa.Column("probability", sa.Float),
        _text("labeller"),
        _moment("raised_at"),
        _moment("cleared_at", nullable=True),
        _text("state"),  # open, confirmed, dismissed, cleared
        _text("decided_by", nullable=True),
        _moment("decided_at", nullable=True),
        _text("reason", nullable=True),
        _text("note", nullable=True),
        sa.UniqueConstraint("conversation", "rule"),
    )
    op.create_index("quality_flags_by_state", "quality_flags", ["state", "severity"])
    op.create_table(
        "quality_flag_events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("flag", sa.Integer, nullable=False),
        _text("event"),  # raised, cleared, confirmed, dismissed, reopened
        _moment("at"),
        _text("person"),  # "" = a rule
        _text("severity"),
        _text("reason"),
        _text("note"),
        sa.Column("seconds", sa.Float),  # that a review took; NULL = no review
    )
    op.create_index("quality_flag_events_by_flag", "quality_flag_events", ["flag"])
    op.create_table(
        "quality_corrections",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("conversation"),
        _text("message_id"),
        _text("axis"),  # phase, acts, risk
        _text("old"),  # JSON
        _text("new"),  # JSON
        _text("reason"),
        _text("labeller"),
        _text("corrected_by"),
        _moment("corrected_at"),
        _text("state"),  # proposed, accepted, rejected
        _text("reviewed_by", nullable=True),
        _moment("reviewed_at", nullable=True),
    )
    op.create_index("quality_corrections_by_conversation", "quality_corrections", ["conversation"])


def _people() -> None:
    op.create_table(
        "quality_shifts",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("person"),
        _moment("began_at"),
        _moment("ends_at"),
        _moment("ended_at", nullable=True),
    )
    op.create_index("quality_shifts_by_person", "quality_shifts", ["person", "began_at"])
    op.create_table(
        "quality_openings",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("conversation"),
        _text("person"),
        _text("kind"),  # asked, emergency
        _text("reason"),
        _moment("asked_at"),
        _text("seconded_by", nullable=True),  # who approved it, or looked at an emergency's afterwards
        _moment("seconded_at", nullable=True),
        _moment("declined_at", nullable=True),
        _moment("valid_until", nullable=True),
    )
    op.create_index("quality_openings_by_person", "quality_openings", ["person", "conversation"])


def downgrade() -> None:
    for table in ("openings", "shifts", "corrections", "flag_events", "flags", "messages", "cases"):
        op.drop_table(f"quality_{table}")


def _text(name: str, *, nullable: bool = False, **options: Any) -> "sa.Column[str]":
    return sa.Column(name, sa.String, nullable=nullable, **options)


def _moment(name: str, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
