"""The audit: a chain of records, and its head, which every append locks, moves and signs."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column(
            "sequence", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False
        ),
        # What is searched for; all of it, and the rest, stands in `record`, which alone is hashed.
        sa.Column("at", sa.String, nullable=False),  # ISO 8601, UTC, microseconds: sorts as text, the same everywhere
        sa.Column("action", sa.String, nullable=False),
        sa.Column("principal", sa.String, nullable=False),
        sa.Column("purpose", sa.String),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("tables", sa.String, nullable=False),
        sa.Column("record", sa.Text, nullable=False),  # canonical JSON
        sa.Column("hash", sa.String, nullable=False),
    )
    op.create_index("audit_by_principal", "audit", ["principal", "sequence"])
    op.create_index("audit_by_outcome", "audit", ["outcome", "sequence"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "sequence": 0, "hash": "0" * 64}])


def downgrade() -> None:
    op.drop_table("audit_head")
    op.drop_table("audit")
