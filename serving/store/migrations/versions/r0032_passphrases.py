"""Persons sign in with a name and a passphrase; a session belongs to a key, or to a person and a passphrase."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Add the table; sessions that are open stay so, and ask for the key once more."""
    op.create_table(
        "passphrases",
        sa.Column("client_id", sa.String(60), sa.ForeignKey("clients.client_id"), primary_key=True),
        sa.Column("phrase_hash", sa.String(200), nullable=False, comment="argon2id"),
        sa.Column("generation", sa.Integer(), nullable=False, comment="counts the passphrases there were"),
        sa.Column("is_one_time", sa.Integer(), nullable=False, comment="1 until the person has chosen one"),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), comment="null: never"),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.Column("n_failed", sa.Integer(), nullable=False, server_default="0", comment="since the last success"),
        sa.Column("locked_until", sa.BigInteger(), nullable=False, server_default="0"),
    )
    with op.batch_alter_table("sessions") as sessions:
        sessions.alter_column("key_id", existing_type=sa.String(16), nullable=True)
        sessions.add_column(sa.Column("client_id", sa.String(60), comment="person who signed in with a passphrase"))
        sessions.add_column(sa.Column("generation", sa.Integer(), comment="of that passphrase"))
        sessions.add_column(
            sa.Column("unlocked_at", sa.BigInteger(), nullable=False, server_default="0", comment="0: locked")
        )
        sessions.create_foreign_key("sessions_of_person", "passphrases", ["client_id"], ["client_id"])
