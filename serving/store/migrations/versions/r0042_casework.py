"""Investigations, complaints and waivers."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "investigations",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column(
            "seq",
            sa.BigInteger(),
            sa.ForeignKey("events.seq"),
            nullable=False,
            index=True,
            comment="a version of the parcel",
        ),
        sa.Column("case_reference", sa.String(70), nullable=False),
        sa.Column("legal_basis", sa.String(200), nullable=False),
        sa.Column(
            "may_train", sa.Integer(), nullable=False, comment="1 where its result may be learned from meanwhile"
        ),
        sa.Column("hold_id", sa.Integer(), sa.ForeignKey("holds.id"), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("began_by", sa.String(60), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("ended_by", sa.String(60)),
    )
    op.create_table(
        "complaints",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column(
            "seq", sa.BigInteger(), sa.ForeignKey("events.seq"), index=True, comment="null: about no single parcel"
        ),
        sa.Column("subject", sa.String(20), nullable=False),
        sa.Column("reference", sa.String(70), nullable=False, comment="own file, where the letter is"),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("received_by", sa.String(60), nullable=False),
        sa.Column("answer", sa.String(20)),
        sa.Column("answer_reference", sa.String(70)),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("answered_by", sa.String(60)),
    )
    op.create_table(
        "waivers",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("operator", sa.String(35), nullable=False),
        sa.Column("origin_country", sa.String(2), comment="null: from everywhere"),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("instead", sa.String(200), nullable=False, comment="what is done in place of advance data"),
        sa.Column("first_on", sa.String(10), nullable=False),
        sa.Column("last_on", sa.String(10), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(60), nullable=False),
    )
