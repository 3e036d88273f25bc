"""What persons decide about the clocks of referrals: who owns one, and how it ended. Entries are only added."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from serving.store.handling_tables import clock_entries
from serving.store.statements import Statement, each_number_of, texts
from serving.store.times import microseconds, time_of


@dataclass(frozen=True, kw_only=True)
class ClockEntry:
    """One entry; `seq` is the version of the parcel that was current then. One of owner and end is given."""

    seq: int
    owner: str | None
    end: str | None
    reason: str | None
    made_at: datetime
    client_id: str


def put(connection: Connection, entry: ClockEntry) -> None:
    """Add an entry."""
    connection.execute(clock_entries.insert().values(**vars(entry) | {"made_at": microseconds(entry.made_at)}))


def clock_entries_of(connection: Connection, seqs: Iterable[int]) -> list[ClockEntry]:
    """Entries about parcels by the sequence numbers of their versions, oldest first."""
    return [
        ClockEntry(
            seq=row["seq"],
            owner=row["owner"],
            end=row["end"],
            reason=row["reason"],
            made_at=time_of(row["made_at"]),
            client_id=row["client_id"],
        )
        for row in _OF_PARCELS.run(connection, {"seqs": texts(seqs)})
    ]


_OF_PARCELS = Statement(
    select(clock_entries).where(clock_entries.c.seq.in_(each_number_of("seqs"))).order_by(clock_entries.c.id)
)
