"""Rules, their hits, and marks of what is live."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the tables; the marks are shared with lists, and may be there."""
    if not sa.inspect(op.get_bind()).has_table("policy_marks"):
        op.create_table(
            "policy_marks",
            sa.Column("kind", sa.String(20), primary_key=True),
            sa.Column("number", sa.BigInteger(), nullable=False, comment="raised by every change of what is live"),
        )
    op.create_table(
        "rules",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False, comment="JSON: the rule as it is written"),
        sa.Column("identity", sa.String(16), nullable=False, comment="digest of its canonical condition"),
        sa.Column("reads", sa.Text(), nullable=False, comment="JSON: kinds and fingerprints of what it reads"),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(60), nullable=False),
        sa.Column("approved_at", sa.BigInteger()),
        sa.Column("approved_by", sa.String(60)),
        sa.Column("live_at", sa.BigInteger()),
        sa.Column("live_by", sa.String(60)),
        sa.Column("retired_at", sa.BigInteger()),
        sa.Column("retired_by", sa.String(60)),
        sa.Column("from_mark", sa.BigInteger(), comment="mark from which it is live; null before"),
        sa.Column("until_mark", sa.BigInteger(), comment="mark from which it is live no more; null before"),
    )
    op.create_index("rules_by_name", "rules", ["name", "version"], unique=True)
    op.create_table(
        "rule_hits",
        sa.Column("seq", sa.BigInteger(), sa.ForeignKey("events.seq"), primary_key=True, autoincrement=False),
        sa.Column("rule_id", sa.Integer(), sa.ForeignKey("rules.id"), primary_key=True, autoincrement=False),
        sa.Column(
            "is_whole", sa.Boolean(), nullable=False, comment="false where a part of the rule could not be evaluated"
        ),
    )
    op.create_index("ix_rule_hits_rule_id", "rule_hits", ["rule_id"])
