"""Stages of an inspection: runs over several parcels, and what may be erased of a stage."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the tables; outcomes that were recorded before keep standing for themselves."""
    op.create_table(
        "runs",
        sa.Column(
            "id", sa.Integer(), primary_key=True, autoincrement=True, comment="batch_id of the stages in the log"
        ),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.String(60), nullable=False),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("result", sa.String(20), nullable=False),
        sa.Column("duration_s", sa.Integer()),
        sa.Column("n_named", sa.Integer(), nullable=False, comment="parcels that were named"),
        sa.Column("n_known", sa.Integer(), nullable=False, comment="those of them that are on record"),
    )
    op.create_table(
        "stage_details",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            sa.ForeignKey("events.seq"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("officer", sa.String(35)),
        sa.Column("image", sa.String(200), comment="where the office keeps the image"),
    )
