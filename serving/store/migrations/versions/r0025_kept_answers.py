"""Answers kept by the key of their request; events found by operator, rejected rows by what they say."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Add table, index and column; rows that are in quarantine already are not recognised when they are sent again."""
    op.create_table(
        "kept_answers",
        sa.Column("key", sa.LargeBinary(), primary_key=True, comment="keyed digest of the client and its key"),
        sa.Column(
            "part", sa.Integer(), primary_key=True, autoincrement=False, comment="of a request that is written in parts"
        ),
        sa.Column("request", sa.LargeBinary(), nullable=False, comment="keyed digest of what was asked"),
        sa.Column("answer", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_kept_answers_kept_at", "kept_answers", ["kept_at"])
    op.create_index("events_by_operator", "events", ["operator", "seq"])
    comment = "keyed digest of the row: recognises one that is sent again"
    op.add_column("quarantine", sa.Column("content", sa.LargeBinary(), comment=comment))
    op.create_index("ix_quarantine_content", "quarantine", ["content"])
