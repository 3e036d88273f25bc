"""Whom sealed data belong to, and how they are erased so that no restored copy brings them back.

An erasure is written into the key store and into the database. Whichever of the two is restored from an older copy
learns of it from the other when the store is opened. With the personal data go the numbers and texts of the parcel;
what is left in the log names nobody and nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, union

from features.event_rows import first_at
from serving.store.log import parcel_events_of
from serving.store.log_changes import about, erase_texts
from serving.store.policy_tables import list_contents
from serving.store.tables import cancellations, erasures, events, movements, personal, quarantine, receptacles, versions
from serving.store.times import microseconds
from serving.store.vault import Vault

_AT_ONCE = 5_000


_MARK, _PARCEL = "\x1f", "parcel"


def parcel_subject(operator: str | None, parcel_id: str, first_lodged_us: int) -> str:
    """Subject of a parcel: identifiers are used again after a year, so the first lodging belongs to it."""
    return _MARK.join((_PARCEL, operator or "", parcel_id, str(first_lodged_us)))


def subject_of(event: Mapping[str, Any]) -> str:
    """Subject of a parcel event; all versions of a parcel share theirs."""
    return parcel_subject(event["operator"], event["parcel_id"], microseconds(first_at(event)))


def held_subject(operator: str, at_us: int, line: int) -> str:
    """Subject of a row in quarantine, whose parcel may not be known."""
    return f"held\x1f{operator}\x1f{at_us}\x1f{line}"


def erase(connection: Connection, vault: Vault, subjects: Iterable[str], *, at_us: int) -> None:
    """Erase what is sealed for `subjects`, for ever, even if this transaction is rolled back.

    Numbers and texts of parcels among them are erased with the transaction.
    """
    named = list(subjects)
    handles = [vault.handle(subject) for subject in named]
    vault.erase(handles, at_us=at_us)
    _remember(connection, dict.fromkeys(handles, at_us))
    for subject in named:
        kind, *rest = subject.split(_MARK)
        if kind == _PARCEL:
            _erase_parcel(connection, subject, rest[1])


def _erase_parcel(connection: Connection, subject: str, parcel_id: str) -> None:
    versions_of_it = [event for event in parcel_events_of(connection, [parcel_id]) if subject_of(event) == subject]
    _erase_texts(connection, [event["seq"] for event in versions_of_it])
    for operator in {event["operator"] for event in versions_of_it}:
        _forget_number(connection, operator, parcel_id)


def _erase_texts(connection: Connection, seqs: Sequence[int]) -> None:
    everything = about(connection, seqs)
    erase_texts(connection, everything)
    for start in range(0, len(everything), _AT_ONCE):
        part = everything[start : start + _AT_ONCE]
        connection.execute(cancellations.delete().where(cancellations.c.seq.in_(part)))


def _forget_number(connection: Connection, operator: str | None, parcel_id: str) -> None:
    """Remove what is known of a number, unless another parcel has it by now."""
    others = select(events.c.seq).where(events.c.parcel_id == parcel_id, events.c.operator == operator)
    if connection.execute(others.limit(1)).first() is None:
        for table in (movements, receptacles):
            connection.execute(table.delete().where(table.c.parcel_id == parcel_id, table.c.operator == operator))


def reconcile(connection: Connection, vault: Vault) -> int:
    """Apply erasures that only one side knows, after a restore of the other; return how many there were."""
    in_database = {row.subject: row.erased_at for row in connection.execute(select(erasures))}
    in_vault = vault.erasures()
    missing = in_database.keys() - in_vault.keys()
    for handle in missing:
        vault.erase([handle], at_us=in_database[handle])
    unknown = {handle: at for handle, at in in_vault.items() if handle not in in_database}
    _remember(connection, unknown)
    _erase_texts(connection, _events_of(connection, unknown))
    return len(missing) + len(unknown)


def _events_of(connection: Connection, handles: Iterable[bytes]) -> list[int]:
    """Parcel events whose personal data are sealed for one of the subjects with the `handles`."""
    wanted = list(handles)
    return [
        seq
        for start in range(0, len(wanted), _AT_ONCE)
        for seq in connection.execute(
            select(personal.c.seq).where(personal.c.subject.in_(wanted[start : start + _AT_ONCE]))
        ).scalars()
    ]


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
        *(
            select(table.c.subject).where(table.c.subject.is_not(None))
            for table in (personal, versions, quarantine, list_contents)
        )
    )
    yield from connection.execution_options(yield_per=_AT_ONCE).execute(query).scalars().partitions(_AT_ONCE)
