"""Column and table lineage, as pipelines report it."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "lineage",
        sa.Column("target_table", sa.String, nullable=False),
        sa.Column("target_column", sa.String, nullable=False),  # "" = the table as a whole
        sa.Column("source_table", sa.String, nullable=False),
        sa.Column("source_column", sa.String, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("target_table", "target_column", "source_table", "source_column"),
    )
    op.create_index("lineage_by_source", "lineage", ["source_table", "source_column"])


def downgrade() -> None:
    op.drop_table("lineage")
