"""Stops of the score: from when to when nothing was referred for its score, who stopped it, and why."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, select

from serving.store.statements import Statement
from serving.store.tables import metadata

score_stops = Table(
    "score_stops",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("reason", String(200), nullable=False),
    Column("stopped_at", BigInteger, nullable=False),
    Column("stopped_by", String(60), nullable=False),
    Column("resumed_at", BigInteger),
    Column("resumed_by", String(60)),
)
"""A row is open while the score is stopped; at most one is."""


def is_stopped(connection: Connection) -> bool:
    """Whether the score is stopped: read before every batch, so that a stop holds from the next parcel on."""
    return bool(_OPEN.run(connection, {}))


def open_stop(connection: Connection) -> dict[str, Any] | None:
    """The stop that holds; None where there is none."""
    query = select(score_stops).where(score_stops.c.resumed_at.is_(None)).limit(1)
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def stops(connection: Connection, *, limit: int = 1_000) -> list[dict[str, Any]]:
    """All stops, newest first."""
    query = select(score_stops).order_by(score_stops.c.id.desc()).limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]


def add_stop(connection: Connection, *, reason: str, by: str, at_us: int) -> int:
    """Begin one; return its number."""
    row = {"reason": reason, "stopped_at": at_us, "stopped_by": by}
    return int(connection.execute(score_stops.insert().values(**row).returning(score_stops.c.id)).scalar_one())


def end_stop(connection: Connection, number: int, *, by: str, at_us: int) -> None:
    """End one."""
    values = {"resumed_at": at_us, "resumed_by": by}
    connection.execute(score_stops.update().where(score_stops.c.id == number).values(**values))


_OPEN = Statement(select(score_stops.c.id).where(score_stops.c.resumed_at.is_(None)).limit(1))
