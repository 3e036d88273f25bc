"""Which receptacle carries which parcel, as dispatch lists state, before or after the parcel was lodged."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
from sqlalchemy import BigInteger, Connection, bindparam, select

from serving.store.statements import Statement, each_of, texts
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


def receptacles_of(
    connection: Connection, keys: Iterable[tuple[str, str]], *, since_us: int
) -> dict[tuple[str, str], str]:
    """Receptacle by operator and identifier of parcels with these `keys`, as lists said that came after `since_us`.

    Lists from before were about another parcel, which had the same number.
    """
    wanted = set(keys)
    operators, parcels = texts({operator for operator, _ in wanted}), texts({parcel for _, parcel in wanted})
    rows = _OF_PARCELS.run(connection, {"whose": operators, "ids": parcels, "since": since_us})
    found = {(row["operator"], row["parcel_id"]): row["receptacle_id"] for row in rows}
    return {key: receptacle for key, receptacle in found.items() if key in wanted}


_OF_PARCELS = Statement(
    select(receptacles).where(
        receptacles.c.operator.in_(each_of("whose")),
        receptacles.c.parcel_id.in_(each_of("ids")),
        receptacles.c.received_at > bindparam("since", type_=BigInteger()),
    )
)
