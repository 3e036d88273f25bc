"""Seeds of draws that are committed in advance, settings of policies, what the gate allowed, capacities."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


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
    op.create_table(
        "capacities",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON: shifts, minutes, overflow, holidays"),
        sa.Column("author", sa.String(60), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("approver", sa.String(60)),
        sa.Column("approved_at", sa.BigInteger()),
    )
