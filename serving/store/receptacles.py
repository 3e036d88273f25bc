"""Which receptacle carries which parcel, as dispatch lists state, before or after the parcel was lodged."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, select

from serving.store.tables import receptacles

_AT_ONCE = 5_000


def put(connection: Connection, operator: str, rows: pl.DataFrame, at_us: int) -> None:
    """Remember rows of ``receptacle_id`` and ``parcel_id``; a later list counts instead of an earlier one."""
    latest = rows.unique("parcel_id", keep="last", maintain_order=True)
    for start in range(0, latest.height, _AT_ONCE):
        part = latest.slice(start, _AT_ONCE)
        connection.execute(
            receptacles.delete().where(
                receptacles.c.operator == operator, receptacles.c.parcel_id.in_(part["parcel_id"].to_list())
            )
        )
        connection.execute(
            receptacles.insert(),
            [
                {"operator": operator, "parcel_id": parcel, "receptacle_id": receptacle, "received_at": at_us}
                for parcel, receptacle in part.select("parcel_id", "receptacle_id").iter_rows()
            ],
        )


def receptacles_of(connection: Connection, parcel_ids: list[str], *, since_us: int) -> dict[tuple[str, str], str]:
    """Receptacle by operator and identifier, as lists said that came after `since_us`."""
    found: dict[tuple[str, str], str] = {}
    for start in range(0, len(parcel_ids), _AT_ONCE):
        wanted = receptacles.c.parcel_id.in_(parcel_ids[start : start + _AT_ONCE])
        recent = receptacles.c.received_at > since_us
        for row in connection.execute(select(receptacles).where(wanted, recent)):
            found[row.operator, row.parcel_id] = row.receptacle_id
    return found


def with_receptacles(connection: Connection, rows: pl.DataFrame, *, since_us: int) -> pl.DataFrame:
    """Fill ``receptacle_id`` from dispatch lists where the declaration does not give it.

    Lists from before `since_us` were about another parcel, which had the same number.
    """
    known = receptacles_of(connection, rows["parcel_id"].unique().to_list(), since_us=since_us)
    if not known:
        return rows
    listed = [known.get(key) for key in rows.select("operator", "parcel_id").iter_rows()]
    return rows.with_columns(pl.coalesce("receptacle_id", pl.Series(listed, dtype=pl.String)).alias("receptacle_id"))
