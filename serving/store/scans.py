"""Customs' own scans: where officers saw a parcel. These are facts, unlike what operators report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from serving.store.handling_tables import scans
from serving.store.statements import Statement, each_number_of, insertion, texts
from serving.store.times import microseconds, time_of


@dataclass(frozen=True, kw_only=True)
class Scan:
    """One scan; `seq` is the version of the parcel that was current then."""

    seq: int
    state: str
    scanned_at: datetime
    station: str | None


def put(connection: Connection, rows: Iterable[Scan], *, received_us: int, client_id: str) -> None:
    """Store scans."""
    kept = [
        {**vars(one), "scanned_at": microseconds(one.scanned_at), "received_at": received_us, "client_id": client_id}
        for one in rows
    ]
    if kept:
        _PUT.run(connection, kept)


_PUT = insertion(scans)


def scans_of(connection: Connection, seqs: Iterable[int]) -> list[Scan]:
    """Scans of parcels by the sequence numbers of their versions, as they came."""
    return [
        Scan(seq=row["seq"], state=row["state"], scanned_at=time_of(row["scanned_at"]), station=row["station"])
        for row in _OF_PARCELS.run(connection, {"seqs": texts(seqs)})
    ]


_OF_PARCELS = Statement(select(scans).where(scans.c.seq.in_(each_number_of("seqs"))).order_by(scans.c.id))
