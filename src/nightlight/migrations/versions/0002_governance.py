"""Principals, purposes, privileges, tags, masks, row filters, and what the lake holds: every row with its history."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TABLES: dict[str, tuple[list[str], list[str]]] = {  # table: (columns that are one row in force, other columns)
    "principals": (["name"], ["kind"]),
    "memberships": (["member", "group_name"], []),
    "purposes": (["name"], ["kind", "why"]),
    "purpose_grants": (["purpose", "principal"], []),
    "owners": (["kind", "securable"], ["principal"]),
    "grants": (["principal", "kind", "securable", "privilege", "effect", "column_name"], []),
    "tags": (["table_name", "column_name", "key"], ["value"]),
    "masks": (
        ["table_name", "column_name", "tag_key", "tag_value", "scope", "group_name"],
        ["function", "argument"],
    ),
    "row_filters": (["table_name", "expression", "scope", "group_name"], ["owner"]),
    "registered_columns": (
        ["table_name", "column_name"],
        ["schema_name", "spelling", "type", "sensitivity", "comment"],
    ),
}
NUMBERS = {"principals": ["disabled"], "registered_columns": ["position", "holds_text"]}
INDEXES = {"memberships": "group_name", "owners": "principal"}


def upgrade() -> None:
    for table, (key, others) in TABLES.items():
        op.create_table(
            table,
            sa.Column("id", sa.Integer, primary_key=True),
            *(sa.Column(name, sa.String, nullable=False) for name in key + others),  # "" where it does not apply
            *(sa.Column(name, sa.Integer, nullable=False) for name in NUMBERS.get(table, [])),
            sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("added_by", sa.String, nullable=False),
            sa.Column("ended_at", sa.DateTime(timezone=True)),  # NULL = in force
            sa.Column("ended_by", sa.String),
        )
        in_force = sa.text("ended_at IS NULL")
        op.create_index(f"{table}_in_force", table, key, unique=True, sqlite_where=in_force, postgresql_where=in_force)
    for table, column in INDEXES.items():
        op.create_index(f"{table}_by_{column}", table, [column])
    op.create_table(
        "registered_tables",
        sa.Column("table_name", sa.String, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("stamp", sa.String, nullable=False),  # of the log's entry of that version, as the file system has it
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table("catalog_revision", sa.Column("number", sa.BigInteger, nullable=False))
    op.execute("INSERT INTO catalog_revision VALUES (1)")
    _count_every_change([*TABLES, "lineage"])
    op.execute(
        "INSERT INTO principals (name, kind, disabled, added_at, added_by) "
        "VALUES ('pipelines', 'service', 0, CURRENT_TIMESTAMP, 'nightlight')"
    )


def _count_every_change(tables: list[str]) -> None:
    """Let the database itself count: what is cached by the revision must end with a change made by any hand."""
    if op.get_bind().dialect.name == "sqlite":
        for table in tables:
            for change in ("INSERT", "UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_{change.lower()} AFTER {change} ON {table} "
                    "BEGIN UPDATE catalog_revision SET number = number + 1; END"
                )
        return
    op.execute(
        "CREATE FUNCTION count_catalog_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN UPDATE catalog_revision SET number = number + 1; RETURN NULL; END$$"
    )
    for table in tables:
        op.execute(
            f"CREATE TRIGGER {table}_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION count_catalog_change()"
        )


def downgrade() -> None:
    raise NotImplementedError("policies are not thrown away")
