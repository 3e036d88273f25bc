"""Schema "2", as the store had it before it had migrations."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=30), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "clients",
        sa.Column("client_id", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("operator", sa.String(length=35), nullable=True),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("client_id"),
        sa.UniqueConstraint("key_hash"),
    )
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("subject_seq", sa.BigInteger(), nullable=False),
        sa.Column("operator", sa.String(length=35), nullable=True),
        sa.Column("parcel_id", sa.String(length=35), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False, comment="JSON: the other columns of the log; nulls left out"),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("events_by_parcel", "events", ["parcel_id", "operator"], unique=False)
    op.create_index("ix_events_subject_seq", "events", ["subject_seq"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("job_id", sa.String(length=32), nullable=False),
        sa.Column("operator", sa.String(length=35), nullable=False),
        sa.Column("client_id", sa.String(length=60), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False, comment="waiting, running, done, cancelled or failed"),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "n_batches", sa.Integer(), nullable=False, comment="batches that are finished: where a restart resumes"
        ),
        sa.Column("n_rows", sa.BigInteger(), nullable=False),
        sa.Column("n_taken", sa.BigInteger(), nullable=False),
        sa.Column("n_rejected", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("job_id"),
    )
    op.create_index("ix_jobs_operator", "jobs", ["operator"], unique=False)
    op.create_table(
        "meta",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "movements",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("operator", sa.String(length=35), nullable=False),
        sa.Column("parcel_id", sa.String(length=35), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column(
            "state",
            sa.String(length=20),
            nullable=True,
            comment="what the code says of the parcel's life; null where it is not known",
        ),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.Column("office", sa.String(length=35), nullable=True),
        sa.Column("reason", sa.String(length=10), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("movements_by_parcel", "movements", ["parcel_id", "operator", "code", "happened_at"], unique=True)
    op.create_table(
        "quality",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False, comment="days since 1970, UTC"),
        sa.Column("operator", sa.String(length=35), nullable=False),
        sa.Column(
            "lane",
            sa.String(length=75),
            nullable=False,
            comment="origin > destination, as declared; empty for rejected rows",
        ),
        sa.Column("measure", sa.String(length=30), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False, comment="rows that meet the measure"),
        sa.Column("n_of", sa.BigInteger(), nullable=False, comment="rows to which the measure applies"),
        sa.PrimaryKeyConstraint("day", "operator", "lane", "measure"),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("operator", sa.String(length=35), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False, comment="format in which the row came"),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False, comment="open, fixed or dropped"),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column(
            "sealed",
            sa.LargeBinary(),
            nullable=False,
            comment="AES-256-GCM over the row as sent and the reasons, as JSON",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_quarantine_operator", "quarantine", ["operator"], unique=False)
    op.create_table(
        "receptacles",
        sa.Column("operator", sa.String(length=35), nullable=False),
        sa.Column("parcel_id", sa.String(length=35), nullable=False),
        sa.Column("receptacle_id", sa.String(length=29), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("operator", "parcel_id"),
    )
    op.create_index("ix_receptacles_receptacle_id", "receptacles", ["receptacle_id"], unique=False)
    op.create_table(
        "versions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="version on record when this one came"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("function", sa.String(length=10), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False, comment="AES-256-GCM over the lodged row as JSON"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_versions_seq", "versions", ["seq"], unique=False)
    op.create_table(
        "job_results",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("job_id", sa.String(length=32), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False, comment="JSON: answer or rejection"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.job_id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_job_results_job_id", "job_results", ["job_id"], unique=False)
    op.create_table(
        "personal",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False, comment="AES-256-GCM over the personal fields as JSON"),
        sa.ForeignKeyConstraint(["seq"], ["events.seq"]),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "scores",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "content",
            sa.String(length=64),
            nullable=False,
            comment="keyed digest of the lodged row: recognises repetitions",
        ),
        sa.Column("scored_at", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.Column("features", sa.LargeBinary(), nullable=False, comment="feature row, little-endian float64"),
        sa.Column("bundle_id", sa.String(length=100), nullable=True),
        sa.Column("raw_score", sa.Float(precision=53), nullable=True),
        sa.Column("probability", sa.Float(precision=53), nullable=True),
        sa.Column("flow_share", sa.Float(precision=53), nullable=True),
        sa.Column("referral", sa.String(length=10), nullable=False),
        sa.Column("cause", sa.String(length=10), nullable=False),
        sa.Column("propensity", sa.Float(precision=53), nullable=False),
        sa.Column("degraded", sa.String(length=40), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=True, comment="JSON; null until somebody looked"),
        sa.ForeignKeyConstraint(["seq"], ["events.seq"]),
        sa.PrimaryKeyConstraint("seq"),
    )
