"""Cancellations that come before the parcel they cancel: they wait for it in quarantine.

Messages overtake each other. A cancellation that nothing is on record for is kept with its number; when the parcel is
lodged it enters the log, and is cancelled at once. What waits longer than `WAIT` is shown with the rows that somebody
must look at.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from features.parcel.problems import Rejection
from serving.office.batching import Lodged
from serving.office.office import Office
from serving.store import Connection
from serving.store.quarantine import FIXED, WAITING, Held, hold, settle, waiting_rows
from serving.store.times import microseconds

WAIT = timedelta(days=14)
"""Longest time between a parcel and a cancellation that overtook it, with much to spare."""
_SAYS = ("parcel_id", "function", "version", "manifest_id")


def keep_waiting(office: Office, connection: Connection, rows: Iterable[Lodged], at: datetime) -> None:
    """Keep cancellations of parcels that are not lodged yet, each once however often it is sent."""
    given = list(rows)
    known = {_meant(held) for held in waiting_rows(connection, office.secrets.vault, (one.key[1] for one in given))}
    for one in given:
        if (one.key, one.version) in known:
            continue
        hold(
            connection,
            office.secrets.vault,
            operator=one.key[0],
            source="cancellation",
            remarks=(_reason(one.row["line"]),),
            original=_always(json.dumps({name: one.row[name] for name in _SAYS if one.row[name]})),
            numbers=_always(one.key[1]),
            at_us=microseconds(at),
            state=WAITING,
        )


def _always(text: str) -> Callable[[int], str]:
    return lambda _line: text


def _reason(line: int) -> Rejection:
    return Rejection(
        line=line,
        field="parcel_id",
        code="waits_for_lodging",
        reason="the parcel that this cancels is not lodged yet; the cancellation waits for it.",
        remedy="Nothing to do when the parcel is still to be lodged; else check the identifier.",
    )


def cancelled_early(office: Office, connection: Connection, rows: Sequence[Lodged]) -> set[tuple[str, str]]:
    """Operator and identifier of those parcels, lodged now, whose cancellation waits; it is settled by that."""
    if not rows:
        return set()
    held = waiting_rows(connection, office.secrets.vault, (one.key[1] for one in rows))
    lodged = {one.key: one for one in rows}
    found: set[tuple[str, str]] = set()
    for one in held:
        key, version = _meant(one)
        if key in lodged:
            settle(connection, one.held_id, FIXED)
            if version is None or version >= (lodged[key].version or 1):
                found.add(key)
    return found


def _meant(held: Held) -> tuple[tuple[str, str], int | None]:
    said = json.loads(held.text)
    return (held.operator, said["parcel_id"]), said.get("version")
