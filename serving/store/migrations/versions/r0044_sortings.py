"""Sorting machines, and clients of the sandbox."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0045"


def upgrade() -> None:
    """Add the table and the column."""
    op.create_table(
        "sortings",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column(
            "sort_digest", sa.String(64), nullable=False, unique=True, comment="SHA-256 of the id that was answered"
        ),
        sa.Column(
            "seq", sa.BigInteger(), sa.ForeignKey("events.seq"), comment="the parcel; null where no single one was read"
        ),
        sa.Column("client_id", sa.String(60), nullable=False, comment="the machine"),
        sa.Column("code", sa.String(8), nullable=False, comment="sort code that was answered"),
        sa.Column("chute", sa.String(8), nullable=False),
        sa.Column("is_right", sa.Integer(), nullable=False, comment="1 where the chute is one of the code"),
        sa.Column("weight_g", sa.Integer()),
        sa.Column("length_mm", sa.Integer()),
        sa.Column("width_mm", sa.Integer()),
        sa.Column("height_mm", sa.Integer()),
        sa.Column("answered_at", sa.BigInteger(), nullable=False, comment="when it was answered"),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=False, comment="when it was confirmed"),
    )
    op.create_index("sortings_by_time", "sortings", ["is_right", "confirmed_at"])
    op.create_index("sortings_by_parcel", "sortings", ["seq"])
    op.add_column(
        "clients",
        sa.Column(
            "is_sandbox", sa.Integer(), nullable=False, server_default="0", comment="1 where its parcels live apart"
        ),
    )
