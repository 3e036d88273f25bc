"""Handovers to a second officer, and PINs that unlock a station."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0044"


def upgrade() -> None:
    """Add the table and the columns."""
    op.create_table(
        "handovers",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column(
            "seq", sa.BigInteger(), sa.ForeignKey("events.seq"), nullable=False, comment="a version of the parcel"
        ),
        sa.Column("from_id", sa.String(60), nullable=False, comment="officer who handed it over"),
        sa.Column("to_id", sa.String(60), nullable=False, comment="officer who is to inspect it"),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), comment="null: open"),
    )
    op.create_index("ix_handovers_seq", "handovers", ["seq"])
    op.add_column(
        "passphrases", sa.Column("pin_hash", sa.String(200), comment="argon2id; unlocks a session, begins none")
    )
    op.add_column(
        "passphrases",
        sa.Column("pin_failed", sa.Integer(), nullable=False, server_default="0", comment="since the last success"),
    )
