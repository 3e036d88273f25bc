"""Clocks of the referrals of an office: what is urgent, whose it is, and how it ended.

A referral stays in here until something is chosen, however late it is. The queue of the line leaves out what is older
than a week; what nobody ended is overdue here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from features.handling import Result, outcome_of
from features.handling.clocks import CHOSEN, Clock, ClockState, End, Held, clock_of, holding_times
from features.handling.direction import Direction, directed
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from features.parcel.undeclared import UNDECLARED
from policy import Referral
from serving.office.answers import referral_of
from serving.office.current import versions_of
from serving.office.entries import LET_GO
from serving.office.funnel import Selected, selected
from serving.office.handled import entry_of, stored_keys
from serving.office.office import Office
from serving.office.outcomes import orphan
from serving.office.writer import Transaction
from serving.store import Client, Connection
from serving.store.claims import claims_in_force
from serving.store.clock_entries import ClockEntry, clock_entries_of, put
from serving.store.database import note
from serving.store.entries import entries_about
from serving.store.observations import observations_of
from serving.store.times import microseconds

PERIOD = timedelta(days=366)
"""A number belongs to one parcel for a year; a referral of before is about one that is gone."""
_ENDS = {Result.FOUND: End.EXAMINED, Result.NOTHING_FOUND: End.EXAMINED, Result.NOT_PRESENTED: End.NOT_PRESENTED}
_URGENCY = tuple(reversed(ClockState))[1:]


@dataclass(frozen=True, kw_only=True)
class Referred:
    """A referral with its clock.

    Attributes
    ----------
    owner:
        Who was named, else who fetches it, else whom the table names.
    escalated_to:
        The superior, where the latest useful moment is near or over; empty elsewhere.
    """

    parcel_id: str
    operator: str
    referral: Referral
    cause: str
    asked_at: datetime
    direction: Direction
    owner: str
    escalated_to: str
    clock: Clock


def referrals(office: Office, *, with_ended: bool = False) -> list[Referred]:
    """Referrals of a year that have not ended, overdue ones first; with `with_ended` the others behind them."""
    now = office.clock()
    with office.store.begin_read() as connection:
        found = _referrals(office, connection, now)
    kept = [one for one in found if with_ended or one.clock.state is not ClockState.ENDED]
    return sorted(kept, key=lambda one: (_rank(one.clock.state), one.clock.latest_at or one.asked_at))


def _rank(state: ClockState) -> int:
    return len(ClockState) if state is ClockState.ENDED else _URGENCY.index(state)


def _referrals(office: Office, connection: Connection, now: datetime) -> list[Referred]:
    parcels = selected(connection, now - PERIOD, now + timedelta(microseconds=1))
    seqs = [version.seq for parcel in parcels for version in parcel.versions]
    made: dict[int, list[ClockEntry]] = {}
    for entry in clock_entries_of(connection, seqs):
        made.setdefault(entry.seq, []).append(entry)
    let_go = {entry.seq for entry in entries_about(connection, seqs) if entry.answer == LET_GO}
    claims, labels = claims_in_force(connection, at_us=microseconds(now)), observations_of(connection, seqs)
    found = []
    for parcel in parcels:
        its = [version.seq for version in parcel.versions]
        entries = [entry for seq in its for entry in made.get(seq, ())]
        label = next((labels[seq].direction for seq in its if seq in labels), None)
        owner = next((one.owner for one in reversed(entries) if one.owner), None) or claims.get(its[-1])
        end = _end(parcel, entries, is_let_go=not let_go.isdisjoint(its))
        found.append(_referred(office, parcel, now, label, owner, end))
    return found


def _referred(
    office: Office, parcel: Selected, now: datetime, label: str | None, owner: str | None, end: End | None
) -> Referred:
    event, decision = parcel.newest.event, parcel.decisions[-1]
    codes = {one.code for one in parcel.movements}
    way = directed(event, office.gate.country, label=label, codes=codes).direction
    clock = clock_of(event, parcel.signals, way, office.clocks, now=now, end=end)
    is_urgent = clock.state in (ClockState.ESCALATED, ClockState.OVERDUE)
    return Referred(
        parcel_id=parcel.newest.key[1],
        operator=parcel.newest.key[0] or UNDECLARED,
        referral=referral_of(decision),
        cause=decision.cause,
        asked_at=parcel.asked_at,
        direction=way,
        owner=owner or office.clocks.owner,
        escalated_to=office.clocks.superior if is_urgent else "",
        clock=clock,
    )


def _end(parcel: Selected, entries: Sequence[ClockEntry], *, is_let_go: bool) -> End | None:
    """How a referral ended: what was recorded of the parcel counts before what was named."""
    derived = outcome_of([entry_of(stage) for stage in parcel.stages])
    if derived is not None:
        return _ENDS[derived.result]
    if parcel.newest.is_retracted:
        return End.CANCELLED
    if is_let_go:
        return End.LET_GO
    return next((End(one.end) for one in reversed(entries) if one.end), None)


def holding(office: Office, since: datetime, until: datetime) -> list[Held]:
    """Holding times of the parcels selected in a period, by cause."""
    with office.store.begin_read() as connection:
        return holding_of(connection, since, until)


def holding_of(connection: Connection, since: datetime, until: datetime) -> list[Held]:
    """The same from an open connection."""
    parcels = selected(connection, since, until)
    return holding_times((parcel.decisions[-1].cause, parcel.signals) for parcel in parcels)


def decide_clocks(
    office: Office, transaction: Transaction, rows: Sequence[Mapping[str, Any]], client: Client
) -> dict[int, str | Rejection]:
    """Name owners and ends of referrals; answer by ``line`` with the number of the parcel.

    `rows` have ``parcel_id``, ``operator``, ``owner``, ``end``, ``reason`` and ``line``. An end needs a reason. Entries
    are only added: an end can be revoked by nothing but another one.
    """
    at, connection = office.clock(), transaction.connection
    keys = stored_keys(connection, ((row["operator"], row["parcel_id"]) for row in rows))
    newest = {one.key: one for one in versions_of(connection, {number for _, number in keys.values()})}
    answers: dict[int, str | Rejection] = {}
    seqs = []
    for row in rows:
        key = keys.get((row["operator"], row["parcel_id"]))
        version = newest.get(key) if key is not None else None
        wrong = orphan(row[LINE]) if version is None else _refused(row)
        if wrong is not None or version is None:
            answers[row[LINE]] = wrong or orphan(row[LINE])
            continue
        given = {name: row[name] for name in ("owner", "end", "reason")}
        put(connection, ClockEntry(seq=version.seq, **given, made_at=at, client_id=client.client_id))
        seqs.append(version.seq)
        answers[row[LINE]] = version.key[1]
    if seqs:
        note(connection, at_us=microseconds(at), client_id=client.client_id, action="clock", seqs=sorted(set(seqs)))
    return answers


def _refused(row: Mapping[str, Any]) -> Rejection | None:
    if row["owner"] is None and row["end"] is None:
        return _wrong(row, "owner", "neither owner nor end is given.", "Give one of them.")
    if row["end"] is not None and row["end"] not in CHOSEN:
        names = ", ".join(CHOSEN)
        return _wrong(
            row, "end", "this is no end that a person chooses.", f"Give one of {names}; record an outcome else."
        )
    if row["end"] is not None and not row["reason"]:
        return _wrong(row, "reason", "an end needs a reason.", "Say in a few words why the referral ends so.")
    return None


def _wrong(row: Mapping[str, Any], field: str, reason: str, remedy: str) -> Rejection:
    return Rejection(line=row[LINE], field=field, code="clock_unusable", reason=reason, remedy=remedy)
