"""Labels of items that nobody declared."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "observations",
        sa.Column(
            "id", sa.Integer(), primary_key=True, autoincrement=True, comment="serial of the number that was issued"
        ),
        sa.Column(
            "seq", sa.BigInteger(), sa.ForeignKey("events.seq"), unique=True, comment="event of the undeclared item"
        ),
        sa.Column("is_issued", sa.Integer(), nullable=False, comment="1 where the office issued the number"),
        sa.Column("direction", sa.String(20)),
        sa.Column("posting_mark", sa.String(70)),
    )
