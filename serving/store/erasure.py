"""Whom sealed data belong to, and how they are erased so that no restored copy brings them back.

An erasure is written into the key store and into the database. Whichever of the two is restored from an older copy
learns of it from the other when the store is opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, union

from features.event_rows import first_at
from serving.store.tables import erasures, personal, quarantine, versions
from serving.store.times import microseconds
from serving.store.vault import Vault

_AT_ONCE = 5_000


def parcel_subject(operator: str | None, parcel_id: str, first_lodged_us: int) -> str:
    """Subject of a parcel: identifiers are used again after a year, so the first lodging belongs to it."""
    return f"parcel\x1f{operator or ''}\x1f{parcel_id}\x1f{first_lodged_us}"


def subject_of(event: Mapping[str, Any]) -> str:
    """Subject of a parcel event; all versions of a parcel share theirs."""
    return parcel_subject(event["operator"], event["parcel_id"], microseconds(first_at(event)))


def held_subject(operator: str, at_us: int, line: int) -> str:
    """Subject of a row in quarantine, whose parcel may not be known."""
    return f"held\x1f{operator}\x1f{at_us}\x1f{line}"


def erase(connection: Connection, vault: Vault, subjects: Iterable[str], *, at_us: int) -> None:
    """Erase what is sealed for `subjects`, for ever, even if this transaction is rolled back."""
    handles = [vault.handle(subject) for subject in subjects]
    vault.erase(handles, at_us=at_us)
    _remember(connection, dict.fromkeys(handles, at_us))


def reconcile(connection: Connection, vault: Vault) -> int:
    """Apply erasures that only one side knows, after a restore of the other; return how many there were."""
    in_database = {row.subject: row.erased_at for row in connection.execute(select(erasures))}
    in_vault = vault.erasures()
    missing = in_database.keys() - in_vault.keys()
    for handle in missing:
        vault.erase([handle], at_us=in_database[handle])
    unknown = {handle: at for handle, at in in_vault.items() if handle not in in_database}
    _remember(connection, unknown)
    return len(missing) + len(unknown)


def _remember(connection: Connection, erased: dict[bytes, int]) -> None:
    known = set(connection.execute(select(erasures.c.subject)).scalars()) if erased else set()
    rows = [{"subject": handle, "erased_at": at} for handle, at in erased.items() if handle not in known]
    if rows:
        connection.execute(erasures.insert(), rows)


def sweep(connection: Connection, vault: Vault) -> int:
    """Delete keys that seal nothing, left by transactions that were rolled back; call it as the only writer."""
    return vault.sweep(_used(connection))


def _used(connection: Connection) -> Iterator[Sequence[bytes]]:
    query = union(
        *(select(table.c.subject).where(table.c.subject.is_not(None)) for table in (personal, versions, quarantine))
    )
    yield from connection.execution_options(yield_per=_AT_ONCE).execute(query).scalars().partitions(_AT_ONCE)
