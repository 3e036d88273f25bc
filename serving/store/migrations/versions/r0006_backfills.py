"""Historical backfills note how far they are, so that one that was interrupted resumes there."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "backfills",
        sa.Column("name", sa.String(64), primary_key=True, comment="digest of the files and of how they are read"),
        sa.Column(
            "n_parts", sa.Integer(), nullable=False, comment="parts that are in the log: where a restart resumes"
        ),
        sa.Column("n_parcels", sa.BigInteger(), nullable=False),
        sa.Column("n_outcomes", sa.BigInteger(), nullable=False),
    )
