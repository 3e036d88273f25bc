"""Exhibits: taken from a parcel in which something was found, and followed from hand to hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from features.handling import Result
from features.handling.custody import Entry, Exhibit, Kind, exhibit_of, refusal_of
from features.parcel.problems import Rejection
from features.text import text
from serving.office.current import versions_of
from serving.office.handled import handled_parcels, stored_keys
from serving.office.office import Office
from serving.office.outcomes import orphan
from serving.office.writer import Transaction
from serving.store import Client, Connection
from serving.store.custody import append, exhibits_of, ledger_of, open_exhibit
from serving.store.database import note
from serving.store.times import microseconds

_NUMBER = re.compile(r"EX([0-9]{8})")


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """An exhibit: its number, where it is, and every entry about it."""

    number: str
    exhibit: Exhibit
    entries: tuple[Entry, ...]


def take(
    office: Office, transaction: Transaction, reading: str, given: Mapping[str, Any], client: Client
) -> Ledger | Rejection:
    """Take an exhibit from a parcel in which something was found, and open its ledger.

    `given` has fields of an entry: ``operator`` of the parcel where it is needed, ``seal``, ``gross_g``, ``net_g``.
    """
    connection = transaction.connection
    keys = stored_keys(connection, [(given.get("operator"), reading)])
    handled = next(iter(handled_parcels(connection, keys.values()).values()), None)
    if handled is None:
        return orphan(1)
    if not any(stage["result"] == Result.FOUND for stage in handled.stages):
        return _refused("parcel_id", text("nothing was found in this parcel."), text("Record the finding first."))
    entry = _entry(office, [], Kind.TAKEN, given, client)
    refusal = refusal_of([], entry)
    if refusal is not None:
        return _refused(refusal.field, refusal.reason, refusal.remedy)
    exhibit_id = open_exhibit(connection, handled.subject["seq"])
    return _appended(office, connection, exhibit_id, [], entry, client)


def enter(
    office: Office, transaction: Transaction, number: str, kind: Kind, given: Mapping[str, Any], client: Client
) -> Ledger | Rejection | None:
    """Add an entry to the ledger of an exhibit; None where there is no such exhibit."""
    known = _opened(transaction.connection, number)
    if known is None:
        return None
    exhibit_id, entries = known
    entry = _entry(office, entries, kind, given, client)
    refusal = refusal_of(entries, entry)
    if refusal is not None:
        return _refused(refusal.field, refusal.reason, refusal.remedy)
    return _appended(office, transaction.connection, exhibit_id, entries, entry, client)


def _opened(connection: Connection, number: str) -> tuple[int, list[Entry]] | None:
    """Exhibit of a number with its entries."""
    given = _NUMBER.fullmatch(number.strip().upper())
    entries = ledger_of(connection, int(given[1])) if given else []
    return (int(given[1]), entries) if given and entries else None


def _entry(office: Office, before: list[Entry], kind: Kind, given: Mapping[str, Any], client: Client) -> Entry:
    fields = ("seal", "gross_g", "net_g", "to", "reference", "corrects")
    return Entry(
        number=len(before) + 1,
        kind=kind,
        at=office.clock(),
        by=client.client_id,
        **{name: given.get(name) for name in fields},
    )


def _appended(
    office: Office, connection: Connection, exhibit_id: int, before: list[Entry], entry: Entry, client: Client
) -> Ledger:
    append(connection, exhibit_id, before, entry)
    at_us = microseconds(office.clock())
    note(connection, at_us=at_us, client_id=client.client_id, action="custody", seqs=[], detail=_number(exhibit_id))
    return _ledger(exhibit_id, [*before, entry])


def _ledger(exhibit_id: int, entries: list[Entry]) -> Ledger:
    return Ledger(number=_number(exhibit_id), exhibit=exhibit_of(entries), entries=tuple(entries))


def _number(exhibit_id: int) -> str:
    return f"EX{exhibit_id:08d}"


def ledger(connection: Connection, number: str) -> Ledger | None:
    """Ledger of an exhibit; None where there is none.

    Raises
    ------
    StoreError
        When an entry is not as it was written.
    """
    known = _opened(connection, number)
    return _ledger(*known) if known is not None else None


def exhibits_taken(connection: Connection, parcel_id: str) -> list[str]:
    """Numbers of the exhibits that were taken from parcels with an identifier."""
    versions = versions_of(connection, [parcel_id])
    return [_number(exhibit_id) for exhibit_id in exhibits_of(connection, [one.seq for one in versions])]


def _refused(field: str, reason: str, remedy: str) -> Rejection:
    return Rejection(line=1, field=field, code="custody", reason=reason, remedy=remedy)
