"""Facts of events lie apart until they are sealed into segments; what an event is found by stays."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_INDEX = "seq, kind, subject_seq, operator, parcel_id"
_SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Take events apart; nothing is sealed here, the service and `parcel-risk seal` do that."""
    _tables()
    op.execute(sa.text("INSERT INTO tail (seq, known_at, facts) SELECT seq, known_at, facts FROM events"))
    if op.get_bind().dialect.name == "postgresql":
        op.drop_column("events", "known_at")
        op.drop_column("events", "facts")
        op.alter_column(
            "events", "parcel_id", existing_type=sa.String(35), nullable=True, comment="null where it was erased"
        )
        return
    op.create_table(
        "events_slim",
        _seq(),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("subject_seq", sa.BigInteger()),
        sa.Column("operator", sa.String(35)),
        sa.Column("parcel_id", sa.String(35)),
    )
    op.execute(sa.text(f"INSERT INTO events_slim ({_INDEX}) SELECT {_INDEX} FROM events ORDER BY seq"))
    # The new table takes the name last: SQLite would have others refer to the old one under its new name.
    op.drop_table("events")
    op.rename_table("events_slim", "events")
    op.create_index("events_by_parcel", "events", ["parcel_id"])
    others = sa.text("subject_seq IS NOT NULL")
    op.create_index("events_by_subject", "events", ["subject_seq"], sqlite_where=others)


def _tables() -> None:
    op.create_table(
        "tail",
        _seq("events.seq"),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "facts", sa.LargeBinary(), nullable=False, comment="the other columns of the log, see serving.store.facts"
        ),
    )
    op.create_table(
        "texts",
        _seq("events.seq"),
        sa.Column("texts", sa.LargeBinary(), nullable=False, comment="of a sealed event, see serving.store.log_texts"),
    )
    op.create_table(
        "segments",
        sa.Column("first_seq", _SEQ, primary_key=True, autoincrement=False, nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False, unique=True),
        sa.Column("sha256", sa.String(64), nullable=False, comment="of the content: the name of the file"),
        sa.Column(
            "previous", sa.String(64), nullable=False, comment="sha256 of the segment before; empty for the first"
        ),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the schema, see serving.store.segment_format"),
        sa.Column(
            "derivations", sa.Text(), nullable=False, comment="JSON: versions of the derivation of keys and facts"
        ),
    )


def _seq(*of: str) -> sa.Column[int]:
    return sa.Column("seq", _SEQ, *map(sa.ForeignKey, of), primary_key=True, autoincrement=False, nullable=False)
