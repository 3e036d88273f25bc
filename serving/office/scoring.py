"""The central use case: take parcels that were lodged, score and decide, store everything in one transaction, answer.

API, pages and files all come here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from features.catalogue import catalogue
from features.event_rows import first_at, parcel_row, restated_row, retraction_row
from features.identity import PERSONAL, derived_row
from features.log import PARCEL, RETRACTION
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from serving.office.answers import Status, answer
from serving.office.batching import (
    Lodged,
    Outcome,
    Submission,
    first_of_twins,
    lodged,
    next_version,
    repeated,
    rounds,
    step_of,
    with_receptacle,
)
from serving.office.current import Current, CurrentParcels, current_parcels
from serving.office.deciding import scored_and_decided
from serving.office.entering import Entering, Entry
from serving.office.office import Office
from serving.office.versioning import WINDOW, Step
from serving.office.writer import Transaction
from serving.store import Client, Scored
from serving.store.database import note
from serving.store.erasure import subject_of
from serving.store.quality import count_quality
from serving.store.receptacles import receptacles_of
from serving.store.scores import insert_personal, insert_scores, personal_of
from serving.store.times import microseconds
from serving.store.versions import keep_version

Answers = dict[int, Outcome]
"""What became of each row of a submission, by its ``line``."""
_STATUS: dict[Step, Status] = {Step.REPEAT: "repeated", Step.CANCEL: "cancelled", Step.KEEP: "superseded"}


def score(office: Office, transaction: Transaction, submissions: Sequence[Submission]) -> list[Answers]:
    """Score what was lodged; one dict of answers for each submission.

    Rows are scored in rounds in which no parcel occurs twice, so that each row meets what those before it did.
    """
    rows = list(lodged(submissions, office.secrets.digest))
    first = first_of_twins(rows)
    found: dict[tuple[object, ...], Outcome] = {}
    for this in rounds(first.values()):
        found |= _round(office, transaction, this)
    answers: dict[int, Answers] = {id(submission): {} for submission in submissions}
    for one in rows:
        given = found[one.twin]
        answers[id(one.submission)][one.row[LINE]] = given if first[one.twin] is one else repeated(given)
    return [answers[id(submission)] for submission in submissions]


def _round(office: Office, transaction: Transaction, rows: list[Lodged]) -> dict[tuple[object, ...], Outcome]:
    at = office.clock()
    ids = [one.row["parcel_id"] for one in rows]
    listed = receptacles_of(transaction.connection, ids, since_us=microseconds(at - WINDOW))
    current = current_parcels(transaction.connection, ids, at)
    steps = [step_of(one, current) for one in rows]
    answers: dict[tuple[object, ...], Outcome] = {}
    entry = Entry()
    fresh: list[_Fresh] = []
    for one, this in zip((with_receptacle(one, listed) for one in rows), steps, strict=True):
        on_record = current.latest.get(one.key)
        if this is Step.CANCEL and on_record is not None:
            entry.retracted.append((on_record.event, one.submission.client))
        if this is Step.AMEND and on_record is not None:
            entry.replace(on_record, one.submission.client)
            fresh.append(_Fresh(one.twin, next_version(one, current), on_record))
        elif this is Step.LODGE:
            fresh.append(_Fresh(one.twin, one, None))
        else:
            answers[one.twin] = _unscored(office, transaction, one, this, current, at)
    entry.parcels.extend(_entering(office, fresh, at))
    scored = enter(office, transaction, entry, at)
    count_quality(transaction.connection, [one.lodged.row for one in fresh], at, reference=office.reference)
    for given, (twin, one, before) in zip(scored, fresh, strict=True):
        flags = one.row[QUALITY_FLAGS]
        status: Status = "amended" if before else "scored"
        answers[twin] = _answer(given, one, flags, one.version or 1, status, current)
    return answers


class _Fresh(NamedTuple):
    """A row to be scored: what it is known by, and what it amends."""

    twin: tuple[object, ...]
    lodged: Lodged
    amended: Current | None


def _entering(office: Office, fresh: list[_Fresh], at: datetime) -> list[Entering]:
    key, reference = office.secrets.identity, office.reference
    derived = [derived_row(one.lodged.row, key, reference) for one in fresh]
    return [
        Entering(
            event=parcel_row(facts, at, first_at=before.first_at if before else None),
            client=one.submission.client,
            content=one.content,
            clear={name: one.row[name] for name in PERSONAL if one.row[name]},
            standing=before.standing() if before else None,
            explain=one.submission.explain,
        )
        for (_, one, before), facts in zip(fresh, derived, strict=True)
    ]


def enter(office: Office, transaction: Transaction, entry: Entry, at: datetime) -> list[Scored]:
    """Put events into the log and the history, score the parcels among them, store everything."""
    events = [
        *(retraction_row(event, at) for event, _ in entry.retracted),
        *(one.event for one in entry.parcels),
        *(restated_row(event, at) for event in entry.restated),
    ]
    if not events:
        return []
    ciphers = office.secrets.vault.begin(subject_of(one.event) for one in entry.parcels)
    numbered, computed = transaction.append(events)
    retracted = [event["subject_seq"] for event in numbered if event["kind"] == RETRACTION]
    _audit(transaction, at, "retracted", [client for _, client in entry.retracted], retracted)
    batch = [event for event in numbered if event["kind"] == PARCEL]
    if not batch:
        return []
    scored = scored_and_decided(office, batch, computed, entry.parcels, at_us=microseconds(at))
    insert_scores(transaction.connection, scored, catalogue().names)
    triples = zip(scored, batch, entry.parcels, strict=True)
    clear = {one.seq: (subject_of(event), entering.clear) for one, event, entering in triples}
    insert_personal(transaction.connection, office.secrets.vault, clear, ciphers)
    _audit(transaction, at, "scored", [one.client for one in entry.parcels], [one.seq for one in scored])
    return scored


def _audit(transaction: Transaction, at: datetime, action: str, clients: list[Client], seqs: list[int]) -> None:
    pairs = zip((client.client_id for client in clients), seqs, strict=True)
    for client_id, group in groupby(pairs, key=lambda pair: pair[0]):
        written = [seq for _, seq in group]
        note(transaction.connection, at_us=microseconds(at), client_id=client_id, action=action, seqs=written)


def _unscored(
    office: Office, transaction: Transaction, one: Lodged, this: Step | Rejection, current: CurrentParcels, at: datetime
) -> Outcome:
    """Answer what is not scored: repetitions, cancellations, late versions, refusals. The last three are kept."""
    if isinstance(this, Rejection):
        return this
    on_record = current.latest[one.key]
    if this is not Step.REPEAT:
        keep_version(
            transaction.connection,
            office.secrets.vault,
            seq=on_record.known.seq,
            subject=subject_of(on_record.event),
            row={name: value for name, value in one.row.items() if name != QUALITY_FLAGS},
            at_us=microseconds(at),
        )
    status = "cancelled" if on_record.known.is_cancelled else _STATUS[this]
    if on_record.scored is None:
        raise ValueError("a parcel without an answer has no answer to repeat")
    return _answer(on_record.scored, one, on_record.flags, on_record.known.version, status, current)


def rescore(
    office: Office, transaction: Transaction, current: Current, changes: Mapping[str, object], client: Client
) -> Scored | None:
    """Score a parcel again because the office learned another fact of it, such as its receptacle.

    Only facts that no entity key is made of may change this way.
    """
    if current.scored is None or current.known.is_cancelled:
        return None
    at = office.clock()
    entry = Entry()
    entry.replace(current, client)
    entry.parcels.append(
        Entering(
            event=parcel_row({**current.event, **changes}, at, first_at=first_at(current.event)),
            client=client,
            content=current.scored.content,
            clear=personal_of(transaction.connection, office.secrets.vault, current.known.seq),
            standing=current.standing(),
        )
    )
    (scored,) = enter(office, transaction, entry, at)
    return scored


def _answer(
    scored: Scored, one: Lodged, flags: list[str] | None, version: int, status: Status, current: CurrentParcels
) -> Outcome:
    operator, parcel_id = one.key
    return answer(
        scored,
        parcel_id=parcel_id,
        operator=operator,
        quality_flags=list(flags or []),
        status=status,
        version=version,
        n_other_claims=current.n_others(operator, parcel_id),
    )
