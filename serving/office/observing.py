"""Undeclared items: what came without a declaration enters the log by what its label says.

It is a parcel of nobody's, scored by lists and rules alone, and to be checked by hand. A declaration that comes later
is joined to it, see `serving.office.matching`: the log keeps both, history counts one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from features.event_rows import Row, parcel_row
from features.identity import PERSONAL, derived_row
from features.parcel.checking import checked_row
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.numbers import lodged_number
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from features.parcel.undeclared import UNDECLARED, issued_number, parcel_facts
from features.text import text
from serving.office.answers import ObservedAnswer, Status, answer
from serving.office.appending import enter
from serving.office.content import content_of
from serving.office.current import Current, CurrentParcels, current_parcels
from serving.office.entering import Entering, Entry
from serving.office.office import Office
from serving.office.resolving import resolve
from serving.office.writer import Transaction
from serving.store import Client, Connection, Scored
from serving.store.observations import Observation, belongs_to, observations_of, put
from serving.store.read_spool import Look
from serving.store.times import microseconds


def observe(
    office: Office, transaction: Transaction, labels: Sequence[Mapping[str, Any]], client: Client
) -> dict[int, ObservedAnswer | Rejection]:
    """Enter undeclared items as known now, and answer by ``line``.

    `labels` have the names of ``LABEL_FIELDS`` and ``line``. An item without a number gets one. The same label again
    changes nothing; another one replaces it. A number that somebody has declared is refused: that parcel has an answer.
    """
    return {label[LINE]: _observed(office, transaction, label, client) for label in labels}


def _observed(
    office: Office, transaction: Transaction, label: Mapping[str, Any], client: Client
) -> ObservedAnswer | Rejection:
    at, connection = office.clock(), transaction.connection
    number = lodged_number(label["parcel_id"]) if label["parcel_id"] else None
    current = _on_record(connection, number, at) if number else CurrentParcels()
    if number in current.operators:
        return _declared(label[LINE])
    observed = Observation(is_issued=number is None, direction=label["direction"], posting_mark=label["posting_mark"])
    # Only what is new needs a serial; nothing is kept of what is refused.
    facts = {LINE: label[LINE], "operator": UNDECLARED, **parcel_facts(label)}
    checked = checked_row({**facts, "parcel_id": number or issued_number(0)}, reference=office.reference, at=at)
    if checked.row is None:
        return checked.rejections[0]
    on_record = current.undeclared(number) if number else None
    content = content_of({**checked.row, "parcel_id": number or ""}, office.secrets.digest)
    if on_record is not None and on_record.scored is not None and on_record.known.content == content:
        return _answer(on_record.scored, on_record.event, "repeated", observed)
    serial = put(connection, observed)
    row = {**checked.row, "parcel_id": number or issued_number(serial), QUALITY_FLAGS: []}
    scored, event = _entered(office, transaction, row, content, on_record, client, at)
    belongs_to(connection, serial, scored.seq)
    return _answer(scored, event, "amended" if on_record else "scored", observed)


def _on_record(connection: Connection, number: str, at: datetime) -> CurrentParcels:
    """Parcels on record of what was scanned, in whichever spelling it was lodged."""
    return current_parcels(connection, {number, *(key[1] for key in resolve(connection, number).parcels)}, at)


def _entered(
    office: Office,
    transaction: Transaction,
    row: Row,
    content: str,
    on_record: Current | None,
    client: Client,
    at: datetime,
) -> tuple[Scored, Row]:
    entry = Entry()
    if on_record is not None:
        entry.replace(on_record, client)
    event = parcel_row(
        derived_row(row, office.secrets.identity, office.reference),
        at,
        first_at=on_record.first_at if on_record else None,
    )
    entry.parcels.append(
        Entering(
            event=event,
            client=client,
            content=content,
            clear={name: row[name] for name in PERSONAL if row[name]},
            standing=on_record.standing() if on_record else None,
        )
    )
    (scored,) = enter(office, transaction, entry, at)
    return scored, event


def _answer(scored: Scored, event: Row, status: Status, observed: Observation) -> ObservedAnswer:
    given = answer(
        scored,
        parcel_id=event["parcel_id"],
        operator=UNDECLARED,
        quality_flags=[],
        status=status,
        version=1,
        n_other_claims=0,
    )
    return ObservedAnswer(**given.model_dump(), is_issued=observed.is_issued)


def _declared(line: int) -> Rejection:
    return Rejection(
        line=line,
        field="parcel_id",
        code="declared",
        reason=text("a parcel with this number was declared."),
        remedy=text("Look the number up: there is an answer. If the item is another one, leave the number out."),
    )


def label_of(office: Office, number: str, client: Client) -> tuple[Observation, Row] | None:
    """What the label of an undeclared item shows: the observation, and its event. The look is written to the audit."""
    with office.store.begin_read() as connection:
        item = current_parcels(connection, [number], office.clock()).undeclared(number)
        if item is None:
            return None
        seq = item.known.seq
        observed = observations_of(connection, [seq]).get(seq)
    at_us = microseconds(office.clock())
    look = Look(at_us=at_us, client_id=client.client_id, action="viewed", seqs=[seq])
    is_kept = office.writer.reads.add(look)  # what cannot be logged is not shown
    return (observed, item.event) if observed is not None and is_kept else None
