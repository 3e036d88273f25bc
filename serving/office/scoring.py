"""The central use case: take parcels that were lodged, score and decide, store everything in one transaction, answer.

API, pages and files all come here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from features.event_rows import Row, first_at, parcel_row
from features.identity import PERSONAL, derived_row
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.life_flags import DECLARED_AGAIN, OF_OTHERS
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from policy import Ask
from policy.amendments import DAY
from serving.office.amending import Amendment, note_amendments, shown_instead
from serving.office.answers import Answer, Status, answer, unassessed
from serving.office.appending import enter
from serving.office.batching import (
    Lodged,
    Outcome,
    Submission,
    facts_of,
    first_of_twins,
    lodged,
    repeated,
    rounds,
    with_receptacle,
)
from serving.office.current import Current, CurrentParcels, Key, current_parcels, entered
from serving.office.entering import Entering, Entry
from serving.office.linking import (
    first_of,
    is_linked,
    link_changes,
    link_of,
    linked_event,
    relinked_events,
    was_sent_first,
    with_first_keys,
)
from serving.office.matching import Matched, matched, note_shed
from serving.office.office import Office
from serving.office.versioning import WINDOW, Step
from serving.office.waiting import cancelled_early, keep_waiting
from serving.office.writer import Transaction
from serving.store import Client, Scored
from serving.store.erasure import subject_of
from serving.store.quality import count_quality
from serving.store.receptacles import receptacles_of
from serving.store.scores import personal_held
from serving.store.times import microseconds
from serving.store.versions import keep_version

Answers = dict[int, Outcome]
"""What became of each row of a submission, by its ``line``."""
_STATUS: dict[Step, Status] = {Step.REPEAT: "repeated", Step.CANCEL: "cancelled", Step.KEEP: "superseded"}


def score(office: Office, transaction: Transaction, submissions: Sequence[Submission]) -> list[Answers]:
    """Score what was lodged; one dict of answers for each submission.

    Rows are scored in rounds in which no parcel occurs twice, so that each row meets what those before it did.
    """
    rows = []
    for row in lodged(submissions, office.secrets.digest):
        transaction.give_way()
        rows.append(row)
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
    at, connection = office.clock(), transaction.connection
    ids = [one.row["parcel_id"] for one in rows]
    listed = receptacles_of(connection, (one.key for one in rows), since_us=microseconds(at - WINDOW))
    transaction.give_way()
    current = current_parcels(connection, ids, at)
    transaction.give_way()
    found = matched(office, connection, [with_receptacle(one, listed) for one in rows], current, at)
    fresh = [one for one in found if one.step in (Step.LODGE, Step.AMEND)]
    transaction.give_way()
    entry = Entry(parcels=list(_entering(office, transaction, fresh, current, at)))
    transaction.give_way()
    for one in found:
        if one.on_record is not None and one.step is Step.CANCEL:
            entry.retracted.append((one.on_record.event, one.lodged.submission.client))
        if one.on_record is not None and one.step is Step.AMEND:
            entry.replace(one.on_record, one.lodged.submission.client)
        if one.joins is not None:
            entry.replace(one.joins, one.lodged.submission.client)
    scored = enter(office, transaction, entry, at)
    transaction.give_way()
    cancelled = [one for one in found if one.step is Step.CANCEL and one.on_record]
    if cancelled:
        note_shed(connection, [one.on_record for one in cancelled if one.on_record], at)
    for gone in cancelled:
        _count_instead(office, transaction, gone, current)
    for entering in entry.parcels:
        _relink_others(office, transaction, entering, current)
    if early_cancellations := [one.lodged for one in found if one.step is Step.WAIT]:
        keep_waiting(office, connection, early_cancellations, at)
    early = _cancel_early(office, transaction, entry, scored, fresh, at)
    count_quality(connection, [one.lodged.row for one in fresh], at, reference=office.reference)
    transaction.give_way()
    answers = _unscored_answers(office, transaction, found, current, at)
    instead = note_amendments(office, connection, list(_amendments(fresh, scored, entry, current, at)), at)
    for given, one in zip(scored, fresh, strict=True):
        transaction.give_way()
        status: Status = "cancelled" if one.lodged.key in early else "amended" if one.on_record else "scored"
        version = one.lodged.version or 1
        shown = _answer(given, one.lodged, one.lodged.row[QUALITY_FLAGS], version, status, current)
        answers[one.twin] = instead[given.seq].of(shown) if given.seq in instead else shown
    return answers


_SCORED = (Step.LODGE, Step.AMEND)


def _amendments(
    fresh: list[Matched], scored: list[Scored], entry: Entry, current: CurrentParcels, at: datetime
) -> Iterator[Amendment]:
    """Parcels that were declared before: amended, or cancelled and lodged anew within a day."""
    for given, one, entering in zip(scored, fresh, entry.parcels, strict=True):
        before = one.on_record or current.latest(one.lodged.key)
        if before is None or before.scored is None or (one.on_record is None and before.first_at <= at - DAY):
            continue
        client = one.lodged.submission.client
        yield Amendment(event=entering.event, scored=given, before=before.scored, client=client)


def _unscored_answers(
    office: Office, transaction: Transaction, found: list[Matched], current: CurrentParcels, at: datetime
) -> dict[tuple[object, ...], Outcome]:
    """Answers to what is not scored; of a parcel whose last answer is not shown yet the one before it."""
    unscored = [one for one in found if one.step not in _SCORED]
    if not unscored:
        return {}
    seqs = [one.on_record.scored.seq for one in unscored if one.on_record is not None and one.on_record.scored]
    instead = shown_instead(transaction.connection, seqs, at)
    answers: dict[tuple[object, ...], Outcome] = {}
    for one in unscored:
        given = _unscored(office, transaction, one, current, at)
        other = instead.get(one.on_record.known.seq) if one.on_record is not None else None
        answers[one.twin] = other.of(given) if other is not None and isinstance(given, Answer) else given
    return answers


def _entering(
    office: Office, transaction: Transaction, fresh: list[Matched], current: CurrentParcels, at: datetime
) -> Iterator[Entering]:
    for one in fresh:
        transaction.give_way()
        yield Entering(
            event=_linked(parcel_row(facts_of(office, one.lodged), at, first_at=one.first_at), current),
            client=one.lodged.submission.client,
            content=one.lodged.content,
            clear={name: one.lodged.row[name] for name in PERSONAL if one.lodged.row[name]},
            standing=one.standing,
            explain=one.lodged.submission.explain,
        )


def _linked(event: Row, current: CurrentParcels) -> Row:
    """The event of a parcel, linked to another one under its number where it is the same goods."""
    others, at = [one.event for one in _others(event, current)], first_at(event)
    found = first_of(event, *([one for one in others if (first_at(one) > at) is later] for later in (False, True)))
    return event if found is None else linked_event(event, *found)


def _others(event: Row, current: CurrentParcels) -> list[Current]:
    """Other declared parcels under the number of one that are not cancelled, the one that was lodged first in front."""
    life = event["operator"], first_at(event)
    under = current.under(event["parcel_id"])
    return [one for one in under if not one.known.is_cancelled and (one.event["operator"], one.first_at) != life]


def _relink_others(office: Office, transaction: Transaction, one: Entering, current: CurrentParcels) -> None:
    """Link what is on record to a parcel that came later and went first: history counts that one instead."""
    for other in () if is_linked(one.event) else _others(one.event, current):
        if not is_linked(other.event) and was_sent_first(other.event, one.event):
            relink(office, transaction, other, one.event, one.client)


def relink(office: Office, transaction: Transaction, other: Current, first: Row, client: Client) -> None:
    """Link a parcel on record to its first way, which came later; it is scored again where it was scored."""
    changes = link_changes(other.event, str(link_of(first, other.event)), first)
    if other.scored is not None:
        rescore(office, transaction, other, changes, client)
        return
    times = (one["known_at"] for one in (first, other.event, *other.outcomes))
    transaction.record(relinked_events(other.event, other.outcomes, changes, max(times)))


def _count_instead(office: Office, transaction: Transaction, gone: Matched, current: CurrentParcels) -> None:
    """Count a second declaration of an item whose first, which was counted, is cancelled."""
    if gone.on_record is None or is_linked(gone.on_record.event):
        return
    for other in current.under(gone.lodged.key[1]):
        if DECLARED_AGAIN in other.flags and not other.known.is_cancelled:
            flags = [flag for flag in other.flags if flag not in OF_OTHERS]
            rescore(office, transaction, other, {QUALITY_FLAGS: flags}, gone.lodged.submission.client)
            return


def _cancel_early(
    office: Office, transaction: Transaction, entry: Entry, scored: list[Scored], fresh: list[Matched], at: datetime
) -> set[Key]:
    """Cancel those of the parcels that entered whose cancellation had overtaken them."""
    early = cancelled_early(office, transaction.connection, [one.lodged for one in fresh if one.step is Step.LODGE])
    if early:
        behind = Entry()
        lives = []
        for entering, given, one in zip(entry.parcels, scored, fresh, strict=True):
            if one.lodged.key in early:
                event = {**entering.event, "seq": given.seq, "subject_seq": given.seq}
                behind.retracted.append((event, entering.client))
                lives.append(entered(event, given))
        enter(office, transaction, behind, at)
        note_shed(transaction.connection, lives, at)
    return early


def _unscored(office: Office, transaction: Transaction, one: Matched, current: CurrentParcels, at: datetime) -> Outcome:
    """Answer what is not scored: repetitions, cancellations, late versions, refusals. The last three are kept."""
    if isinstance(one.step, Rejection):
        return one.step
    on_record = one.on_record
    if on_record is None:
        return unassessed(one.lodged.row, "waiting", at, current.n_others(*one.lodged.key))
    if one.step is not Step.REPEAT:
        keep_version(
            transaction.connection,
            office.secrets.vault,
            seq=on_record.known.seq,
            subject=subject_of(on_record.event),
            row={name: value for name, value in one.lodged.row.items() if name != QUALITY_FLAGS},
            at_us=microseconds(at),
        )
    status = "cancelled" if on_record.known.is_cancelled else _STATUS[one.step]
    if on_record.scored is None:
        return unassessed(one.lodged.row, status, at, current.n_others(*one.lodged.key))
    return _answer(on_record.scored, one.lodged, on_record.flags, on_record.known.version, status, current)


def rescore(
    office: Office,
    transaction: Transaction,
    current: Current,
    changes: Mapping[str, object],
    client: Client,
    *,
    recalled: Ask | None = None,
) -> Scored | None:
    """Score a parcel again because the office learned another fact of it, such as its receptacle, or recalls it.

    Only facts that no entity key is made of may change this way, and that it is linked to another parcel.
    """
    if current.scored is None or current.known.is_cancelled:
        return None
    at = office.clock()
    clear = personal_held(transaction.connection, office.secrets.vault, current.known.seq)
    row = {**current.event, **changes}
    if clear is not None:  # an event of an earlier program may have other keys; this one is of the present derivation
        row = derived_row({**row, **dict.fromkeys(PERSONAL), **clear}, office.secrets.identity, office.reference)
        row = with_first_keys(row, {**current.event, **changes})
    entry = Entry()
    entry.replace(current, client)
    if QUALITY_FLAGS in changes:  # a parcel that turns out to be a return has the outcomes of the first's parties
        entry.restated[:] = [with_first_keys(outcome, row) for outcome in entry.restated]
    entry.parcels.append(
        Entering(
            event=parcel_row(row, at, first_at=first_at(current.event)),
            client=client,
            content=current.scored.content,
            clear=clear or {},
            standing=current.standing(),
            recalled=recalled,
        )
    )
    (scored,) = enter(office, transaction, entry, at)
    return scored


def _answer(
    scored: Scored, one: Lodged, flags: list[str] | None, version: int, status: Status, current: CurrentParcels
) -> Answer:
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
