"""Whom sealed data belong to, and how they are erased so that no restored copy brings them back.

An erasure is written into the key store and into the database. Whichever of the two is restored from an older copy
learns of it from the other when the store is opened. With the personal data go the numbers and texts of the parcel;
what is left in the log names nobody and nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl
from sqlalchemy import Connection, select, union

from features.event_rows import Row as Event
from features.event_rows import first_at
from features.log import PARCEL
from features.parcel.numbers import compact
from features.parcel.undeclared import UNDECLARED
from serving.store.kept_answers import kept_answers
from serving.store.log import events_at, parcel_events_of, parts
from serving.store.log_changes import about, erase_texts
from serving.store.packages import packages
from serving.store.policy_tables import list_contents
from serving.store.retention_tables import masked_texts
from serving.store.tables import (
    cancellations,
    erasures,
    events,
    job_results,
    jobs,
    movements,
    not_by_index,
    personal,
    quarantine,
    receptacles,
    versions,
)
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


def erase(
    connection: Connection, vault: Vault, subjects: Iterable[str], *, at_us: int, answers_too: bool = True
) -> None:
    """Erase what is sealed for `subjects`, for ever, even if this transaction is rolled back.

    Numbers and texts of parcels among them are erased with the transaction. An item that came undeclared and the
    declaration that was joined to it are one parcel: whichever is named, both are erased. So are rejected rows and
    answers to files that hold the number, unless `answers_too` is false: retention has deleted them before.
    """
    named = set(subjects)
    parcels = parcels_of(connection, named)
    handles = [vault.handle(subject) for subject in sorted(named.union(map(subject_of, parcels)))]
    vault.erase(handles, at_us=at_us)
    _remember(connection, dict.fromkeys(handles, at_us))
    _erase_parcels(connection, vault, parcels, at_us if answers_too else None)


def parcels_of(connection: Connection, subjects: Iterable[str]) -> list[Event]:
    """Parcel events of `subjects` that still have their numbers, each with the item that it was joined to."""
    operators: dict[tuple[str, str], set[str]] = {}
    for subject in subjects:
        kind, *rest = subject.split(_MARK)
        if kind == _PARCEL:
            operators.setdefault((rest[1], rest[2]), set()).add(rest[0])
    numbered = parcel_events_of(connection, {parcel_id for parcel_id, _ in operators})
    return [event for event in numbered if _is_among(event, operators)]


def _is_among(event: Event, operators: Mapping[tuple[str, str], set[str]]) -> bool:
    named = operators.get((event["parcel_id"], str(microseconds(first_at(event)))), set())
    own = event["operator"] or ""
    return own in named or (bool(named) and UNDECLARED in {own, *named})


def _erase_parcels(connection: Connection, vault: Vault, parcels: Sequence[Event], at_us: int | None) -> None:
    """Erase numbers and texts of parcel events; rejected rows and answers too where `at_us` is given."""
    everything = about(connection, [event["seq"] for event in parcels])
    erase_texts(connection, everything)
    for start in range(0, len(everything), _AT_ONCE):
        part = everything[start : start + _AT_ONCE]
        for table in (cancellations, masked_texts):
            connection.execute(table.delete().where(table.c.seq.in_(part)))
    for operator, parcel_id in {(event["operator"], event["parcel_id"]) for event in parcels}:
        if _is_used(connection, operator, parcel_id):
            continue
        for table in (movements, receptacles):
            connection.execute(table.delete().where(table.c.parcel_id == parcel_id, table.c.operator == operator))
        if at_us is not None:
            _forget_answers(connection, vault, operator, parcel_id, at_us)


def _is_used(connection: Connection, operator: str | None, parcel_id: str) -> bool:
    """Whether another parcel has the number by now."""
    others = select(events.c.seq).where(events.c.parcel_id == parcel_id, not_by_index(events.c.operator) == operator)
    return connection.execute(others.limit(1)).first() is not None


def _forget_answers(connection: Connection, vault: Vault, operator: str | None, parcel_id: str, at_us: int) -> None:
    """Erase rejected rows that gave a number, and delete answers to files that repeat it."""
    rejected = quarantine.c.number == number_digest(vault, parcel_id), quarantine.c.operator == operator
    handles = list(connection.execute(select(quarantine.c.subject).where(*rejected)).scalars())
    if handles:
        vault.erase(handles, at_us=at_us)
        _remember(connection, dict.fromkeys(handles, at_us))
        connection.execute(quarantine.delete().where(*rejected))
    of_operator = select(jobs.c.job_id).where(jobs.c.operator == operator)
    named = json.dumps(parcel_id)
    connection.execute(kept_answers.delete().where(kept_answers.c.answer.contains(named, autoescape=True)))
    repeated = job_results.c.result.contains(named, autoescape=True)
    connection.execute(job_results.delete().where(job_results.c.job_id.in_(of_operator), repeated))


def number_digest(vault: Vault, number: str | None) -> bytes | None:
    """What is kept of the number of a rejected row: nobody without the key can tell which number it was."""
    return None if number is None else vault.handle(f"number\x1f{compact(number) or number.upper()}")


def reconcile(connection: Connection, vault: Vault) -> int:
    """Apply erasures that only one side knows, after a restore of the other; return how many there were."""
    in_database = {row.subject: row.erased_at for row in connection.execute(select(erasures))}
    in_vault = vault.erasures()
    missing = in_database.keys() - in_vault.keys()
    for handle in missing:
        vault.erase([handle], at_us=in_database[handle])
    unknown = {handle: at for handle, at in in_vault.items() if handle not in in_database}
    _remember(connection, unknown)
    if unknown:
        found = _parcels_with(connection, vault, unknown.keys())
        _erase_parcels(connection, vault, found, max(unknown.values()))
    return len(missing) + len(unknown)


def _parcels_with(connection: Connection, vault: Vault, handles: Collection[bytes]) -> list[Event]:
    """Parcel events of subjects with the `handles`: every event is looked at, some of them never had a sealed row."""
    found: list[int] = []
    for part in parts(connection, texts=("parcel_id",)):
        numbered = part.filter((pl.col("kind") == PARCEL) & pl.col("parcel_id").is_not_null())
        rows = numbered.select("seq", "operator", "parcel_id", "known_at", "counted_at").iter_rows(named=True)
        found += [row["seq"] for row in rows if vault.handle(subject_of(row)) in handles]
    return events_at(connection, found)


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
            for table in (personal, versions, quarantine, list_contents, masked_texts, packages)
        )
    )
    yield from connection.execution_options(yield_per=_AT_ONCE).execute(query).scalars().partitions(_AT_ONCE)
