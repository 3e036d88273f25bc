"""Sorting machines: where an item goes, and where it went.

What is answered is a sort code and nothing else: nothing personal is shown to a machine. Who asked is in the audit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from features.parcel.numbers import TooLong, Verdict, candidates, is_probable_misread
from features.parcel.undeclared import UNDECLARED
from policy.sort_table import SortTable, digest_of
from policy.sorting import EXAMINED, WITHOUT_ONE, Reading, SortCodes
from policy.vocabulary import Referral
from serving.office.current import Current, CurrentParcels, Key, current_parcels, outcome_in_force
from serving.office.office import Office
from serving.office.resolving import Resolved, resolve
from serving.office.sort_ids import Sorting, opened, sealed
from serving.office.writer import Transaction
from serving.store import Client, Connection, scans, sortings
from serving.store import log as event_log
from serving.store.database import note
from serving.store.identifiers import Kind
from serving.store.read_spool import Look
from serving.store.scans import Scan
from serving.store.scores import scored_on
from serving.store.sortings import StoredSorting
from serving.store.times import microseconds

MOST_IN_TABLE = 500_000
_AT_ONCE = 2_000


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a machine measured of an item; None where it did not."""

    weight_g: int | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None


@dataclass(frozen=True, kw_only=True)
class Sorted:
    """The answer to a machine."""

    sort_id: str
    reading: Reading
    code: str


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """The answer to a confirmation; `is_new` is False where it came before."""

    is_right: bool
    is_new: bool
    code: str
    chutes: tuple[str, ...]


class UnknownSorting(Exception):
    """This client never got such an id, or it is too old."""


class UnknownChute(Exception):
    """The table knows no such chute of this machine."""


class ConfirmedOtherwise(Exception):
    """Another chute was confirmed before."""


def sort_item(office: Office, codes: SortCodes, client: Client, readings: Sequence[str], measured: Measured) -> Sorted:
    """Where an item goes, by all of its readings. Reading waits for no writer, and neither does the audit."""
    at = office.clock()
    with office.store.begin_read() as connection:
        reading, number, keys = _read(connection, readings)
        current = current_parcels(connection, {number}, at) if keys else CurrentParcels()
    found = [one for key in keys if (one := current.latest(key)) is not None]
    code, reading = _code(codes, reading, found)
    seq = found[0].known.seq if reading is Reading.ONE else None
    look = Look(at_us=microseconds(at), client_id=client.client_id, action="sorted", seqs=[] if seq is None else [seq])
    office.writer.reads.add(look)
    sorting = Sorting(seq=seq, code=code, answered_at=microseconds(at), **vars(measured))
    return Sorted(sort_id=sealed(office, client.client_id, sorting), reading=reading, code=code)


def _code(codes: SortCodes, reading: Reading, found: Sequence[Current]) -> tuple[str, Reading]:
    each = [code for one in found if (code := _code_of(codes, one)) is not None]
    if reading is not Reading.ONE:
        return codes.codes[reading], reading
    if not each:
        return codes.codes[Reading.UNKNOWN], Reading.UNKNOWN
    return codes.strongest(each), reading


def _code_of(codes: SortCodes, one: Current) -> str | None:
    """Code of a parcel; None where its declaration was cancelled: nothing is declared then."""
    if one.known.is_cancelled:
        return None
    if one.known.is_inspected:
        is_found = outcome_in_force(one.outcomes)["result"] == "found"
        return codes.codes[Referral.HOLD if is_found else EXAMINED]
    decision = one.standing()
    return codes.codes[Referral.NOT_ASSESSED] if decision is None else codes.code_of(decision)


def _read(connection: Connection, readings: Iterable[str]) -> tuple[Reading, str, tuple[Key, ...]]:
    """What all readings together stand for, and the number and the parcels where that is one."""
    given = list(dict.fromkeys(text for one in readings if (text := one.strip())))
    if not given:
        return Reading.NO_READ, "", ()
    resolved = [(one, found) for one in given if (found := _resolved(connection, one)) is not None]
    known = {found.parcels[0][1]: found for _, found in resolved if found.parcels}
    strangers = {number for one, found in resolved if not found.parcels for number in _whole_numbers(one)}
    if len(known) + len(strangers - known.keys()) > 1 or any(one.kind is not Kind.SPELLING for one in known.values()):
        return Reading.SEVERAL, "", ()
    if known:
        found = next(iter(known.values()))
        return Reading.ONE, found.parcels[0][1], found.parcels
    is_misread = not strangers and all(is_probable_misread(one) for one, _ in resolved)
    return (Reading.MISREAD if is_misread and resolved else Reading.UNKNOWN), "", ()


