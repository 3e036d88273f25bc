"""Seizure forms: rows are added, and replaced by later ones, never changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, ForeignKey, Index, Integer, String, Table, select

from serving.store.tables import events, metadata

seizures = Table(
    "seizures",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("seq", BigInteger, ForeignKey("events.seq"), nullable=False, index=True),
    Column("made_at", BigInteger, nullable=False),
    Column("client_id", String(60), nullable=False),
    Column("replaces", Integer, ForeignKey("seizures.id"), comment="earlier form that this one corrects"),
    Column("finding_class", String(20), nullable=False),
    Column("substance", String(120), nullable=False),
    Column("cas", String(12)),
    Column("identified_by", String(30), nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("unit", String(30), nullable=False),
    Column("purity_bp", Integer),
    Column("form", String(30), nullable=False),
    Column("hiding_place", String(30), nullable=False),
    Column("departure_country", String(2)),
    Column("transit_country", String(2)),
    Column("destination_country", String(2)),
    Column("method", String(20)),
    Column("value_cents", BigInteger),
    Column("status", String(30), nullable=False),
    Column("report", String(35)),
    Index("seizures_by_time", "made_at"),
)
"""What findings were."""
_OWN = {"id", "seq", "made_at", "client_id", "replaces"}
FORM = tuple(column.name for column in seizures.c if column.name not in _OWN)
"""Columns that the form fills."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A form on record; `number` is that of its parcel, None once it was erased; `form` has the columns ``FORM``."""

    id: int
    seq: int
    made_at: int
    client_id: str
    replaces: int | None
    number: str | None
    form: dict[str, Any]


def add(connection: Connection, **row: Any) -> int:
    """Keep a form; return its number."""
    return int(connection.execute(seizures.insert().values(**row).returning(seizures.c.id)).scalar_one())


def in_force(
    connection: Connection,
    *,
    seqs: Iterable[int] | None = None,
    since_us: int | None = None,
    until_us: int | None = None,
    ids: Iterable[int] | None = None,
    limit: int = 100_000,
) -> list[Kept]:
    """Forms that no later one replaces, oldest first: of some parcels, of a period, or by their numbers."""
    columns = [column for column in seizures.c if column.name in _OWN | set(FORM)]
    replaced = select(seizures.c.replaces).where(seizures.c.replaces.is_not(None))
    query = select(*columns, events.c.parcel_id.label("number")).join(events, events.c.seq == seizures.c.seq)
    query = query.where(seizures.c.id.not_in(replaced)).order_by(seizures.c.id).limit(limit)
    if seqs is not None:
        query = query.where(seizures.c.seq.in_(list(seqs)))
    if ids is not None:
        query = query.where(seizures.c.id.in_(list(ids)))
    if since_us is not None:
        query = query.where(seizures.c.made_at >= since_us)
    if until_us is not None:
        query = query.where(seizures.c.made_at < until_us)
    return [_kept(dict(row)) for row in connection.execute(query).mappings()]


def _kept(row: dict[str, Any]) -> Kept:
    return Kept(**{name: row[name] for name in (*_OWN, "number")}, form={name: row[name] for name in FORM})
