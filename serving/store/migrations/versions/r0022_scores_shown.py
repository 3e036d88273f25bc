"""Whether an operator's client is shown scores: none of before is, until the authority says so."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add the column."""
    with op.batch_alter_table("clients") as clients:
        clients.add_column(
            sa.Column(
                "sees_scores",
                sa.Integer(),
                nullable=False,
                server_default="0",
                comment="1 where an operator is shown scores",
            )
        )
