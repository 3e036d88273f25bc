"""Entries of the station, so that one that is sent again is recorded once; claims of parcels of the queue."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0027"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "station_entries",
        sa.Column("entry_id", sa.String(36), primary_key=True, comment="made by the browser"),
        sa.Column("seq", sa.BigInteger(), sa.ForeignKey("events.seq"), nullable=False, index=True),
        sa.Column("client_id", sa.String(60), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False, comment="when the officer pressed the key"),
        sa.Column("received_at", sa.BigInteger(), nullable=False, comment="known_at of its stage"),
        sa.Column("answer", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(30), comment="why the advice was not followed"),
        sa.Column("order_number", sa.String(70), comment="order by which the parcel was opened"),
        sa.Column("undone_at", sa.BigInteger()),
    )
    op.create_table(
        "claims",
        sa.Column("seq", sa.BigInteger(), sa.ForeignKey("events.seq"), primary_key=True, autoincrement=False),
        sa.Column("client_id", sa.String(60), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
    )
