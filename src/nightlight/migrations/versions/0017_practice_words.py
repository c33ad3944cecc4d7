"""The texter's words with the steps they say, so that no model is asked again for what was said."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    # JSON list of objects: step, messages, line, by, refused; NULL = from before this revision
    op.add_column("practice_events", sa.Column("words", sa.String))


def downgrade() -> None:
    op.drop_column("practice_events", "words")
