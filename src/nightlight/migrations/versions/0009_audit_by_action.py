"""The audit by action and by time: what adoption counts, and what somebody searches for in a range of days."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_index("audit_by_action", "audit", ["action", "sequence"])
    # Covers what is counted over all of a period, so that no record has to be read for it.
    op.create_index("audit_by_time", "audit", ["at", "outcome", "action", "principal", "tables"])


def downgrade() -> None:
    op.drop_index("audit_by_time", "audit")
    op.drop_index("audit_by_action", "audit")
