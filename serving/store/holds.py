"""Legal holds: parcels that are neither masked nor erased while somebody needs them as evidence."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from serving.store.retention_tables import holds
from serving.store.tables import events


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A hold on the parcel of event `seq`; `lifted_at` None while it is open. `number` is that of the parcel."""

    id: int
    seq: int
    number: str | None
    reason: str
    legal_basis: str
    review_on: str
    made_at: int
    made_by: str
    lifted_at: int | None
    lifted_by: str | None


def add(connection: Connection, **row: Any) -> int:
    """Keep a new hold; return its number."""
    return int(connection.execute(holds.insert().values(**row).returning(holds.c.id)).scalar_one())


def lift(connection: Connection, hold_id: int, *, by: str, at_us: int) -> int | None:
    """End a hold; return its event, None where no such hold is open."""
    is_it = holds.c.id == hold_id, holds.c.lifted_at.is_(None)
    lifted = holds.update().where(*is_it).values(lifted_at=at_us, lifted_by=by).returning(holds.c.seq)
    return connection.execute(lifted).scalar()


def held(connection: Connection, handles: Collection[bytes]) -> frozenset[bytes]:
    """Those of some subjects that an open hold keeps."""
    is_open = holds.c.subject.in_(list(handles)), holds.c.lifted_at.is_(None)
    return frozenset(connection.execute(select(holds.c.subject).where(*is_open)).scalars())


def all_holds(connection: Connection, *, is_open: bool) -> list[Hold]:
    """Holds, oldest first: all, or those that are open."""
    columns = [column for column in holds.c if column.name != "subject"]
    query = select(*columns, events.c.parcel_id.label("number")).join(events, events.c.seq == holds.c.seq)
    wanted = query.where(holds.c.lifted_at.is_(None)) if is_open else query
    return [Hold(**row._mapping) for row in connection.execute(wanted.order_by(holds.c.id))]
