"""Facts of events are compact bytes instead of JSON; keys and indexes that nothing needs are gone."""

import json
from collections import defaultdict
from datetime import datetime

import sqlalchemy as sa
from alembic import op

from serving.store.facts import packed

revision = "0008"
down_revision = "0007"

_AT_ONCE = 2_000
_REFERRING = ("personal", "scores", "explanations")
_TIMES = ("counted_at", "lodged_at", "posted_at", "due_at", "inspected_at")
_DERIVATION = 1
"""Of every event before this step."""


def upgrade() -> None:
    """Write the log anew, portion by portion."""
    if op.get_bind().dialect.name == "postgresql":
        for table in _REFERRING:
            op.drop_constraint(f"{table}_seq_fkey", table)
    # The new table takes the name last: SQLite would have others refer to the old one under its new name.
    _write(_table())
    op.drop_table("events")
    op.rename_table("events_compact", "events")
    op.create_index("events_by_parcel", "events", ["parcel_id"])
    others = sa.text("subject_seq IS NOT NULL")
    op.create_index("events_by_subject", "events", ["subject_seq"], sqlite_where=others, postgresql_where=others)
    if op.get_bind().dialect.name == "postgresql":
        for table in _REFERRING:
            op.create_foreign_key(f"{table}_seq_fkey", table, "events", ["seq"], ["seq"])


def _table() -> sa.Table:
    return op.create_table(
        "events_compact",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("subject_seq", sa.BigInteger(), comment="null where it is the event itself"),
        sa.Column("operator", sa.String(35)),
        sa.Column("parcel_id", sa.String(35), nullable=False),
        sa.Column(
            "facts", sa.LargeBinary(), nullable=False, comment="the other columns of the log, see serving.store.facts"
        ),
    )


def _write(compact: sa.Table) -> None:
    connection = op.get_bind()
    before = sa.table("events", *(sa.column(column.name) for column in compact.columns))
    last = None
    while True:
        behind = sa.true() if last is None else before.c.seq > last
        chosen = sa.select(before).where(behind).order_by(before.c.seq).limit(_AT_ONCE)
        rows = [row._asdict() for row in connection.execute(chosen)]
        if not rows:
            return
        last = rows[-1]["seq"]
        connection.execute(compact.insert(), [_compact(row) for row in rows])


def _compact(row: dict[str, object]) -> dict[str, object]:
    facts = json.loads(str(row["facts"]))
    for name in _TIMES:
        if facts.get(name) is not None:
            facts[name] = datetime.fromisoformat(facts[name])
    if facts.get("pieces") is not None:
        facts["pieces"] = [defaultdict(lambda: None, piece) for piece in facts["pieces"]]
    subject = row["subject_seq"] if row["subject_seq"] != row["seq"] else None
    return {**row, "subject_seq": subject, "facts": packed(defaultdict(lambda: None, facts), derivation=_DERIVATION)}
