"""Quality: random samples that are read beside the queue, and labels counted by week."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "quality_samples",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("drawn_by"),
        _moment("drawn_at"),
        _moment("since"),  # conversations that ended from then
        _moment("open_until"),
    )
    op.create_table(
        "quality_sampled",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sample", sa.Integer, nullable=False),
        _text("conversation"),
        _text("answered_by", nullable=True),
        _moment("answered_at", nullable=True),
        _text("answer", nullable=True),  # problem, nothing, unclear
        _text("kinds"),  # a JSON list of rules
        _text("note", nullable=True),
        sa.Column("seconds", sa.Float),
        sa.UniqueConstraint("sample", "conversation"),
    )
    op.create_index("quality_sampled_by_conversation", "quality_sampled", ["conversation"])
    op.create_table(
        "quality_label_weeks",
        _text("source"),  # live, line
        sa.Column("week", sa.Date, nullable=False),  # its Monday
        _text("labeller"),
        _text("axis"),  # phase, acts, risk, confidence, read; conversations
        _text("label"),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("probability", sa.Float),  # the sum over those that have one
        sa.PrimaryKeyConstraint("source", "week", "labeller", "axis", "label"),
    )
    op.create_table(
        "quality_label_counts",
        _text("source", primary_key=True),
        _text("mark"),  # what was counted: a table's version, a day
        _moment("counted_at"),
    )
    op.create_table(
        "quality_references",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("source"),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
        _text("chosen_by"),
        _moment("chosen_at"),
    )


def downgrade() -> None:
    for table in ("references", "label_counts", "label_weeks", "sampled", "samples"):
        op.drop_table(f"quality_{table}")


def _text(name: str, *, nullable: bool = False, **options: Any) -> "sa.Column[str]":
    return sa.Column(name, sa.String, nullable=nullable, **options)


def _moment(name: str, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
