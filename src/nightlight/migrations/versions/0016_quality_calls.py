"""Quality: whom a flag that cannot wait was told, and where somebody on duty is told."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "quality_calls",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("event", sa.Integer, nullable=False),  # of the flag: that it was raised
        sa.Column("flag", sa.Integer, nullable=False),
        _text("conversation"),
        sa.Column("turn", sa.Integer, nullable=False),  # 1, and 2 where nobody came
        _moment("not_before"),  # while somebody tries, and after they failed
        _text("problem", nullable=True),  # why it could not be told so far
        _moment("told_at", nullable=True),
        _text("told", nullable=True),  # people on duty, by name; "" = the home's alert address
        _moment("answered_at", nullable=True),  # when the first person opened the conversation
        sa.UniqueConstraint("event", "turn"),
    )
    op.create_index("quality_calls_by_conversation", "quality_calls", ["conversation"])
    op.add_column("quality_shifts", _text("mail", nullable=True))


def downgrade() -> None:
    op.drop_column("quality_shifts", "mail")
    op.drop_table("quality_calls")


def _text(name: str, *, nullable: bool = False, **options: Any) -> "sa.Column[str]":
    return sa.Column(name, sa.String, nullable=nullable, **options)


def _moment(name: str, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
