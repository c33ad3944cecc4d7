"""What each turn of practice asked of a model, in numbers, for live checks: no text."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "practice_wordings",
        sa.Column("session", sa.String, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("wording", sa.String, nullable=False),  # as it is kept with sessions: its name and its model
        sa.Column("is_shadow", sa.Integer, nullable=False),  # asked for the same lines, heard by nobody
        sa.Column("asked", sa.Integer, nullable=False),  # lines
        sa.Column("spoken", sa.Integer, nullable=False),  # in the model's words
        sa.Column("leaks", sa.Integer, nullable=False),  # taken back: they would have told too much
        sa.Column("fallbacks", sa.String, nullable=False),  # a JSON object: reason, lines
        sa.Column("seconds", sa.String, nullable=False),  # a JSON list, one number a line
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("session", "turn", "is_shadow"),
    )
    op.create_index("practice_wordings_by_moment", "practice_wordings", ["at"])


def downgrade() -> None:
    op.drop_table("practice_wordings")
