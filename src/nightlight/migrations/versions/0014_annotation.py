"""Annotation: sets of conversations, who labels them, each one's labels, and what was decided where they differ."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "annotation_sets",
        _text("name", primary_key=True),
        _text("kind"),  # invented, consented
        _text("purpose", nullable=True),  # that consented conversations are read for
        _text("labeller"),  # whose labels annotators are shown; "" = nobody's
        _text("made_by"),
        _moment("made_at"),
        _moment("closed_at", nullable=True),
    )
    op.create_table(
        "annotation_annotators",
        _text("set_name"),
        _number("place"),  # 1, 2
        _text("person"),
        _moment("done_at", nullable=True),
        sa.PrimaryKeyConstraint("set_name", "place"),
    )
    op.create_table(
        "annotation_conversations",
        _text("set_name"),
        _number("number"),
        _text("conversation"),
        _number("shows_labels"),  # 1 = annotators see the labeller's labels
        sa.PrimaryKeyConstraint("set_name", "number"),
    )
    op.create_index("annotation_conversations_by_id", "annotation_conversations", ["conversation"])
    op.create_table(
        "annotation_messages",
        _text("set_name"),
        _number("number"),
        _number("position"),
        _text("message_id"),
        _text("author"),
        _moment("sent_at", nullable=True),
        _text("text", nullable=True),  # NULL = kept no longer
        _text("suggested", nullable=True),  # JSON: the labeller's labels
        sa.PrimaryKeyConstraint("set_name", "number", "position"),
    )
    op.create_table(
        "annotation_labels",
        _text("set_name"),
        _number("number"),
        _number("position"),
        _number("place"),
        _text("label"),  # JSON
        _number("unsure"),  # 1 = the annotator says so
        _number("changes"),  # how often it was written
        _moment("labelled_at"),
        sa.PrimaryKeyConstraint("set_name", "number", "position", "place"),
    )
    op.create_table(
        "annotation_decisions",
        _text("set_name"),
        _number("number"),
        _number("position"),
        _text("label"),  # JSON
        _text("decided_by"),
        _moment("decided_at"),
        sa.PrimaryKeyConstraint("set_name", "number", "position"),
    )


def downgrade() -> None:
    for table in ("decisions", "labels", "messages", "conversations", "annotators", "sets"):
        op.drop_table(f"annotation_{table}")


def _text(name: str, *, nullable: bool = False, **options: Any) -> "sa.Column[str]":
    return sa.Column(name, sa.String, nullable=nullable, **options)


def _number(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
