"""What physically came in a period: parcels that operators reported as arrived, or that customs scanned."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from serving.store.handling_tables import custody, scans
from serving.store.tables import events, movements


def reported(connection: Connection, codes: Iterable[str], since_us: int, until_us: int) -> set[tuple[str, str]]:
    """Operator and number of parcels of which an event with one of the codes happened between two times."""
    during = movements.c.happened_at >= since_us, movements.c.happened_at < until_us
    query = select(movements.c.operator, movements.c.parcel_id).where(*during, movements.c.code.in_(list(codes)))
    return {(operator, number) for operator, number in connection.execute(query.distinct())}


def scanned(connection: Connection, since_us: int, until_us: int) -> set[tuple[str, str]]:
    """Operator and number of parcels that customs scanned between two times."""
    during = scans.c.scanned_at >= since_us, scans.c.scanned_at < until_us
    query = select(events.c.operator, events.c.parcel_id).join(scans, scans.c.seq == events.c.seq).where(*during)
    rows = connection.execute(query.where(events.c.parcel_id.is_not(None)).distinct())
    return {(operator, number) for operator, number in rows}


def exhibits_between(connection: Connection, since_us: int, until_us: int) -> list[int]:
    """Exhibits with an entry of their ledger between two times."""
    during = custody.c.made_at >= since_us, custody.c.made_at < until_us
    return sorted(connection.execute(select(custody.c.exhibit_id).where(*during).distinct()).scalars())
