"""Test parcels."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "trials",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("parcel_id", sa.String(35), nullable=False, index=True),
        sa.Column("operator", sa.String(35)),
        sa.Column("finding_class", sa.String(20), nullable=False, comment="what is to be found in it"),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.String(60), nullable=False),
        sa.Column("revealed_at", sa.BigInteger()),
    )
