"""Scores name their policy; explanations are added, never changed; names of stored feature rows; starts of jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add columns and tables, widen what new words need, and move the reasons of stored answers."""
    with op.batch_alter_table("scores") as scores:
        scores.add_column(sa.Column("policy_id", sa.String(20), comment="policy that decided; null where not kept"))
        scores.alter_column("referral", type_=sa.String(20), existing_nullable=False)
    op.add_column("jobs", sa.Column("n_starts", sa.Integer(), nullable=False, server_default="0"))
    explanations = op.create_table(
        "explanations",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("seq", sa.BigInteger(), sa.ForeignKey("events.seq"), nullable=False, index=True),
        sa.Column("explained_at", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False, comment="JSON: family, feature, value, typical value, weight"),
    )
    op.create_table(
        "catalogues",
        sa.Column("fingerprint", sa.String(16), primary_key=True),
        sa.Column("names", sa.Text(), nullable=False, comment="JSON: names of the columns of stored feature rows"),
    )
    scores_table = sa.table("scores", sa.column("seq"), sa.column("scored_at"), sa.column("reasons"))
    given = sa.select(scores_table.c.seq, scores_table.c.scored_at, scores_table.c.reasons)
    op.execute(
        explanations.insert().from_select(
            ["seq", "explained_at", "facts"], given.where(scores_table.c.reasons.is_not(None))
        )
    )
    with op.batch_alter_table("scores") as scores:
        scores.drop_column("reasons")
