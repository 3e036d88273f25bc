"""Packages between authorities."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "packages",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("direction", sa.String(3), nullable=False, comment="out or in"),
        sa.Column("number", sa.String(60), nullable=False, comment="given by the sender"),
        sa.Column("partner", sa.String(40), nullable=False),
        sa.Column(
            "digest", sa.String(64), nullable=False, comment="SHA-256 of the whole package, also once it is erased"
        ),
        sa.Column("urgency", sa.String(10), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False, comment="drafted, or received"),
        sa.Column("made_by", sa.String(60), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("due_at", sa.BigInteger(), comment="when the answer is due; null for a draft"),
        sa.Column(
            "decided_at", sa.BigInteger(), comment="when a person here released, withdrew, adopted or refused it"
        ),
        sa.Column("decided_by", sa.String(60)),
        sa.Column("answered_at", sa.BigInteger(), comment="when the partner's last receipt came"),
        sa.Column("reason", sa.String(300)),
        sa.Column(
            "document",
            sa.Text(),
            nullable=False,
            comment="JSON of what names nobody: codes, and items without indicators",
        ),
        sa.Column("subject", sa.LargeBinary(), comment="whose key in the vault seals the whole package"),
        sa.Column("nonce", sa.LargeBinary()),
        sa.Column("sealed", sa.LargeBinary()),
        sa.UniqueConstraint("direction", "partner", "number", name="packages_once"),
    )
