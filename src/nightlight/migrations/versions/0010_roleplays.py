"""Role-plays: cards and scripts as documents with versions and reviews, kept by the studio."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "roleplay_versions",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("kind", sa.String, nullable=False),  # card, script
        sa.Column("state", sa.String, nullable=False),  # draft, in_review, approved, retired, starter
        sa.Column("source", sa.Text, nullable=False),  # as the corpus' text file
        sa.Column("principles", sa.Text, nullable=False),  # a JSON list
        sa.Column("authors", sa.String, nullable=False),  # a JSON list of names
        sa.Column("changelog", sa.String, nullable=False),
        sa.Column("tests", sa.Text, nullable=False),  # the card tests' report as JSON, "" = none yet
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True)),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("name", "number"),
    )
    op.create_index("roleplay_versions_by_state", "roleplay_versions", ["state", "kind"])
    op.create_table(
        "roleplay_reviews",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("digest", sa.String, nullable=False),  # of what was reviewed: a later change needs a new review
        sa.Column("reviewer", sa.String, nullable=False),
        sa.Column("is_approval", sa.Integer, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("roleplay_reviews_by_version", "roleplay_reviews", ["name", "number"])


def downgrade() -> None:
    op.drop_table("roleplay_reviews")
    op.drop_table("roleplay_versions")
