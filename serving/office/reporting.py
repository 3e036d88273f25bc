"""What an operator finds by itself: an item that is damaged, cannot be delivered, or leaks.

The parcel is scored again and referred at once, under a cause of its own. That is no part of the policy: the propensity
stays that of the policy, and an outcome that follows stands for no other parcel.
"""

from __future__ import annotations

from dataclasses import dataclass

from features.parcel.numbers import lodged_number
from policy import Ask, Cause, Condition
from serving.office.current import current_parcels, versions_of
from serving.office.office import Office
from serving.office.scoring import rescore
from serving.office.writer import Transaction
from serving.store import Client, Connection
from serving.store import log as event_log
from serving.store.database import note
from serving.store.reports import StoredReport, latest_reports, put_report, reported
from serving.store.times import microseconds

REPORTED = "item reported"
"""Action of the audit entry."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report with the parcel that it is about; its number is None where the parcel was erased."""

    stored: StoredReport
    operator: str | None
    parcel_id: str | None


def report(office: Office, transaction: Transaction, client: Client, number: str, condition: Condition) -> bool | None:
    """Refer an item that its operator reports; False where that was reported before, None where it has no such item.

    What was inspected or cancelled already is noted, and nothing more is asked of it.
    """
    connection, at = transaction.connection, office.clock()
    key = client.operator or "", lodged_number(number)
    current = current_parcels(connection, [key[1]], at).latest(key)
    if current is None:
        return None
    versions = versions_of(connection, [key[1]])
    life = next(one.life for one in versions if one.seq == current.known.seq)
    known = reported(connection, (one.seq for one in versions if one.life == life))
    if any(condition in conditions for conditions in known.values()):
        return False
    ask = Ask(referral=condition.asks, hits=(f"report:{condition}",), recalled_for=Cause.REPORT)
    scored = None if current.known.is_inspected else rescore(office, transaction, current, {}, client, recalled=ask)
    seq, at_us = current.known.seq if scored is None else scored.seq, microseconds(at)
    put_report(connection, StoredReport(seq=seq, condition=condition, at=at_us, client_id=client.client_id))
    note(connection, at_us=at_us, client_id=client.client_id, action=REPORTED, seqs=[seq], detail=condition.value)
    return True


def reports(connection: Connection, limit: int) -> list[Report]:
    """The latest reports, newest first."""
    stored = latest_reports(connection, limit)
    events = {event["seq"]: event for event in event_log.events_at(connection, {one.seq for one in stored})}
    return [
        Report(stored=one, operator=events[one.seq]["operator"], parcel_id=events[one.seq]["parcel_id"])
        for one in stored
    ]
