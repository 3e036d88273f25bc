"""Notes from one shift to the next, and decisions in the practice mode."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0035"


def upgrade() -> None:
    """Add both tables."""
    op.create_table(
        "shift_notes",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("client_id", sa.String(60), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
    )
    op.create_index("ix_shift_notes_made_at", "shift_notes", ["made_at"])
    op.create_table(
        "practice_choices",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("client_id", sa.String(60), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(13), nullable=False, comment="of the synthetic parcel"),
        sa.Column("choice", sa.String(10), nullable=False, comment="inspect or pass"),
        sa.Column("chosen_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("practice_by_client", "practice_choices", ["client_id", "round", "number"], unique=True)
