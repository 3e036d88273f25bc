"""Comparisons know whether single words or whole lists are compared; stops of the score are on record."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    """Add the column, what is on record compared words; and the table."""
    says = "words, or count of what lists share"
    op.add_column("comparisons", sa.Column("kind", sa.String(5), nullable=False, server_default="words", comment=says))
    op.create_table(
        "score_stops",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("stopped_at", sa.BigInteger(), nullable=False),
        sa.Column("stopped_by", sa.String(60), nullable=False),
        sa.Column("resumed_at", sa.BigInteger()),
        sa.Column("resumed_by", sa.String(60)),
    )
