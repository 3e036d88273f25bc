"""Seeds of draws that are committed in advance, settings of every policy that decided, what the gate allowed."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0016"


def upgrade() -> None:
    """Add the tables, and the limit of each decision."""
    op.add_column("scores", sa.Column("gate", sa.String(10), comment="what may be done at most; null: anything"))
    op.create_table(
        "draw_days",
        sa.Column("day", sa.String(10), primary_key=True, comment="date, UTC"),
        sa.Column("commitment", sa.String(64), nullable=False, comment="SHA-256 of the seed"),
        sa.Column("committed_at", sa.BigInteger(), nullable=False),
        sa.Column("revealed_at", sa.BigInteger()),
    )
    op.create_table(
        "policies",
        sa.Column("policy_id", sa.String(20), primary_key=True),
        sa.Column("settings", sa.Text(), nullable=False, comment="JSON: what the identity is the digest of"),
    )
