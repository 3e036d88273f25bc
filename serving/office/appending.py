"""Put what enters together into the log and the history, and score, decide on and store the parcels among it."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby

from features.catalogue import catalogue
from features.event_rows import restated_row, retraction_row
from features.log import PARCEL, RETRACTION
from serving.office.deciding import scored_and_decided
from serving.office.entering import Entry
from serving.office.listing import look_up
from serving.office.office import Office
from serving.office.ruling import rule
from serving.office.stopping import stopped
from serving.office.writer import Transaction
from serving.store import Client, Scored
from serving.store.database import note
from serving.store.erasure import subject_of
from serving.store.scores import insert_personal, insert_scores
from serving.store.times import microseconds


def enter(office: Office, transaction: Transaction, entry: Entry, at: datetime) -> list[Scored]:
    """Put events into the log and the history, score the parcels among them, store everything."""
    events = [
        *(retraction_row(event, at) for event, _ in entry.retracted),
        *(one.event for one in entry.parcels),
        *(restated_row(event, at) for event in entry.restated),
    ]
    if not events:
        return []
    ciphers = office.secrets.vault.begin([subject_of(one.event) for one in entry.parcels])
    transaction.give_way()
    numbered, computed = transaction.append(events)
    transaction.give_way()
    if entry.retracted:
        retracted = [event["subject_seq"] for event in numbered if event["kind"] == RETRACTION]
        _audit(transaction, at, "retracted", [client for _, client in entry.retracted], retracted)
    batch = [event for event in numbered if event["kind"] == PARCEL]
    if not batch:
        return []
    lists = office.lists.held()  # once: rules read them, too
    ruling = rule(office.rules, transaction.connection, batch, computed.values, at.date(), lists)
    transaction.give_way()
    listing = look_up(lists, transaction.connection, batch, entry.parcels, at)
    transaction.give_way()
    silent = stopped(transaction.connection, batch, computed.values)
    transaction.give_way()
    scored = scored_and_decided(
        office, batch, computed, entry.parcels, ruling, listing, at_us=microseconds(at), stopped=silent
    )
    transaction.give_way()
    insert_scores(transaction.connection, scored, catalogue().names)
    for one in scored:
        office.tally[one.referral, one.cause] += 1
    triples = zip(scored, batch, entry.parcels, strict=True)
    clear = {one.seq: (subject_of(event), entering.clear) for one, event, entering in triples}
    transaction.give_way()
    insert_personal(transaction.connection, office.secrets.vault, clear, ciphers)
    transaction.give_way()
    _audit(transaction, at, "scored", [one.client for one in entry.parcels], [one.seq for one in scored])
    return scored


def _audit(transaction: Transaction, at: datetime, action: str, clients: list[Client], seqs: list[int]) -> None:
    pairs = zip([client.client_id for client in clients], seqs, strict=True)
    for client_id, group in groupby(pairs, key=lambda pair: pair[0]):
        written = [seq for _, seq in group]
        note(transaction.connection, at_us=microseconds(at), client_id=client_id, action=action, seqs=written)
