"""Stops of the score, of one line or of all: from when to when nothing was referred for it, by whom, and why."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, Text, or_, select

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
    Column("line", String(35), comment="null: all lines"),
    Column("condition", Text, comment="which parcels came to the line when it was stopped"),
)
"""A row is open while the score is stopped; at most one is for a line, and one for all."""


def open_stops(connection: Connection) -> list[dict[str, Any]]:
    """Stops that hold, oldest first: read before every batch, so that a stop holds from the next parcel on."""
    return _OPEN.run(connection, {})


def stops_at(connection: Connection, at_us: int) -> list[dict[str, Any]]:
    """Stops that held at a time, microseconds since 1970, oldest first."""
    held = or_(score_stops.c.resumed_at.is_(None), score_stops.c.resumed_at > at_us)
    query = select(score_stops).where(score_stops.c.stopped_at <= at_us, held).order_by(score_stops.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def stops(connection: Connection, *, limit: int = 1_000) -> list[dict[str, Any]]:
    """All stops, newest first."""
    query = select(score_stops).order_by(score_stops.c.id.desc()).limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]


def add_stop(
    connection: Connection, *, reason: str, by: str, at_us: int, line: str | None = None, condition: str | None = None
) -> int:
    """Begin one; return its number."""
    row = {"reason": reason, "stopped_at": at_us, "stopped_by": by, "line": line, "condition": condition}
    return int(connection.execute(score_stops.insert().values(**row).returning(score_stops.c.id)).scalar_one())


def end_stop(connection: Connection, number: int, *, by: str, at_us: int) -> None:
    """End one."""
    values = {"resumed_at": at_us, "resumed_by": by}
    connection.execute(score_stops.update().where(score_stops.c.id == number).values(**values))


_OPEN = Statement(select(score_stops).where(score_stops.c.resumed_at.is_(None)).order_by(score_stops.c.id))
