"""Shadows, and what they decided."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "shadows",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("bundle_id", sa.String(100), comment="challenger; null: whichever bundle decided"),
        sa.Column("rules", sa.Text(), comment="JSON: rules as they are written; null: whichever hit"),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("started_by", sa.String(60), nullable=False),
        sa.Column("after_seq", sa.BigInteger(), nullable=False, comment="event behind which it decides"),
        sa.Column("done_seq", sa.BigInteger(), nullable=False, comment="event up to which it has decided"),
        sa.Column("stopped_at", sa.BigInteger()),
        sa.Column("stopped_by", sa.String(60)),
    )
    op.create_table(
        "shadow_decisions",
        sa.Column("shadow_id", sa.Integer(), sa.ForeignKey("shadows.id"), primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger(), sa.ForeignKey("events.seq"), primary_key=True, autoincrement=False),
        sa.Column("referral", sa.String(20), nullable=False),
        sa.Column("cause", sa.String(10), nullable=False),
        sa.Column("propensity", sa.Float(53), nullable=False),
        sa.Column("raw_score", sa.Float(53)),
        sa.Column("probability", sa.Float(53)),
    )
