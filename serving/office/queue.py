"""The queue of a line: parcels of which an inspection is asked for and that nobody has looked at yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from features.event_rows import Row
from policy import Cause, Limit, Referral
from serving.office.answers import referral_of
from serving.office.current import Key, Version, outcomes_of, versions_of
from serving.office.entries import LET_GO
from serving.office.office import Office
from serving.store import Client, Connection, Scored
from serving.store import claims as claimed
from serving.store import log as event_log
from serving.store.entries import entries_about
from serving.store.handovers import Handover, handovers_since
from serving.store.reports import reported
from serving.store.scores import scored_between, scores_of
from serving.store.times import microseconds, time_of

PERIOD = timedelta(days=7)
"""Referrals that are older are no longer in the queue: the parcel has left, see the funnel."""
CLAIM_FOR = timedelta(minutes=15)
_FIRST = (Cause.REPORT, Cause.HUNT, Cause.LIST, Cause.RULE)
"""What leaks waits for nobody, what was recalled is about to leave, a list or a rule names the parcel: these come
before what a score or chance selected."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """One parcel of the queue.

    Attributes
    ----------
    event:
        Columns of its parcel event.
    claimed_by:
        Officer who fetches it; None where nobody does.
    handed:
        Handover to a second officer that is open; None where there is none.
    is_first:
        Whether it was handed over to the officer who asks.
    is_reported:
        Whether its operator reported it as damaged, undeliverable or leaking, whatever selected it before.
    """

    key: Key
    event: Row
    referral: Referral
    cause: Cause
    limit: Limit
    asked_at: datetime
    probability: float | None
    claimed_by: str | None
    handed: Handover | None = None
    is_first: bool = False
    is_reported: bool = False

    @property
    def urgency(self) -> tuple[int, float, datetime]:
        """Sorts the most urgent first: handed over, reported, recalled, listed; then by probability and age."""
        if self.is_first:
            return -1, 0.0, self.asked_at
        cause = Cause.REPORT if self.is_reported else self.cause
        rank = _FIRST.index(cause) if cause in _FIRST else len(_FIRST)
        return rank, -(self.probability or 0.0), self.asked_at


def queue(office: Office, client: Client | None = None) -> list[Waiting]:
    """Parcels to be fetched, the most urgent first; in front of all those that were handed over to the client."""
    now = office.clock()
    with office.store.begin_read() as connection:
        asked = scored_between(connection, microseconds(now - PERIOD), microseconds(now) + 1)
        scored = {one.seq: one for one in asked}
        handed = handovers_since(connection, microseconds(now - PERIOD))
        scored |= scores_of(connection, handed.keys() - scored.keys())
        events = event_log.events_at(connection, scored)
        versions = versions_of(connection, {event["parcel_id"] for event in events if event["parcel_id"]})
        held = claimed.claims_in_force(connection, at_us=microseconds(now))
        open_ones = _open(connection, versions)
        known = reported(connection, (one.seq for one in versions))
    lives = {one.life for one in versions if one.seq in known}
    by_life = {one.life: handed[one.seq] for one in versions if one.seq in handed}
    rows = [
        replace(
            _waiting(one, scored[one.seq], held.get(one.seq)),
            is_reported=one.life in lives,
            handed=(given := by_life.get(one.life)),
            is_first=given is not None and client is not None and given.to_id == client.client_id,
        )
        for one in open_ones
        if one.seq in scored
    ]
    return sorted(rows, key=lambda one: one.urgency)


def _open(connection: Connection, versions: list[Version]) -> list[Version]:
    """Newest version of each parcel that was neither cancelled, nor inspected, nor let go."""
    newest = {version.life: version for version in versions}
    done = set(outcomes_of(connection, versions))
    entries = entries_about(connection, (one.seq for one in newest.values()))
    let_go = {entry.seq for entry in entries if entry.answer == LET_GO}
    return [
        version
        for life, version in newest.items()
        if not version.is_retracted and life not in done and version.seq not in let_go
    ]


def _waiting(version: Version, scored: Scored, claimed_by: str | None) -> Waiting:
    return Waiting(
        key=version.key,
        event=version.event,
        referral=referral_of(scored),
        cause=Cause.parse(scored.cause),
        limit=Limit.parse(scored.gate),
        asked_at=time_of(scored.scored_at),
        probability=scored.probability,
        claimed_by=claimed_by,
    )


def claim(office: Office, seq: int, client: Client) -> bool:
    """Claim the parcel of an event for a quarter of an hour; False where another officer fetches it."""
    at = office.clock()
    until_us = microseconds(at + CLAIM_FOR)
    with office.writer.transaction() as transaction:
        connection = transaction.connection
        if not event_log.events_at(connection, [seq]):
            return False
        return claimed.claim(connection, seq, client.client_id, at_us=microseconds(at), until_us=until_us)
