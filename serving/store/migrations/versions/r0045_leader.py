"""The lease names the connections of its holder; degraded answers that were given again."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0043"


def upgrade() -> None:
    """Add the column and the table."""
    session = sa.Column("session", sa.String(40), nullable=False, server_default=sa.text("''"), comment="of the holder")
    op.add_column("lease", session)
    op.create_table(
        "rescored",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("before_seq", sa.BigInteger(), sa.ForeignKey("events.seq"), nullable=False, unique=True),
        sa.Column(
            "after_seq",
            sa.BigInteger(),
            sa.ForeignKey("events.seq"),
            comment="null where nothing was to be given again",
        ),
        sa.Column("missing", sa.String(120), nullable=False, comment="what the first answer lacked"),
        sa.Column("rescored_at", sa.BigInteger(), nullable=False),
    )
