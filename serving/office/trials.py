"""Test parcels: put into the stream by the office, handled like any parcel by people who do not know them.

Their stages are recorded, but their outcome never enters the log: neither training nor the history of inspections knows
it. When one is revealed, its declaration is retracted as well, and nothing of it counts any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from features.handling import Entry
from features.handling.trials import Step, Trial, steps
from features.parcel.numbers import lodged_number
from features.parcel.problems import Rejection
from serving.office.answers import referral_of
from serving.office.appending import enter
from serving.office.current import Version, versions_of
from serving.office.entering import Entry as Entering
from serving.office.handled import entry_of, stages_of
from serving.office.office import Office
from serving.office.writer import Transaction
from serving.store import Client, Connection
from serving.store import trials as stored
from serving.store.database import note
from serving.store.scores import scores_of
from serving.store.times import microseconds


def plant(
    office: Office,
    transaction: Transaction,
    number: str,
    finding_class: str,
    client: Client,
    *,
    operator: str | None = None,
) -> Rejection | None:
    """Record a test parcel before it is handled; why it cannot be, if so.

    Parameters
    ----------
    number:
        Of the parcel, before it is declared or scanned.
    finding_class:
        What is to be found in it.
    operator:
        Who declares it; None for whoever does, or nobody.
    """
    at, parcel_id = office.clock(), lodged_number(number)
    versions = [one for one in versions_of(transaction.connection, [parcel_id]) if operator in (None, one.key[0])]
    if stages_of(transaction.connection, versions):
        return _refused("handled", "the parcel with this number has been handled already.")
    at_us = microseconds(at)
    is_new = stored.plant(
        transaction.connection, parcel_id, operator, finding_class, at_us=at_us, client_id=client.client_id
    )
    if not is_new:
        return _refused("planted", "a test parcel with this number has not been revealed yet.")
    note(transaction.connection, at_us=at_us, client_id=client.client_id, action="test parcel", seqs=[])
    return None


def _refused(code: str, reason: str) -> Rejection:
    return Rejection(line=1, field="parcel_id", code=code, reason=reason, remedy="Give the number of another parcel.")


def figures(connection: Connection) -> list[Step]:
    """What each step of the chain made of all test parcels so far; nobody learns which they are."""
    return steps(_trial(connection, one) for one in stored.planted(connection))


def _trial(connection: Connection, planted: stored.Planted) -> Trial:
    versions = _versions(connection, planted)
    scored = scores_of(connection, (one.seq for one in versions))
    entries: list[Entry] = [entry_of(stage) for stages in stages_of(connection, versions).values() for stage in stages]
    asked = [referral_of(one).asks_inspection for one in scored.values()]
    return Trial(was_selected=any(asked) if asked else None, entries=entries)


def _versions(connection: Connection, planted: stored.Planted) -> list[Version]:
    found = versions_of(connection, [planted.parcel_id])
    return [one for one in found if planted.operator in (None, one.key[0])]


def reveal(office: Office, transaction: Transaction, number: str, client: Client) -> bool:
    """End the trial of a test parcel: its declaration is retracted, so that history forgets it; its stages stay.

    False where no test parcel with this number is open.
    """
    at, connection = office.clock(), transaction.connection
    open_ = [one for one in stored.planted(connection, [lodged_number(number)]) if not one.is_revealed]
    for one in open_:
        _retract(office, transaction, _versions(connection, one), client, at)
        stored.reveal(connection, one.trial_id, at_us=microseconds(at))
    if open_:
        note(connection, at_us=microseconds(at), client_id=client.client_id, action="revealed", seqs=[])
    return bool(open_)


def _retract(
    office: Office, transaction: Transaction, versions: Iterable[Version], client: Client, at: datetime
) -> None:
    entry = Entering()
    entry.retracted.extend((one.event, client) for one in versions if not one.is_retracted)
    enter(office, transaction, entry, at)
