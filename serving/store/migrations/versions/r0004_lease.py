"""The lease of the single writer, with a token that counts the writers there were."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table and its one row, which nobody holds."""
    lease = op.create_table(
        "lease",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("holder", sa.String(length=120), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False, comment="counts the holders there were"),
        sa.Column("expires_at", sa.BigInteger(), nullable=False, comment="by the clock of the database"),
        sa.PrimaryKeyConstraint("name"),
    )
    op.execute(lease.insert().values(name="writer", holder="", token=0, expires_at=0))
