"""Comparisons of single words and counts of what lists have in common are told apart."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0043"


def upgrade() -> None:
    """Add the column; what is on record compared words."""
    op.add_column("comparisons", sa.Column("kind", sa.String(5), nullable=False, server_default="words"))
