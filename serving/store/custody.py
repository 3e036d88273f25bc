"""The ledger of exhibits: entries are added, never changed, each with the digest of the one before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from features.handling.custody import Entry, Kind
from features.parcel.problems import StoreError
from serving.store.handling_tables import custody, exhibits
from serving.store.times import microseconds, time_of


def open_exhibit(connection: Connection, seq: int) -> int:
    """Open the ledger of an exhibit of the parcel at `seq`, and return its number."""
    return int(connection.execute(exhibits.insert().values(seq=seq).returning(exhibits.c.id)).scalar_one())


def subject_of(connection: Connection, exhibit_id: int) -> int | None:
    """Version of the parcel from which an exhibit was taken; None where there is no such exhibit."""
    return connection.execute(select(exhibits.c.seq).where(exhibits.c.id == exhibit_id)).scalar()


def exhibits_of(connection: Connection, seqs: Sequence[int]) -> list[int]:
    """Exhibits taken from parcels, by the sequence numbers of their versions."""
    query = select(exhibits.c.id).where(exhibits.c.seq.in_(list(seqs))).order_by(exhibits.c.id)
    return list(connection.execute(query).scalars())


def ledger_of(connection: Connection, exhibit_id: int) -> list[Entry]:
    """Entries of an exhibit in their order.

    Raises
    ------
    StoreError
        When an entry is not as it was written, or one is missing.
    """
    rows = connection.execute(select(custody).where(custody.c.exhibit_id == exhibit_id).order_by(custody.c.number))
    entries: list[Entry] = []
    digest = ""
    for number, row in enumerate(rows, start=1):
        entry = _entry(row)
        digest = entry.digest(digest)
        if entry.number != number or digest != row.digest:
            raise StoreError(
                f"entry {number} of exhibit {exhibit_id} is missing, or not as it was written. Restore a backup."
            )
        entries.append(entry)
    return entries


def _entry(row: Any) -> Entry:
    return Entry(
        number=row.number,
        kind=Kind(row.kind),
        at=time_of(row.made_at),
        by=row.client_id,
        seal=row.seal,
        gross_g=row.gross_g,
        net_g=row.net_g,
        to=row.recipient,
        reference=row.reference,
        corrects=row.corrects,
    )


def append(connection: Connection, exhibit_id: int, before: Sequence[Entry], entry: Entry) -> None:
    """Add an entry behind the others."""
    digest = ""
    for one in before:
        digest = one.digest(digest)
    connection.execute(
        custody.insert().values(
            exhibit_id=exhibit_id,
            number=entry.number,
            kind=entry.kind.value,
            made_at=microseconds(entry.at),
            client_id=entry.by,
            seal=entry.seal,
            gross_g=entry.gross_g,
            net_g=entry.net_g,
            recipient=entry.to,
            reference=entry.reference,
            corrects=entry.corrects,
            digest=entry.digest(digest),
        )
    )
