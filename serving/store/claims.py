"""Claims: which officer fetches which parcel of the queue, for a while."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, String, Table, delete, select

from serving.store.tables import metadata

claims = Table(
    "claims",
    metadata,
    Column("operator", String(35), primary_key=True),
    Column("parcel_id", String(35), primary_key=True),
    Column("client_id", String(60), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
"""Parcels that an officer fetches."""
Key = tuple[str, str]


def claim(connection: Connection, key: Key, client_id: str, *, at_us: int, until_us: int) -> bool:
    """Claim a parcel until a time; False where another officer holds it still."""
    holder = claims_in_force(connection, at_us=at_us).get(key)
    if holder not in (None, client_id):
        return False
    release(connection, key)
    row = {"operator": key[0], "parcel_id": key[1], "client_id": client_id, "expires_at": until_us}
    connection.execute(claims.insert().values(**row))
    return True


def release(connection: Connection, key: Key) -> None:
    """End the claim of a parcel, if there is one."""
    connection.execute(delete(claims).where(claims.c.operator == key[0], claims.c.parcel_id == key[1]))


def claims_in_force(connection: Connection, *, at_us: int) -> dict[Key, str]:
    """Who holds which parcel."""
    rows = connection.execute(select(claims).where(claims.c.expires_at > at_us))
    return {(row.operator, row.parcel_id): row.client_id for row in rows}
