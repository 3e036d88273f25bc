"""Seizure forms of an office: what a finding was, entered once by whoever has it in hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from features.event_rows import Row
from features.handling import Result
from features.handling.seizure import FROM_PARCEL, contradiction_in
from features.parcel.problems import Rejection
from features.typical import lane_of
from serving.office.current import versions_of
from serving.office.handled import Handled, handled_parcels, stored_keys
from serving.office.office import Office
from serving.office.outcomes import orphan
from serving.office.resolving import resolve
from serving.office.writer import Transaction
from serving.store import Client, Connection, Scored
from serving.store import log as event_log
from serving.store import seizures as stored
from serving.store.database import note
from serving.store.scores import scores_of
from serving.store.seizures import FORM, Kept
from serving.store.times import microseconds, time_of


@dataclass(frozen=True, kw_only=True)
class Seizure:
    """A form on record, with what the log says of its parcel.

    Attributes
    ----------
    number:
        Of the form, as in SZ00000001.
    parcel_id, operator:
        None once the parcel was erased; None for what a partner reported.
    """

    number: str
    made_at: datetime
    by: str
    parcel_id: str | None
    operator: str | None
    stream: str | None
    origin_office: str | None
    destination_office: str | None
    lane: str
    cause: str | None
    replaces: str | None
    form: dict[str, Any]


def enter(
    office: Office, transaction: Transaction, form: Mapping[str, Any], client: Client, *, corrects: str | None = None
) -> Seizure | Rejection:
    """Keep a form about a parcel in which something was found; one that `corrects` another replaces it.

    `form` has the fields of ``SEIZURE_FIELDS``.
    """
    connection = transaction.connection
    keys = stored_keys(connection, [(form.get("operator"), form["parcel_id"])])
    handled = next(iter(handled_parcels(connection, keys.values()).values()), None)
    if handled is None:
        return orphan(1)
    problem = contradiction_in(form) or _unfounded(handled)
    if problem is not None:
        return problem
    replaced = _replaced(connection, handled, corrects)
    if isinstance(replaced, Rejection):
        return replaced
    at_us, seq = microseconds(office.clock()), handled.subject["seq"]
    kept = stored.add(
        connection, seq=seq, made_at=at_us, client_id=client.client_id, replaces=replaced, **_filled(form, handled)
    )
    action = "seizure corrected" if replaced else "seizure"
    note(connection, at_us=at_us, client_id=client.client_id, action=action, seqs=[seq], detail=number_of(kept))
    return described(connection, stored.in_force(connection, ids=[kept]))[0]


def _unfounded(handled: Handled) -> Rejection | None:
    if any(stage["result"] == Result.FOUND for stage in handled.stages):
        return None
    return _refused("parcel_id", "nothing was found in this parcel.", "Record the finding first.")


def _filled(form: Mapping[str, Any], handled: Handled) -> dict[str, Any]:
    """Columns of a form; what it leaves out and the declaration or the finding says is filled in."""
    given = {name: form.get(name) for name in FORM}
    for name, declared in FROM_PARCEL.items():
        given[name] = given[name] or handled.subject.get(declared)
    if given["method"] is None:
        given["method"] = next((one["method"] for one in handled.stages if one["result"] == Result.FOUND), None)
    return given


def _replaced(connection: Connection, handled: Handled, corrects: str | None) -> int | Rejection | None:
    if corrects is None:
        return None
    wanted = id_of(corrects)
    for one in stored.in_force(connection, ids=[wanted] if wanted else []):
        event = event_log.events_at(connection, [one.seq])[0]
        if (event["operator"], event["parcel_id"]) == handled.key:
            return one.id
    return _refused("corrects", "no form in force of this parcel has this number.", "Read the forms of the parcel.")


def of_parcel(connection: Connection, number: str, operator: str | None = None) -> list[Seizure]:
    """Forms in force of the parcels that a number stands for."""
    keys = {key for key in resolve(connection, number, operator).parcels if operator in (None, key[0])}
    versions = [one for one in versions_of(connection, {key[1] for key in keys}) if one.key in keys]
    return described(connection, stored.in_force(connection, seqs=[one.seq for one in versions]))


def of_period(connection: Connection, since: datetime, until: datetime) -> list[Seizure]:
    """Forms in force that were made from `since` to before `until`."""
    return described(
        connection, stored.in_force(connection, since_us=microseconds(since), until_us=microseconds(until))
    )


def numbered(connection: Connection, number: str) -> Seizure | None:
    """Form in force with a number; None where there is none."""
    wanted = id_of(number)
    found = described(connection, stored.in_force(connection, ids=[wanted])) if wanted else []
    return found[0] if found else None


def described(connection: Connection, kept: list[Kept]) -> list[Seizure]:
    """Forms with what the log says of their parcels."""
    seqs = {one.seq for one in kept}
    events = {event["seq"]: event for event in event_log.events_at(connection, seqs)}
    decided = scores_of(connection, seqs)
    return [_described(one, events[one.seq], decided.get(one.seq)) for one in kept]


def _described(one: Kept, event: Row, decided: Scored | None) -> Seizure:
    return Seizure(
        number=number_of(one.id),
        made_at=time_of(one.made_at),
        by=one.client_id,
        parcel_id=one.number,
        operator=event["operator"] if one.number else None,
        stream=event["stream"],
        origin_office=event["origin_office"],
        destination_office=event["destination_office"],
        lane=lane_of(event),
        cause=decided.cause if decided else None,
        replaces=number_of(one.replaces) if one.replaces else None,
        form=one.form,
    )


def number_of(form_id: int) -> str:
    """Number of a form as it is shown."""
    return f"SZ{form_id:08d}"


def id_of(number: str) -> int | None:
    """The form that a number stands for; None where it is none."""
    digits = number.strip().upper().removeprefix("SZ")
    return int(digits) if len(digits) == 8 and digits.isdecimal() and digits.isascii() else None


def _refused(field: str, reason: str, remedy: str) -> Rejection:
    return Rejection(line=1, field=field, code="seizure", reason=reason, remedy=remedy)
