"""How people sign in: passwords and second factors, sessions, API tokens, attempts; what they prefer."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "credentials",
        sa.Column("principal", sa.String, primary_key=True),
        sa.Column("password_hash", sa.String, nullable=False),  # argon2id; "" = signs in elsewhere only
        sa.Column("must_change", sa.Integer, nullable=False),  # 1 = a one-time password: good for choosing one's own
        sa.Column("totp_secret", sa.String, nullable=False),  # base32; "" = no second factor
        sa.Column("totp_pending", sa.String, nullable=False),  # base32; a secret that no code has confirmed yet
        sa.Column("totp_last_step", sa.BigInteger, nullable=False),  # a code is good once
        sa.Column("recovery_hashes", sa.String, nullable=False),  # of one-time recovery codes, JSON
        sa.Column("oidc_subject", sa.String, nullable=False),  # `issuer subject`; "" = not linked
        sa.Column("language", sa.String, nullable=False),  # "" = the browser's
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String, primary_key=True),  # names it in lists; not the secret
        sa.Column("secret_hash", sa.String, nullable=False, unique=True),
        sa.Column("principal", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),  # open, second factor, change password
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("client", sa.String, nullable=False),  # the browser's own words, shortened: to tell one's devices
    )
    op.create_index("sessions_by_principal", "sessions", ["principal", "started_at"])
    op.create_table(
        "tokens",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("secret_hash", sa.String, nullable=False, unique=True),
        sa.Column("principal", sa.String, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),  # the only purpose it asks for
        sa.Column("name", sa.String, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
    )
    op.create_index("tokens_by_principal", "tokens", ["principal", "made_at"])
    op.create_table(
        "attempts",  # failed ones, for as long as they slow the next ones down
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("subject", sa.String, nullable=False),  # `password HASH` or `code HASH` of a name; `address IP`
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("attempts_by_subject", "attempts", ["subject", "at"])


def downgrade() -> None:
    for table in ("attempts", "tokens", "sessions", "credentials"):
        op.drop_table(table)
