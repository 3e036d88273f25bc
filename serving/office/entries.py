"""Outcomes as the station enters them: each once, undone for a moment, with a reason where it overrides the advice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import polars as pl

from features.parcel.problems import Rejection
from features.parcel.schema import LINE, OUTCOME_SCHEMA
from features.parcel.validation import validate_outcomes
from features.text import text
from policy import Referral
from serving.office.answers import referral_of
from serving.office.current import EXAMINED
from serving.office.handled import Handled, handled_parcels, stored_keys, write
from serving.office.hiding import is_hidden
from serving.office.office import Office
from serving.office.outcomes import CORRECTION, orphan, record
from serving.office.repeated import unsupervised
from serving.office.writer import Transaction
from serving.store import Client, Connection
from serving.store import log as event_log
from serving.store.claims import release
from serving.store.database import note
from serving.store.entries import Entry, entries_about, entry_of, mark_undone, put_entry
from serving.store.scores import scores_of
from serving.store.times import microseconds

UNDO_FOR = timedelta(seconds=30)
_GRACE = timedelta(seconds=5)
"""The browser counts from when it shows the outcome, the office from when it learned it."""
LET_GO = "let_go"
"""Answer to an entry that says why no inspection took place."""
OVERRIDE = "override_reason"


class OverrideReason(StrEnum):
    """Why an officer did not follow the advice."""

    LOOKED_SUSPICIOUS = "looked_suspicious"
    """Label, packing or contents looked suspicious."""
    OTHER_ALARM = "other_alarm"
    """A dog, an image or a colleague raised it."""
    DAMAGED = "damaged"
    """It came damaged or open."""
    NO_CAPACITY = "no_capacity"
    """There was no time or no equipment."""
    KNOWN_TRAFFIC = "known_traffic"
    """Parties and goods are known to be in order."""
    NOT_ALLOWED = "not_allowed"
    """The law does not allow it."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What an officer enters about one parcel.

    Attributes
    ----------
    outcome:
        Columns of an outcome but time and officer; None for a parcel that is let go without inspection.
    waited:
        How long the entry was kept in the browser because the server was lost.
    """

    entry_id: str
    parcel_id: str
    operator: str | None
    outcome: dict[str, Any] | None
    correction: str | None = None
    override: str | None = None
    order_number: str | None = None
    waited: timedelta = timedelta()


def enter_once(office: Office, given: Given, client: Client) -> Entry | Rejection:
    """Record what an officer entered; an entry that came before changes nothing."""
    at = office.clock()
    with office.writer.transaction() as transaction:
        connection = transaction.connection
        known = entry_of(connection, given.entry_id)
        if known is not None:
            return known
        handled = _handled(connection, given.operator, given.parcel_id)
        problem = orphan(1) if handled is None else _unexplained(connection, handled, given)
        if problem is None and handled is not None and given.outcome is not None:
            problem = unsupervised(office, connection, handled.subject["seq"], given.outcome, client)
        if problem is not None or handled is None:
            return problem or orphan(1)
        done = _recorded(office, transaction, given, client, at) if given.outcome else (LET_GO, at)
        if isinstance(done, Rejection):
            return done
        answer, known_at = done
        entry = Entry(
            entry_id=given.entry_id,
            seq=handled.subject["seq"],
            client_id=client.client_id,
            made_at=microseconds(at - given.waited),
            received_at=microseconds(known_at),
            answer=answer,
            reason=given.override,
            order_number=given.order_number,
            score_hidden=int(is_hidden(office.hidden_score_share, *_key(handled))),
        )
        _kept(connection, entry)
        return entry


def _key(handled: Handled) -> tuple[str | None, str | None]:
    return handled.subject["operator"], handled.subject["parcel_id"]


def _handled(connection: Connection, operator: str | None, parcel_id: str) -> Handled | None:
    keys = stored_keys(connection, [(operator, parcel_id)])
    return next(iter(handled_parcels(connection, keys.values()).values()), None)


def _unexplained(connection: Connection, handled: Handled, given: Given) -> Rejection | None:
    """Refusal of an entry that does not follow the advice and does not say why."""
    if given.override is not None:
        return None
    if given.outcome is None:
        return _needs_reason(text("the parcel is let go although an inspection was asked for."))
    scored = scores_of(connection, [handled.subject["seq"]]).get(handled.subject["seq"])
    is_released = scored is not None and referral_of(scored) is Referral.RELEASE
    if is_released and given.outcome["result"] in EXAMINED and handled.result is None:
        return _needs_reason(text("the parcel was inspected although no inspection was required."))
    return None


def _needs_reason(reason: str) -> Rejection:
    return Rejection(line=1, field=OVERRIDE, code="unexplained", reason=reason, remedy=text("Choose why."))


def _recorded(
    office: Office, transaction: Transaction, given: Given, client: Client, at: datetime
) -> tuple[str, datetime] | Rejection:
    key = {"parcel_id": given.parcel_id, "operator": given.operator}
    row = {**key, **(given.outcome or {}), "inspected_at": at - given.waited, "officer": client.client_id}
    table = pl.DataFrame([{LINE: 1, **row}], schema_overrides={LINE: pl.Int64(), **OUTCOME_SCHEMA})
    accepted = validate_outcomes(table)
    if accepted.rejections:
        return accepted.rejections[0]
    reason = pl.lit(given.correction, dtype=pl.String).alias(CORRECTION)
    answer = record(office, transaction, accepted.rows.with_columns(reason), client)[1]
    return answer if isinstance(answer, Rejection) else (answer.status, answer.known_at)


def _kept(connection: Connection, entry: Entry) -> None:
    put_entry(connection, entry)
    release(connection, entry.seq)
    if entry.reason is not None:
        at_us, who = entry.received_at, entry.client_id
        note(connection, at_us=at_us, client_id=who, action="override", seqs=[entry.seq], detail=entry.reason)


def undo(office: Office, entry_id: str, client: Client) -> Handled | Rejection:
    """Undo an entry within half a minute: its stage is withdrawn, and stays in the log as retracted.

    What corrected an earlier outcome is not undone: it is corrected again.
    """
    at = office.clock()
    with office.writer.transaction() as transaction:
        connection = transaction.connection
        entry = entry_of(connection, entry_id)
        is_open = entry is not None and entry.client_id == client.client_id and entry.undone_at is None
        if entry is None or not is_open or entry.answer not in ("recorded", LET_GO) or _is_late(entry, at):
            return _TOO_LATE
        (event,) = event_log.events_at(connection, [entry.seq])
        handled = _handled(connection, event["operator"], event["parcel_id"])
        if handled is None:
            return orphan(1)
        handled.withdraw([one for one in handled.stages if microseconds(one["known_at"]) == entry.received_at])
        numbered = write(transaction, [handled], at)
        mark_undone(connection, entry_id, at_us=microseconds(at))
        seqs = [one["seq"] for one in numbered] or [entry.seq]
        note(connection, at_us=microseconds(at), client_id=client.client_id, action="undone", seqs=seqs)
        return handled


def let_go_reasons(office: Office, seqs: Iterable[int]) -> dict[int, str]:
    """Why parcels, by their events, were let go without inspection, where that is the last that was entered of them."""
    with office.store.begin_read() as connection:
        last = {one.seq: one for one in entries_about(connection, seqs)}
    return {seq: one.reason or "" for seq, one in last.items() if one.answer == LET_GO}


def _is_late(entry: Entry, at: datetime) -> bool:
    return microseconds(at - UNDO_FOR - _GRACE) > entry.received_at


_TOO_LATE = Rejection(
    line=1,
    field="entry",
    code="too_late",
    reason=text("an outcome is undone within 30 seconds, by the officer who recorded it."),
    remedy=text("Correct it with a reason."),
)
