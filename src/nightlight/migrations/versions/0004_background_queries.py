"""Background queries: who asked what, how far it is, whose its result is."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "background_queries",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("principal", sa.String, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("schema_name", sa.String, nullable=False),  # "" = none
        sa.Column("statement", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),  # running, done, failed
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("progress", sa.Float, nullable=False),  # 0 to 1
        sa.Column("rows", sa.BigInteger),
        sa.Column("standing", sa.String, nullable=False),  # of what could be read: a change closes the result
        sa.Column("detail", sa.String, nullable=False),
    )
    op.create_index("background_queries_by_principal", "background_queries", ["principal", "started_at"])


def downgrade() -> None:
    op.drop_table("background_queries")
