"""Notebook workspaces: each with the service principal whose grants its notebooks use, and tickets to enter one."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "workspaces",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("principal", sa.String, nullable=False),  # a service principal
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("port", sa.Integer, nullable=False),  # on which its server listens; 0 = any that is free
        sa.Column("url", sa.String, nullable=False),  # where browsers reach it; "" = this machine, at its port
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String, nullable=False),
    )
    op.create_table(
        "workspace_tickets",  # hand a signed-in person from the pages to a notebook server; good once, for a minute
        sa.Column("secret_hash", sa.String, primary_key=True),
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("principal", sa.String, nullable=False),
        sa.Column("session", sa.String, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("workspace_tickets")
    op.drop_table("workspaces")
