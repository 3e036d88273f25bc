"""The office's seeds of draws: committed days ahead, checked when it opens, revealed when their day is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from features.parcel.problems import ParcelRiskError, StoreError
from policy.seeds import Seeds, commitment, seed_of
from serving.office.office import Office
from serving.store import Connection
from serving.store.database import note
from serving.store.policy_history import CommittedDay, commit_day, committed_days, committed_since, reveal_day
from serving.store.times import microseconds

AHEAD = timedelta(days=7)
"""How far ahead seeds are committed: longer than a service is usually stopped."""
_OFFICE = "office"
"""Whom the audit names for what the office does by itself."""


def committed_seeds(connection: Connection, secret: bytes, at: datetime) -> Seeds:
    """Commit the seeds of today and the days ahead that are not committed yet, and give them.

    Raises
    ------
    StoreError
        When a seed was committed that this secret does not make: somebody exchanged it.
    """
    today = at.astimezone(UTC).date()
    days = [today + timedelta(days=ahead) for ahead in range(AHEAD.days + 1)]
    known = committed_days(connection, days)
    for day in days:
        digest = commitment(seed_of(secret, day))
        if day not in known:
            commit_day(connection, day, digest, at_us=microseconds(at))
            _note(connection, f"seed committed {day} {digest}", at)
        elif known[day].commitment != digest:
            raise StoreError(
                f"the seed of the draws of {day} was committed under another draw.key than this installation has. "
                "Put the right draw.key back, or use another database."
            )
    since_us = committed_since(connection)
    return Seeds(secret=secret, since_us=microseconds(at) if since_us is None else since_us)


def keep_committed(office: Office) -> None:
    """Commit the seeds of the days ahead, as far as they are not."""
    at = office.clock()
    with office.store.begin_read() as connection:
        last = at.astimezone(UTC).date() + AHEAD
        if last in committed_days(connection, [last]):
            return
    with office.writer.transaction(can_wait=True) as transaction:
        committed_seeds(transaction.connection, office.seeds.secret, at)


def revealed_seed(connection: Connection, secret: bytes, day: date, at: datetime, *, client_id: str) -> bytes:
    """Seed of a day that is over, for anybody who wants to check its draws; the audit notes who revealed it.

    Raises
    ------
    ParcelRiskError
        When the day is not over, or its seed was never committed.
    """
    committed_day(connection, day)
    if at.astimezone(UTC).date() <= day:
        raise ParcelRiskError(f"{day} is not over: who knew its seed now would know whom it draws. Wait for its end.")
    reveal_day(connection, day, at_us=microseconds(at))
    _note(connection, f"seed revealed {day}", at, client_id=client_id)
    return seed_of(secret, day)


def committed_day(connection: Connection, day: date) -> CommittedDay:
    """What is on record of a day's seed.

    Raises
    ------
    ParcelRiskError
        When it was never committed.
    """
    known = committed_days(connection, [day]).get(day)
    if known is None:
        raise ParcelRiskError(
            f"no seed was committed for {day}: see `parcel-risk draws days` for those that were. Draws of parcels that "
            "were first lodged before seeds were committed cannot be checked by others."
        )
    return known


def _note(connection: Connection, what: str, at: datetime, *, client_id: str = _OFFICE) -> None:
    note(connection, at_us=microseconds(at), client_id=client_id, action="draws", seqs=[], detail=what)
