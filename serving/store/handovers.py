"""Handovers: parcels that an officer handed over to a named one, until an outcome is on record or it is ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Integer,
    String,
    Table,
    bindparam,
    select,
    update,
)

from serving.store.statements import Row, Statement, each_number_of, texts
from serving.store.tables import metadata

handovers = Table(
    "handovers",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("seq", BigInteger, ForeignKey("events.seq"), nullable=False, index=True, comment="a version of the parcel"),
    Column("from_id", String(60), nullable=False, comment="officer who handed it over"),
    Column("to_id", String(60), nullable=False, comment="officer who is to inspect it"),
    Column("reason", String(20), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, comment="null: open"),
)
"""Who handed which parcel over to whom."""


@dataclass(frozen=True, kw_only=True)
class Handover:
    """One handover; the columns of the table say what each value means."""

    seq: int
    from_id: str
    to_id: str
    reason: str
    made_at: int


def add_handover(connection: Connection, one: Handover) -> None:
    """Keep a handover."""
    connection.execute(handovers.insert().values(**vars(one)))


def open_handovers(connection: Connection, seqs: Iterable[int]) -> dict[int, Handover]:
    """The open handover of each of some parcel events, where there is one."""
    wanted = list(seqs)
    return _by_event(_OPEN_OF.run(connection, {"seqs": texts(wanted)})) if wanted else {}


def handovers_since(connection: Connection, at_us: int) -> dict[int, Handover]:
    """Open handovers that were made since a time, by parcel event."""
    return _by_event(_OPEN_SINCE.run(connection, {"since": at_us}))


def _open(wanted: ColumnElement[bool]) -> Statement:
    return Statement(select(handovers).where(wanted, handovers.c.ended_at.is_(None)).order_by(handovers.c.id))


_OPEN_OF = _open(handovers.c.seq.in_(each_number_of("seqs")))
_OPEN_SINCE = _open(handovers.c.made_at >= bindparam("since", type_=BigInteger()))


def _by_event(rows: Iterable[Row]) -> dict[int, Handover]:
    return {row["seq"]: _handover(row) for row in rows}


def end_handovers(connection: Connection, seqs: Iterable[int], *, at_us: int) -> None:
    """End the open handovers of some parcel events."""
    mine = handovers.c.seq.in_(list(seqs)) & handovers.c.ended_at.is_(None)
    connection.execute(update(handovers).where(mine).values(ended_at=at_us))


def _handover(row: Row) -> Handover:
    return Handover(**{name: row[name] for name in Handover.__dataclass_fields__})
