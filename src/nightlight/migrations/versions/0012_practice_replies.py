"""What the texter said to an event, so that a newer engine never changes a conversation that was had."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    # JSON: [[text, seconds], ..]; NULL = from before this revision: what the engine says today stands in its place
    op.add_column("practice_events", sa.Column("replies", sa.String))
    op.add_column("practice_events", sa.Column("outcome", sa.String))  # how the event ended it; NULL = it went on


def downgrade() -> None:
    op.drop_column("practice_events", "outcome")
    op.drop_column("practice_events", "replies")
