"""Degraded answers that were given again when nothing was missing any more: which event replaced which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, ForeignKey, Integer, String, Table, select

from serving.store.statements import insertion
from serving.store.tables import contexts, events, metadata, scores

rescored = Table(
    "rescored",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("before_seq", BigInteger, ForeignKey("events.seq"), nullable=False, unique=True),
    Column("after_seq", BigInteger, ForeignKey("events.seq"), comment="null where nothing was to be given again"),
    Column("missing", String(120), nullable=False, comment="what the first answer lacked"),
    Column("rescored_at", BigInteger, nullable=False),
)


@dataclass(frozen=True, kw_only=True)
class Lacking:
    """A degraded answer that was not given again yet."""

    seq: int
    parcel_id: str | None
    missing: str


def lacking(connection: Connection, *, alone: Sequence[str], from_seq: int, limit: int) -> list[Lacking]:
    """Oldest degraded answers from an event on that were not given again, and are no second ones themselves.

    What lacks nothing but one of `alone` lacks it for ever.
    """
    second = select(rescored.c.after_seq).where(rescored.c.after_seq.is_not(None))
    query = (
        select(scores.c.seq, events.c.parcel_id, contexts.c.degraded)
        .join(contexts, contexts.c.id == scores.c.context)
        .join(events, events.c.seq == scores.c.seq)
        .outerjoin(rescored, rescored.c.before_seq == scores.c.seq)
        .where(contexts.c.degraded.is_not(None), contexts.c.degraded.not_in(alone), scores.c.seq >= from_seq)
        .where(rescored.c.id.is_(None), scores.c.seq.not_in(second))
        .order_by(scores.c.seq)
        .limit(limit)
    )
    rows = connection.execute(query)
    return [Lacking(seq=row.seq, parcel_id=row.parcel_id, missing=row.degraded) for row in rows]


def insert_rescored(connection: Connection, pairs: Sequence[dict[str, Any]]) -> None:
    """Write down pairs of events, with the columns of the table."""
    if pairs:
        _INSERT.run(connection, pairs)


_INSERT = insertion(rescored)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """An answer that was given again."""

    number: int
    before_seq: int
    after_seq: int
    missing: str
    rescored_at: int
    operator: str | None
    parcel_id: str | None


def pairs(connection: Connection, *, after: int, limit: int) -> list[Pair]:
    """Answers that were given again, in order, behind a number."""
    query = (
        select(rescored, events.c.operator, events.c.parcel_id)
        .join(events, events.c.seq == rescored.c.after_seq)
        .where(rescored.c.id > after)
        .order_by(rescored.c.id)
        .limit(limit)
    )
    return [
        Pair(
            number=row.id,
            before_seq=row.before_seq,
            after_seq=row.after_seq,
            missing=row.missing,
            rescored_at=row.rescored_at,
            operator=row.operator,
            parcel_id=row.parcel_id,
        )
        for row in connection.execute(query)
    ]
