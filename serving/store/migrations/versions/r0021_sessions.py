"""Sessions of the station; room for all that can be missing from an answer."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add the table, and widen what several lacks need."""
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(64), primary_key=True, comment="of what the browser holds"),
        sa.Column("key_id", sa.String(16), sa.ForeignKey("client_keys.key_id"), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
    )
    with op.batch_alter_table("contexts") as contexts:
        contexts.alter_column("degraded", existing_type=sa.String(40), type_=sa.String(120), existing_nullable=True)
