"""Sealed rows name the subject whose key seals them; erasures are remembered; older programs refuse the store."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_SEALED = ("personal", "versions", "quarantine")


def upgrade() -> None:
    """Add the subjects; rows that are sealed already get theirs when they are sealed again."""
    for table in _SEALED:
        op.add_column(table, sa.Column("subject", sa.LargeBinary(), comment="whose key in the vault seals this"))
    op.create_table(
        "erasures",
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    meta = sa.table("meta", sa.column("name"), sa.column("value"))
    op.execute(meta.delete().where(meta.c.name == "schema_version"))
    # The program of before compares this with its own "2".
    op.execute(meta.insert().values(name="schema_version", value="see parcel_risk_revision"))
