"""Reports of operators on items of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column(
            "seq", sa.BigInteger(), sa.ForeignKey("events.seq"), nullable=False, comment="version it was made about"
        ),
        sa.Column("condition", sa.String(20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.String(60), nullable=False),
    )
    op.create_index("reports_by_seq", "reports", ["seq"])
