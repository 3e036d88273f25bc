"""Exhibits and the ledger of their custody."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "exhibits",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("seq", sa.BigInteger(), sa.ForeignKey("events.seq"), nullable=False, index=True),
    )
    op.create_table(
        "custody",
        sa.Column("exhibit_id", sa.Integer(), sa.ForeignKey("exhibits.id"), primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.String(60), nullable=False),
        sa.Column("seal", sa.String(35)),
        sa.Column("gross_g", sa.BigInteger()),
        sa.Column("net_g", sa.BigInteger()),
        sa.Column("recipient", sa.String(70)),
        sa.Column("reference", sa.String(70)),
        sa.Column("corrects", sa.Integer()),
        sa.Column("digest", sa.String(64), nullable=False, comment="over the entry and the digest before"),
    )
