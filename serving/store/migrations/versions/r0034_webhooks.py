"""Webhooks of operators: where they want to be called when an answer is there."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0032"


def upgrade() -> None:
    """Add the table, and an index by which amendments whose answer is shown later are found in time."""
    op.create_table(
        "webhooks",
        sa.Column("webhook_id", sa.String(40), primary_key=True),
        sa.Column("client_id", sa.String(60), nullable=False),
        sa.Column("operator", sa.String(35), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False, comment="of its secret, which no table holds"),
        sa.Column("rotated_at", sa.BigInteger(), comment="since when the secret before this one ends"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("done_seq", sa.BigInteger(), nullable=False, comment="event up to which it was called"),
        sa.Column("shown_until", sa.BigInteger(), nullable=False, comment="the same of answers that are shown later"),
        sa.Column("n_failures", sa.Integer(), nullable=False, comment="tries in a row that failed"),
        sa.Column("retry_at", sa.BigInteger()),
        sa.Column("n_sent", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger()),
        sa.Column("last_result", sa.String(100)),
        sa.Column("disabled_at", sa.BigInteger()),
        sa.Column("disabled_because", sa.String(200)),
    )
    op.create_index("webhooks_by_client", "webhooks", ["client_id"])
    op.create_index("amendments_by_shown", "amendments", ["shown_at"])
