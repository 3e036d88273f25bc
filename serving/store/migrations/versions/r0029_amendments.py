"""Amendments by operators, and which answers are shown later."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0026"


def upgrade() -> None:
    """Add the table; amendments of before are not counted."""
    op.create_table(
        "amendments",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("events.seq"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("client_id", sa.String(60), nullable=False),
        sa.Column("parcel", sa.LargeBinary(), nullable=False, comment="keyed digest of operator and number"),
        sa.Column("amended_at", sa.BigInteger(), nullable=False),
        sa.Column("is_moved", sa.Integer(), nullable=False, comment="1 where another referral followed"),
        sa.Column("shown_seq", sa.BigInteger(), nullable=False, comment="event whose answer is shown until then"),
        sa.Column("shown_at", sa.BigInteger(), nullable=False, comment="when its own answer is shown"),
    )
    op.create_index("amendments_by_parcel", "amendments", ["parcel", "amended_at"])
    op.create_index("amendments_by_client", "amendments", ["client_id", "amended_at"])
