"""Cancelled parcels that somebody was to look at."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_COMPARED = ("sender_key", "contact_key", "recipient_key", "address_key", "commodity_key", "wording_key")


def upgrade() -> None:
    """Add the table; parcels that were cancelled before are not in it."""
    op.create_table(
        "cancellations",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=False,
            comment="event that was retracted",
        ),
        sa.Column("operator", sa.String(35), nullable=False),
        sa.Column("parcel_id", sa.String(35), nullable=False),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger()) for name in _COMPARED),
        sa.Column("gross_weight_g", sa.BigInteger()),
    )
    if op.get_bind().dialect.name == "postgresql":
        comment = "open, doubtful, waiting, fixed or dropped"
        op.alter_column("quarantine", "state", existing_type=sa.String(10), existing_nullable=False, comment=comment)
    op.create_index("cancellations_by_operator", "cancellations", ["operator", "cancelled_at"])
