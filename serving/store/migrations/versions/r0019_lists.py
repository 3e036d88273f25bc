"""Lists, their hits, and marks of what is live."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the tables; the marks are shared with rules, and may be there."""
    if not sa.inspect(op.get_bind()).has_table("policy_marks"):
        op.create_table(
            "policy_marks",
            sa.Column("kind", sa.String(20), primary_key=True),
            sa.Column("number", sa.BigInteger(), nullable=False, comment="raised by every change of what is live"),
        )
    op.create_table(
        "lists",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("fields", sa.String(200), nullable=False, comment="separated by blanks"),
        sa.Column("asks", sa.String(20), comment="referral; null where the list asks for nothing"),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("legal_basis", sa.String(200), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("source_code", sa.String(1), nullable=False),
        sa.Column("information_code", sa.Integer(), nullable=False),
        sa.Column("handling", sa.String(2), nullable=False),
        sa.Column("threshold", sa.Float(53), nullable=False),
        sa.Column("review_on", sa.String(10), nullable=False),
        sa.Column("expires_on", sa.String(10)),
        sa.Column("n_entries", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(60), nullable=False),
        sa.Column("approved_at", sa.BigInteger()),
        sa.Column("approved_by", sa.String(60)),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("ended_by", sa.String(60)),
        sa.Column("from_mark", sa.BigInteger(), comment="mark from which it is live; null before"),
        sa.Column("until_mark", sa.BigInteger(), comment="mark from which it is live no more; null before"),
    )
    op.create_index("lists_by_name", "lists", ["name", "version"], unique=True)
    op.create_table(
        "list_contents",
        sa.Column("list_id", sa.Integer(), sa.ForeignKey("lists.id"), primary_key=True, autoincrement=False),
        sa.Column("derivation", sa.Integer(), nullable=False, comment="version of the derivation of its keys"),
        sa.Column("digest", sa.String(64), nullable=False, comment="of the marks"),
        sa.Column(
            "marks", sa.LargeBinary(), nullable=False, comment="entity keys and expiry, see policy.lists.content"
        ),
        sa.Column("subject", sa.LargeBinary(), comment="whose key in the vault seals the rest"),
        sa.Column("nonce", sa.LargeBinary()),
        sa.Column("sealed", sa.LargeBinary(), comment="entries as they were imported"),
    )
    op.create_table(
        "list_hits",
        sa.Column("seq", sa.BigInteger(), sa.ForeignKey("events.seq"), primary_key=True, autoincrement=False),
        sa.Column("list_id", sa.Integer(), sa.ForeignKey("lists.id"), primary_key=True, autoincrement=False),
        sa.Column("entry", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("similarity", sa.Float(53), comment="of names; null where it is the same"),
    )
    op.create_index("ix_list_hits_list_id", "list_hits", ["list_id"])
    op.create_table(
        "list_lookups",
        sa.Column("mark", sa.BigInteger(), primary_key=True, autoincrement=False, comment="which lists were live"),
        sa.Column("day", sa.Integer(), primary_key=True, autoincrement=False, comment="days since 1970"),
        sa.Column("n", sa.BigInteger(), nullable=False, comment="parcels that were looked up in all of them"),
    )