def _resolved(connection: Connection, reading: str) -> Resolved | None:
    try:
        return resolve(connection, reading)
    except TooLong:
        return None


def _whole_numbers(reading: str) -> list[str]:
    """Numbers in a reading whose check digit says that they were read as they are."""
    return [one.number for one in candidates(reading) if one.is_certain and one.verdict is Verdict.RIGHT]


def confirm(
    office: Office, transaction: Transaction, codes: SortCodes, client: Client, sort_id: str, chute: str
) -> Confirmed:
    """Record in which chute an item was put; where it is one parcel, that is a scan of it.

    Raises
    ------
    UnknownSorting, UnknownChute, ConfirmedOtherwise
        When nothing is recorded.
    """
    sorting = opened(office, client.client_id, sort_id)
    if sorting is None or sorting.code not in codes.chutes:
        raise UnknownSorting
    actual = codes.code_at(client.client_id, chute)
    if actual is None:
        raise UnknownChute
    connection, at = transaction.connection, office.clock()
    digest = hashlib.sha256(sort_id.encode()).hexdigest()
    chutes = codes.chutes_of(client.client_id, sorting.code)
    before = sortings.chute_of(connection, digest)
    if before not in (None, chute):
        raise ConfirmedOtherwise
    if before is None:
        row = StoredSorting(
            client_id=client.client_id,
            chute=chute,
            is_right=actual == sorting.code,
            confirmed_at=microseconds(at),
            **vars(sorting),
        )
        sortings.put(connection, digest, row)
        _scan(connection, sorting, codes, actual, client, at)
    return Confirmed(is_right=actual == sorting.code, is_new=before is None, code=sorting.code, chutes=chutes)


def _scan(
    connection: Connection, sorting: Sorting, codes: SortCodes, actual: str, client: Client, at: datetime
) -> None:
    if sorting.seq is None:
        return
    scan = Scan(seq=sorting.seq, state=codes.states[actual].value, scanned_at=at, station=client.client_id[:35])
    scans.put(connection, [scan], received_us=microseconds(at), client_id=client.client_id)
    note(connection, at_us=microseconds(at), client_id=client.client_id, action="scan", seqs=[sorting.seq])


def sort_table(office: Office, codes: SortCodes, client: Client, salt: str) -> SortTable:
    """Codes of the parcels that were lodged lately, for who has no connection."""
    at = office.clock()
    since = at - timedelta(days=codes.offline_days)
    with office.store.begin_read() as connection:
        seqs = scored_on(connection, microseconds(since), microseconds(at) + 1)
        newest = seqs[-MOST_IN_TABLE:]
        found = dict(_numbers(connection, codes, newest, at))
    office.writer.reads.add(Look(at_us=microseconds(at), client_id=client.client_id, action="sort table", seqs=[]))
    lists: dict[str, list[str]] = {}
    for number, code in found.items():
        lists.setdefault(code, []).append(digest_of(salt, number))
    return SortTable(
        made_at=at,
        valid_until=at + timedelta(hours=codes.offline_hours),
        salt=salt,
        is_whole=len(newest) == len(seqs),
        without_one={one.value: codes.codes[one] for one in WITHOUT_ONE},
        codes={code: tuple(sorted(digests)) for code, digests in sorted(lists.items())},
    )


def _numbers(connection: Connection, codes: SortCodes, seqs: Sequence[int], at: datetime) -> Iterator[tuple[str, str]]:
    """Number and code of each parcel that is declared."""
    for start in range(0, len(seqs), _AT_ONCE):
        events = event_log.events_at(connection, seqs[start : start + _AT_ONCE])
        current = current_parcels(connection, {event["parcel_id"] for event in events if event["parcel_id"]}, at)
        by_number: dict[str, list[Key]] = {}
        for key in current.lives:
            by_number.setdefault(key[1], []).append(key)
        for number in by_number:
            keys = by_number[number]
            declared = [key for key in keys if key[0] != UNDECLARED] or keys
            found = [one for key in declared if (one := current.latest(key)) is not None]
            each = [code for one in found if (code := _code_of(codes, one)) is not None]
            if each:
                yield number, codes.strongest(each)


def wrong_chutes(connection: Connection, limit: int) -> list[tuple[StoredSorting, str | None]]:
    """Items in wrong chutes, newest first, each with its number; None where no parcel was read, or it was erased."""
    found = sortings.wrong(connection, limit)
    events = event_log.events_at(connection, {one.seq for one in found if one.seq is not None})
    numbers = {event["seq"]: event["parcel_id"] for event in events}
    return [(one, numbers.get(one.seq or 0)) for one in found]
