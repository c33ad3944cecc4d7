"""Requests for access: who asks for what and why, who decided and why."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "access_requests",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("principal", sa.String, nullable=False),  # who asks
        sa.Column("table_name", sa.String, nullable=False),
        sa.Column("columns", sa.String, nullable=False),  # a JSON list; [] = what is neither text nor identity
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),  # open, granted, refused, withdrawn
        sa.Column("approvals_needed", sa.Integer, nullable=False),  # 2 where a column was text when it was asked for
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
    )
    op.create_index("access_requests_by_state", "access_requests", ["state", "made_at"])
    op.create_table(
        "access_decisions",
        sa.Column("request", sa.Integer, nullable=False),
        sa.Column("decided_by", sa.String, nullable=False),
        sa.Column("is_approval", sa.Integer, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("request", "decided_by"),  # nobody approves twice
    )


def downgrade() -> None:
    op.drop_table("access_decisions")
    op.drop_table("access_requests")
