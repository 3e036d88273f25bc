"""Entries of the station: what was sent once is recorded once, and may be undone for a moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import BigInteger, Column, Connection, ForeignKey, Integer, String, Table, select, update

from serving.store.statements import Statement, each_number_of, texts
from serving.store.tables import metadata

station_entries = Table(
    "station_entries",
    metadata,
    Column("entry_id", String(36), primary_key=True, comment="made by the browser"),
    Column("seq", BigInteger, ForeignKey("events.seq"), nullable=False, index=True),
    Column("client_id", String(60), nullable=False),
    Column("made_at", BigInteger, nullable=False, comment="when the officer pressed the key"),
    Column("received_at", BigInteger, nullable=False, comment="known_at of its stage"),
    Column("answer", String(20), nullable=False),
    Column("reason", String(30), comment="why the advice was not followed"),
    Column("order_number", String(70), comment="order by which the parcel was opened"),
    Column("undone_at", BigInteger),
    Column("score_hidden", Integer, comment="1 where the station hid the score until then; null before that existed"),
)
"""What officers entered at the station."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry.

    Attributes
    ----------
    seq:
        Event of the parcel that it is about.
    made_at, received_at:
        When the officer pressed the key, and when the office learned it, which is later where the server was lost.
    answer:
        What became of it: ``recorded``, ``corrected``, ``repeated``, or ``let_go`` for no inspection at all.
    reason:
        Why the advice was not followed; None where it was.
    score_hidden:
        1 where the station hid the score until then, see `serving.office.hiding`.
    """

    entry_id: str
    seq: int
    client_id: str
    made_at: int
    received_at: int
    answer: str
    reason: str | None = None
    order_number: str | None = None
    undone_at: int | None = None
    score_hidden: int | None = None


def put_entry(connection: Connection, entry: Entry) -> None:
    """Keep an entry."""
    connection.execute(station_entries.insert().values(**asdict(entry)))


def entry_of(connection: Connection, entry_id: str) -> Entry | None:
    """The entry with this number; None when it never came."""
    row = connection.execute(select(station_entries).where(station_entries.c.entry_id == entry_id)).first()
    return Entry(**row._mapping) if row else None


def entries_about(connection: Connection, seqs: Iterable[int]) -> list[Entry]:
    """Entries about parcels, by events of these, that were not undone, oldest first."""
    return [Entry(**row) for row in _ABOUT.run(connection, {"seqs": texts(seqs)})]


_ABOUT = Statement(
    select(station_entries)
    .where(station_entries.c.seq.in_(each_number_of("seqs")), station_entries.c.undone_at.is_(None))
    .order_by(station_entries.c.received_at)
)


def entries_between(connection: Connection, since_us: int, until_us: int) -> list[Entry]:
    """Entries that came from `since_us` to before `until_us`, undone ones as well, oldest first."""
    during = station_entries.c.received_at.between(since_us, until_us - 1)
    rows = connection.execute(select(station_entries).where(during).order_by(station_entries.c.received_at))
    return [Entry(**row._mapping) for row in rows]


def mark_undone(connection: Connection, entry_id: str, *, at_us: int) -> None:
    """Note that an entry was undone."""
    connection.execute(update(station_entries).where(station_entries.c.entry_id == entry_id).values(undone_at=at_us))
