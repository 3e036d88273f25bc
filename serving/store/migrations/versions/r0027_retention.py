"""Legal holds, texts of masked parcels, runs of retention."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0025"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "holds",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column(
            "seq", sa.BigInteger(), sa.ForeignKey("events.seq"), nullable=False, comment="a version of the parcel"
        ),
        sa.Column("subject", sa.LargeBinary(), nullable=False, index=True, comment="whose key in the vault is kept"),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("legal_basis", sa.String(200), nullable=False),
        sa.Column("review_on", sa.String(10), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(60), nullable=False),
        sa.Column("lifted_at", sa.BigInteger()),
        sa.Column("lifted_by", sa.String(60)),
    )
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "masked_texts",
        sa.Column("seq", number, sa.ForeignKey("events.seq"), primary_key=True, autoincrement=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False, comment="whose key in the vault seals this"),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False, comment="AES-256-GCM over texts of the event as JSON"),
    )
    op.create_table(
        "retention_runs",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("as_of", sa.BigInteger(), nullable=False, comment="ages are counted to this time"),
        sa.Column("rules", sa.String(12), nullable=False, comment="digest of the rules"),
        sa.Column("client_id", sa.String(60), nullable=False),
        sa.Column(
            "last_seq", sa.BigInteger(), nullable=False, comment="event up to which parcels are done: where it resumes"
        ),
        sa.Column("n_masked", sa.BigInteger(), nullable=False),
        sa.Column("n_erased", sa.BigInteger(), nullable=False),
        sa.Column("n_held", sa.BigInteger(), nullable=False, comment="parcels that were due and that a hold keeps"),
        sa.Column("n_rows", sa.BigInteger(), nullable=False, comment="rows deleted by their age"),
        sa.Column("ended_at", sa.BigInteger()),
    )
