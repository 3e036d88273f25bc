"""Roles of persons; the tree over the audit."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Widen what new roles need, and add the table; the first checkpoint takes in the entries of before."""
    with op.batch_alter_table("clients") as clients:
        clients.alter_column("role", existing_type=sa.String(10), type_=sa.String(20), existing_nullable=False)
    op.create_table(
        "audit_tiles",
        sa.Column("level", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False, comment="up to 256, see serving.tlog.tiles"),
    )
