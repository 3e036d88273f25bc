"""What happened to parcels on their way, as operators reported it; kept also for parcels that are not lodged yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl
from sqlalchemy import BigInteger, Connection, String, bindparam, select

from serving.store.statements import Statement
from serving.store.tables import movements

_AT_ONCE = 5_000


@dataclass(frozen=True, kw_only=True)
class Movement:
    """One event; what it says of the parcel's life is in `features.handling.states`."""

    code: str
    happened_at: datetime
    office: str | None
    reason: str | None


def put(connection: Connection, operator: str, rows: pl.DataFrame, at_us: int) -> int:
    """Store movements; one that is on record already changes nothing. Return how many were new."""
    timed = rows.with_columns(pl.col("happened_at").dt.epoch("us")).unique(
        ["parcel_id", "code", "happened_at"], keep="first", maintain_order=True
    )
    known = _known(connection, operator, timed["parcel_id"].unique().to_list())
    fresh = [
        {
            "operator": operator,
            "parcel_id": row["parcel_id"],
            "code": row["code"],
            "happened_at": row["happened_at"],
            "office": row["office"],
            "reason": row["reason"],
            "received_at": at_us,
        }
        for row in timed.to_dicts()
        if (row["parcel_id"], row["code"], row["happened_at"]) not in known
    ]
    if fresh:
        connection.execute(movements.insert(), fresh)
    return len(fresh)


def _known(connection: Connection, operator: str, parcel_ids: list[str]) -> set[tuple[str, str, int]]:
    found: set[tuple[str, str, int]] = set()
    for start in range(0, len(parcel_ids), _AT_ONCE):
        wanted = movements.c.parcel_id.in_(parcel_ids[start : start + _AT_ONCE])
        rows = connection.execute(select(movements).where(movements.c.operator == operator, wanted))
        found |= {(row.parcel_id, row.code, row.happened_at) for row in rows}
    return found


def movements_of(connection: Connection, operator: str, parcel_id: str, *, since: datetime) -> list[Movement]:
    """Movements of a parcel in the order in which they happened, from a month before `since` to a year after it."""
    first = round(since.timestamp() * 1e6) - 30 * 86_400_000_000
    last = first + 395 * 86_400_000_000
    rows = _OF_PARCEL.run(connection, {"whose": operator, "number": parcel_id, "first": first, "last": last})
    return [
        Movement(
            code=row["code"],
            happened_at=datetime.fromtimestamp(row["happened_at"] / 1e6, UTC),
            office=row["office"],
            reason=row["reason"],
        )
        for row in rows
    ]


_OF_PARCEL = Statement(
    select(movements)
    .where(
        movements.c.operator == bindparam("whose", type_=String()),
        movements.c.parcel_id == bindparam("number", type_=String()),
        movements.c.happened_at.between(bindparam("first", type_=BigInteger()), bindparam("last", type_=BigInteger())),
    )
    .order_by(movements.c.happened_at, movements.c.id)
)
