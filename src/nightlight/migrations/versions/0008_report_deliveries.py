"""Scheduled reports: when each was last sent to whom, so that a restart repeats none and skips none."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "report_deliveries",
        sa.Column("report", sa.String, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recipient", sa.String, nullable=False),  # an address
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("error", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("report", "due_at", "recipient"),
    )


def downgrade() -> None:
    op.drop_table("report_deliveries")
