"""Roles of persons."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Widen what new roles need; clients keep theirs."""
    with op.batch_alter_table("clients") as clients:
        clients.alter_column("role", existing_type=sa.String(10), type_=sa.String(20), existing_nullable=False)
