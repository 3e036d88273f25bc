"""Customs' own scans; what an operator's event says of a parcel is read from one table, not stored."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the table, and drop what was stored of meanings."""
    op.create_table(
        "scans",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("seq", sa.BigInteger(), sa.ForeignKey("events.seq"), nullable=False, index=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("scanned_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.String(60), nullable=False),
        sa.Column("station", sa.String(35)),
    )
    op.drop_column("movements", "state")
