"""Owners and chosen ends of referrals."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0029"


def upgrade() -> None:
    """Add the table; referrals of before have no entries."""
    op.create_table(
        "clock_entries",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("seq", sa.BigInteger(), sa.ForeignKey("events.seq"), nullable=False),
        sa.Column("owner", sa.String(60), comment="who owns the referral from now on"),
        sa.Column("end", sa.String(20), comment="how it ended"),
        sa.Column("reason", sa.String(200)),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.String(60), nullable=False),
    )
    op.create_index("ix_clock_entries_seq", "clock_entries", ["seq"])
