"""Searches of the past, and the parcels that they recalled: a table each, and what is asked of them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Connection, ForeignKey, Integer, String, Table, select

from serving.store.tables import metadata

hunts = Table(
    "hunts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("sought", String(120), nullable=False, comment="rule, list, typology or finding"),
    Column("at", BigInteger, nullable=False),
    Column("by", String(60), nullable=False),
    Column("n_parcels", BigInteger, nullable=False),
    Column("n_matched", BigInteger, nullable=False),
    Column("n_in_reach", BigInteger, nullable=False),
    Column("n_referred", BigInteger, nullable=False),
)

recalls = Table(
    "recalls",
    metadata,
    Column("seq", BigInteger, ForeignKey("events.seq"), primary_key=True, autoincrement=False),
    Column("hunt_id", Integer, ForeignKey("hunts.id"), nullable=False, index=True),
    Column("asks", String(20), nullable=False),
)
"""Events by which a parcel was scored again because a search recalled it."""


@dataclass(frozen=True, kw_only=True)
class StoredHunt:
    """A search of the past.

    Attributes
    ----------
    n_parcels, n_matched, n_in_reach, n_referred:
        Parcels that were looked at, that matched, that could still be recalled, and that were.
    """

    sought: str
    at: int
    by: str
    n_parcels: int
    n_matched: int
    n_in_reach: int
    n_referred: int
    hunt_id: int = 0


def put_hunt(connection: Connection, one: StoredHunt) -> int:
    """Keep a search; return its number."""
    row = {name: value for name, value in vars(one).items() if name != "hunt_id"}
    return int(connection.execute(hunts.insert().values(row).returning(hunts.c.id)).scalar_one())


def put_recalls(connection: Connection, hunt_id: int, asks: dict[int, str]) -> None:
    """Keep what a search asks of the parcels that it recalled, by the events by which they were scored again."""
    if asks:
        connection.execute(
            recalls.insert(), [{"seq": seq, "hunt_id": hunt_id, "asks": one} for seq, one in asks.items()]
        )


def hunts_of(connection: Connection, limit: int = 100) -> list[StoredHunt]:
    """The latest searches, newest first."""
    rows = connection.execute(select(hunts).order_by(hunts.c.id.desc()).limit(limit))
    return [StoredHunt(hunt_id=row.id, **{k: v for k, v in row._mapping.items() if k != "id"}) for row in rows]
