"""Searches of the past, the parcels that they recalled, and what operators are shown of covert referrals."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "hunts",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("sought", sa.String(120), nullable=False, comment="rule, list, typology or finding"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(60), nullable=False),
        sa.Column("n_parcels", sa.BigInteger(), nullable=False),
        sa.Column("n_matched", sa.BigInteger(), nullable=False),
        sa.Column("n_in_reach", sa.BigInteger(), nullable=False),
        sa.Column("n_referred", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "recalls",
        sa.Column("seq", sa.BigInteger(), sa.ForeignKey("events.seq"), primary_key=True, autoincrement=False),
        sa.Column("hunt_id", sa.Integer(), sa.ForeignKey("hunts.id"), nullable=False, index=True),
        sa.Column("asks", sa.String(20), nullable=False),
    )
    op.create_table(
        "covert",
        sa.Column("seq", sa.BigInteger(), sa.ForeignKey("events.seq"), primary_key=True, autoincrement=False),
        sa.Column("disclosed_referral", sa.String(20), nullable=False),
        sa.Column("disclosed_cause", sa.String(10), nullable=False),
        sa.Column("disclosed_propensity", sa.Float(53), nullable=False),
    )
