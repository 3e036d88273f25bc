"""Claims: which officer fetches which parcel of the queue, for a while."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, ForeignKey, String, Table, delete, select

from serving.store.tables import metadata

claims = Table(
    "claims",
    metadata,
    Column("seq", BigInteger, ForeignKey("events.seq"), primary_key=True, autoincrement=False),
    Column("client_id", String(60), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
"""Parcels that an officer fetches."""


def claim(connection: Connection, seq: int, client_id: str, *, at_us: int, until_us: int) -> bool:
    """Claim the parcel of an event until a time; False where another officer holds it still."""
    if claims_in_force(connection, at_us=at_us).get(seq) not in (None, client_id):
        return False
    release(connection, seq)
    connection.execute(claims.insert().values(seq=seq, client_id=client_id, expires_at=until_us))
    return True


def release(connection: Connection, seq: int) -> None:
    """End the claim of a parcel, if there is one."""
    connection.execute(delete(claims).where(claims.c.seq == seq))


def claims_in_force(connection: Connection, *, at_us: int) -> dict[int, str]:
    """Who holds which parcel, by its event."""
    rows = connection.execute(select(claims).where(claims.c.expires_at > at_us))
    return {row.seq: row.client_id for row in rows}
