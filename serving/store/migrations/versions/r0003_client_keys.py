"""Several keys per client, each with an end; today's keys stay valid and never expire."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Move the keys of the clients, of whom there are few, into a table of their own."""
    connection = op.get_bind()
    names = ("client_id", "role", "operator", "key_hash", "created_at", "revoked")
    clients = [row._asdict() for row in connection.execute(sa.select(sa.table("clients", *map(sa.column, names))))]
    op.drop_table("clients")
    new_clients = op.create_table(
        "clients",
        sa.Column("client_id", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("operator", sa.String(length=35), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id"),
    )
    client_keys = op.create_table(
        "client_keys",
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("client_id", sa.String(length=60), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("hint", sa.String(length=4), nullable=False, comment="last characters of the key"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True, comment="null: never"),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"]),
        sa.PrimaryKeyConstraint("key_id"),
        sa.UniqueConstraint("key_hash"),
    )
    op.create_index("ix_client_keys_client_id", "client_keys", ["client_id"])
    for row in clients:
        shared = {name: row[name] for name in ("client_id", "created_at")}
        op.execute(new_clients.insert().values(**shared, role=row["role"], operator=row["operator"]))
        revoked_at = row["created_at"] if row["revoked"] else None
        key = {"key_id": secrets.token_hex(4), "key_hash": row["key_hash"], "hint": "", "revoked_at": revoked_at}
        op.execute(client_keys.insert().values(**shared, **key))
