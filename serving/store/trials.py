"""Test parcels: their numbers, what is in them, and whether they have been revealed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from serving.store.handling_tables import trials


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A test parcel; `operator` is None where anybody may declare it, or nobody."""

    trial_id: int
    parcel_id: str
    operator: str | None
    finding_class: str
    is_revealed: bool


def plant(
    connection: Connection, parcel_id: str, operator: str | None, finding_class: str, *, at_us: int, client_id: str
) -> bool:
    """Keep a test parcel; False where one with this number is open already."""
    if any(not one.is_revealed for one in planted(connection, [parcel_id])):
        return False
    row = {"parcel_id": parcel_id, "operator": operator, "finding_class": finding_class}
    connection.execute(trials.insert().values(**row, placed_at=at_us, client_id=client_id))
    return True


def planted(connection: Connection, parcel_ids: Iterable[str] | None = None) -> list[Planted]:
    """Test parcels with one of the numbers, or all, oldest first."""
    query = select(trials).order_by(trials.c.id)
    if parcel_ids is not None:
        query = query.where(trials.c.parcel_id.in_(list(parcel_ids)))
    return [
        Planted(
            trial_id=row.id,
            parcel_id=row.parcel_id,
            operator=row.operator,
            finding_class=row.finding_class,
            is_revealed=row.revealed_at is not None,
        )
        for row in connection.execute(query)
    ]


def trials_among(connection: Connection, keys: Iterable[tuple[str | None, str]]) -> frozenset[tuple[str | None, str]]:
    """Those of some parcels, by operator and number, that are test parcels or were."""
    wanted = set(keys)
    named = {(one.operator, one.parcel_id) for one in planted(connection, {number for _, number in wanted})}
    return frozenset(key for key in wanted if key in named or (None, key[1]) in named)


def reveal(connection: Connection, trial_id: int, *, at_us: int) -> None:
    """Note that a test parcel has been revealed."""
    connection.execute(update(trials).where(trials.c.id == trial_id).values(revealed_at=at_us))
