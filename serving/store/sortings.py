"""What sorting machines confirmed: the chute of each item, whether it was the right one, and what was measured."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Connection, ForeignKey, Index, Integer, String, Table, select

from serving.store.tables import metadata

sortings = Table(
    "sortings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("sort_digest", String(64), nullable=False, unique=True, comment="SHA-256 of the id that was answered"),
    Column("seq", BigInteger, ForeignKey("events.seq"), comment="the parcel; null where no single one was read"),
    Column("client_id", String(60), nullable=False, comment="the machine"),
    Column("code", String(8), nullable=False, comment="sort code that was answered"),
    Column("chute", String(8), nullable=False),
    Column("is_right", Integer, nullable=False, comment="1 where the chute is one of the code"),
    Column("weight_g", Integer),
    Column("length_mm", Integer),
    Column("width_mm", Integer),
    Column("height_mm", Integer),
    Column("answered_at", BigInteger, nullable=False, comment="when it was answered"),
    Column("confirmed_at", BigInteger, nullable=False, comment="when it was confirmed"),
    Index("sortings_by_time", "is_right", "confirmed_at"),
    Index("sortings_by_parcel", "seq"),
)


@dataclass(frozen=True, kw_only=True)
class StoredSorting:
    """One confirmation; the columns of the table say what each is."""

    seq: int | None
    client_id: str
    code: str
    chute: str
    is_right: bool
    weight_g: int | None
    length_mm: int | None
    width_mm: int | None
    height_mm: int | None
    answered_at: int
    confirmed_at: int


def put(connection: Connection, digest: str, row: StoredSorting) -> None:
    """Keep a confirmation."""
    values = {**vars(row), "is_right": int(row.is_right)}
    connection.execute(sortings.insert().values(sort_digest=digest, **values))


def chute_of(connection: Connection, digest: str) -> str | None:
    """Chute that was confirmed for a sorting; None where none was."""
    found = connection.execute(select(sortings.c.chute).where(sortings.c.sort_digest == digest)).scalar()
    return None if found is None else str(found)


def wrong(connection: Connection, limit: int) -> list[StoredSorting]:
    """Items that were put into a wrong chute, newest first."""
    query = (
        select(sortings).where(sortings.c.is_right == 0).order_by(sortings.c.confirmed_at.desc(), sortings.c.id.desc())
    )
    names = StoredSorting.__dataclass_fields__
    rows = connection.execute(query.limit(limit)).mappings()
    return [StoredSorting(**{name: row[name] for name in names} | {"is_right": bool(row["is_right"])}) for row in rows]
