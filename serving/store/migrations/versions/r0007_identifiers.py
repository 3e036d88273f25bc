"""Numbers under which parcels are found in addition to their identifier; rows in quarantine are found by number."""

import json
import re

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_AT_ONCE = 5_000
_GROUPS = ((1, "house_bill"), (2, "master_bill"), (3, "receptacle_id"))


def upgrade() -> None:
    """Add the table, with the numbers of the parcels in the log, and the column.

    Rows that are in quarantine already have no number.
    """
    identifiers = op.create_table(
        "identifiers",
        sa.Column("number", sa.String(70), primary_key=True),
        sa.Column("kind", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.add_column("quarantine", sa.Column("number", sa.LargeBinary(), comment="keyed digest of the parcel's number"))
    op.create_index("ix_quarantine_number", "quarantine", ["number"])
    connection = op.get_bind()
    after = 0
    while rows := connection.execute(_EVENTS, {"after": after, "most": _AT_ONCE}).all():
        after = rows[-1].seq
        entries = [entry for row in rows for entry in _entries(row.seq, row.parcel_id, json.loads(row.facts))]
        if entries:
            connection.execute(identifiers.insert(), entries)


_EVENTS = sa.text(
    "SELECT seq, parcel_id, facts FROM events WHERE kind = 'parcel' AND seq > :after ORDER BY seq LIMIT :most"
)


def _entries(seq: int, parcel_id: str, facts: dict[str, object]) -> list[dict[str, object]]:
    numbers = [(0, parcel_id), *((kind, facts.get(field)) for kind, field in _GROUPS)]
    compact = [(kind, re.sub(r"[\s\-./_()%']", "", text.upper())) for kind, text in numbers if isinstance(text, str)]
    return [{"number": number, "kind": kind, "seq": seq} for kind, number in compact if number and number != parcel_id]
