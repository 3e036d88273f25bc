"""Seizure forms."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0038"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "seizures",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("seq", sa.BigInteger(), sa.ForeignKey("events.seq"), nullable=False, index=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.String(60), nullable=False),
        sa.Column(
            "replaces", sa.Integer(), sa.ForeignKey("seizures.id"), comment="earlier form that this one corrects"
        ),
        sa.Column("finding_class", sa.String(20), nullable=False),
        sa.Column("substance", sa.String(120), nullable=False),
        sa.Column("cas", sa.String(12)),
        sa.Column("identified_by", sa.String(30), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(30), nullable=False),
        sa.Column("purity_bp", sa.Integer()),
        sa.Column("form", sa.String(30), nullable=False),
        sa.Column("hiding_place", sa.String(30), nullable=False),
        sa.Column("departure_country", sa.String(2)),
        sa.Column("transit_country", sa.String(2)),
        sa.Column("destination_country", sa.String(2)),
        sa.Column("method", sa.String(20)),
        sa.Column("value_cents", sa.BigInteger()),
        sa.Column("status", sa.String(30), nullable=False),
        sa.Column("report", sa.String(35)),
    )
    op.create_index("seizures_by_time", "seizures", ["made_at"])
