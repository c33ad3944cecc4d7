"""Practice: sessions with their events, people's wishes about content, assignments, cohorts, studies."""

revision = "0011"
down_revision = "0010"


def upgrade() -> None: ...


def downgrade() -> None: ...
