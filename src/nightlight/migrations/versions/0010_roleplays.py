"""Role-plays: cards and scripts as documents with versions and reviews, kept by the studio."""

revision = "0010"
down_revision = "0009"


def upgrade() -> None: ...


def downgrade() -> None: ...
