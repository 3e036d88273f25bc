"""Comparisons without names."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "comparisons",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("direction", sa.String(3), nullable=False, comment="out: asked here; in: answered here"),
        sa.Column("partner", sa.String(40), nullable=False),
        sa.Column("number", sa.String(60), nullable=False, comment="of the question, given by the asker"),
        sa.Column("digest", sa.String(64), nullable=False, comment="SHA-256 of the question"),
        sa.Column("case_reference", sa.String(70), nullable=False),
        sa.Column("purpose", sa.String(300), nullable=False),
        sa.Column("n_words", sa.Integer(), nullable=False),
        sa.Column("n_hits", sa.Integer(), comment="known to the asker alone"),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.String(60), nullable=False),
    )
    op.create_index("comparisons_by_partner", "comparisons", ["direction", "partner", "made_at"])
