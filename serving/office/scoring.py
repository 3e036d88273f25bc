"""The central use case: take a batch of parcels, score and decide, store everything in one transaction, answer.

API, pages and files all come here.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from features.catalogue import catalogue
from features.identity import PERSONAL, derive
from features.log import PARCEL, RETRACTION, empty_log, parcel_events, restated, retractions
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from policy import Decision
from serving.office.answers import Answer, Status, answer
from serving.office.batching import (
    KEY,
    Steps,
    cancelled,
    first_lodged,
    first_of_twins,
    lines_of,
    outcomes_kept,
    replaced,
    steps_of,
    with_twins,
    with_versions,
)
from serving.office.current import Current, CurrentParcels, current_parcels
from serving.office.deciding import scored_and_decided
from serving.office.office import Office
from serving.office.versioning import WINDOW, Step
from serving.office.writer import Transaction
from serving.store import Client, Scored
from serving.store.database import note
from serving.store.erasure import subjects_of
from serving.store.quality import count_quality
from serving.store.receptacles import with_receptacles
from serving.store.scores import insert_personal, insert_scores, personal_of
from serving.store.times import microseconds
from serving.store.versions import keep_version

Answers = dict[int, Answer | Rejection]
"""What became of each row, by its ``line``."""
_ENVELOPE = ("manifest_id", "version", "function", "lodged_at")
"""What a message says of itself: a parcel sent again in another message is the same parcel."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What enters the log together.

    Attributes
    ----------
    derived:
        Parcels without personal data (see `features.identity.derive`).
    retracted:
        Events of the log that they, or cancellations, retract.
    restated:
        Outcome events among these that are valid all the same; they enter behind the parcels.
    contents, clear, standing:
        Digest of the facts, personal fields, and earlier decision of each parcel.
    """

    derived: pl.DataFrame
    retracted: pl.DataFrame
    restated: pl.DataFrame
    contents: list[str]
    clear: list[dict[str, str]]
    standing: Sequence[Decision | None]


def score(
    office: Office, transaction: Transaction, rows: pl.DataFrame, client: Client, *, explain: bool = False
) -> Answers:
    """Score validated parcels and answer by ``line``.

    Rows are scored in rounds in which no parcel occurs twice, so that each row meets what those before it did.

    Parameters
    ----------
    rows:
        Output of `features.parcel.validation.validate_parcels`; ``operator`` is set.
    client:
        Who lodges them.
    explain:
        Find the reasons for all of them now, not only for those that a person will look at.
    """
    contents = _contents(office, rows)
    answers: Answers = {}
    rest = first_of_twins(rows, contents)
    while rest.height:
        this = rest.unique(list(KEY), keep="first", maintain_order=True)
        answers |= _round(office, transaction, this, contents, client, explain=explain)
        rest = rest.join(this.select(LINE), on=LINE, how="anti", maintain_order="left")
    return with_twins(rows, contents, answers)


def _round(
    office: Office,
    transaction: Transaction,
    rows: pl.DataFrame,
    contents: dict[int, str],
    client: Client,
    *,
    explain: bool,
) -> Answers:
    at = office.clock()
    rows = with_receptacles(transaction.connection, rows, since_us=microseconds(at - WINDOW))
    current = current_parcels(transaction.connection, rows["parcel_id"], at)
    steps = steps_of(rows, contents, current)
    rows = with_versions(rows, steps, current)
    answers = _unscored(office, transaction, rows, steps, current, at)
    fresh = rows.filter(pl.col(LINE).is_in(lines_of(steps, Step.LODGE, Step.AMEND).implode()))
    entry = _entry(office, rows, fresh, steps, current, contents)
    scored = enter(office, transaction, entry, client, at, explain=explain)
    count_quality(transaction.connection, fresh, at, reference=office.reference)
    described = fresh.select(LINE, *KEY, "version", QUALITY_FLAGS).to_dicts()
    return answers | {
        row[LINE]: _answer(one, row, status="amended" if steps[row[LINE]] is Step.AMEND else "scored", current=current)
        for one, row in zip(scored, described, strict=True)
    }


def _entry(
    office: Office,
    rows: pl.DataFrame,
    fresh: pl.DataFrame,
    steps: Steps,
    current: CurrentParcels,
    contents: dict[int, str],
) -> Entry:
    amended = replaced(fresh, steps, current)
    outcomes = outcomes_kept(amended)
    replaced_events = [one.event for one in amended if one is not None]
    return Entry(
        derived=derive(fresh, office.secrets.identity, reference=office.reference).with_columns(first_lodged(amended)),
        retracted=pl.concat([cancelled(rows, steps, current), *replaced_events, outcomes]),
        restated=outcomes,
        contents=[contents[line] for line in fresh[LINE]],
        clear=[_given(row) for row in fresh.select(PERSONAL).to_dicts()],
        standing=[one.standing() if one else None for one in amended],
    )


def enter(
    office: Office, transaction: Transaction, entry: Entry, client: Client, at: datetime, *, explain: bool
) -> list[Scored]:
    """Put events into the log and the history, score the parcels among them, store everything."""
    known_at = pl.lit(at)
    events = pl.concat(
        [
            retractions(entry.retracted, known_at),
            parcel_events(entry.derived, known_at),
            restated(entry.restated, known_at),
        ]
    )
    if events.height == 0:
        return []
    numbered, computed = transaction.append(events)
    retracted = numbered.filter(pl.col("kind") == RETRACTION)["subject_seq"].to_list()
    if retracted:
        _audit(transaction, client, at, "retracted", retracted)
    batch = numbered.filter(pl.col("kind") == PARCEL)
    if batch.height == 0:
        return []
    scored = scored_and_decided(
        office,
        batch,
        computed,
        contents=entry.contents,
        standing=entry.standing,
        at_us=microseconds(at),
        explain=explain,
    )
    insert_scores(transaction.connection, scored, catalogue().names)
    seqs = [one.seq for one in scored]
    subjects = dict(zip(seqs, subjects_of(batch), strict=True))
    clear = dict(zip(seqs, entry.clear, strict=True))
    insert_personal(transaction.connection, office.secrets.vault, clear, subjects)
    _audit(transaction, client, at, "scored", seqs)
    return scored


def _audit(transaction: Transaction, client: Client, at: datetime, action: str, seqs: list[int]) -> None:
    note(transaction.connection, at_us=microseconds(at), client_id=client.client_id, action=action, seqs=seqs)


def _unscored(
    office: Office, transaction: Transaction, rows: pl.DataFrame, steps: Steps, current: CurrentParcels, at: datetime
) -> Answers:
    """Answer what is not scored: repetitions, cancellations, late versions, refusals. The last three are kept."""
    answers: Answers = {}
    for row in rows.to_dicts():
        step = steps[row[LINE]]
        if isinstance(step, Rejection):
            answers[row[LINE]] = step
        elif step in _STATUS:
            on_record = current.latest[row["operator"], row["parcel_id"]]
            described = {**row, "version": on_record.known.version, QUALITY_FLAGS: on_record.flags}
            status = "cancelled" if on_record.known.is_cancelled else _STATUS[step]
            answers[row[LINE]] = _answer(on_record.scored, described, status=status, current=current)
            if step is not Step.REPEAT:
                kept = {name: value for name, value in row.items() if name != QUALITY_FLAGS}
                keep_version(
                    transaction.connection,
                    office.secrets.vault,
                    seq=on_record.known.seq,
                    subject=subjects_of(on_record.event)[0],
                    row=kept,
                    at_us=microseconds(at),
                )
    return answers


def rescore(
    office: Office, transaction: Transaction, current: Current, changes: dict[str, object], client: Client
) -> Scored | None:
    """Score a parcel again because the office learned another fact of it, such as its receptacle.

    Only facts that no entity key is made of may change this way.
    """
    if current.scored is None or current.known.is_cancelled:
        return None
    counted = pl.coalesce("counted_at", "known_at").alias("counted_at")
    changed = current.event.with_columns(counted, *(pl.lit(value).alias(name) for name, value in changes.items()))
    outcomes = outcomes_kept([current])
    entry = Entry(
        derived=changed,
        retracted=pl.concat([empty_log(), current.event, outcomes]),
        restated=outcomes,
        contents=[current.scored.content],
        clear=[personal_of(transaction.connection, office.secrets.vault, current.known.seq)],
        standing=[current.standing()],
    )
    (scored,) = enter(office, transaction, entry, client, office.clock(), explain=False)
    return scored


def _contents(office: Office, rows: pl.DataFrame) -> dict[int, str]:
    """Keyed digest of each row: tells a repetition from other facts without keeping personal data."""
    facts = pl.struct(pl.exclude(LINE, QUALITY_FLAGS, *_ENVELOPE)).struct.json_encode()
    key = office.secrets.digest
    return {
        line: hmac.digest(key, text.encode(), "sha256").hex()
        for line, text in rows.select(LINE, facts.alias("text")).iter_rows()
    }


_STATUS: dict[Step | Rejection, Status] = {Step.REPEAT: "repeated", Step.CANCEL: "cancelled", Step.KEEP: "superseded"}


def _given(row: dict[str, Any]) -> dict[str, str]:
    return {name: text for name, text in row.items() if text}


def _answer(scored: Scored | None, row: dict[str, Any], *, status: Status, current: CurrentParcels) -> Answer:
    if scored is None:
        raise ValueError("a parcel without an answer has no answer to repeat")
    return answer(
        scored,
        parcel_id=str(row["parcel_id"]),
        operator=str(row["operator"]),
        quality_flags=list(row[QUALITY_FLAGS] or []),
        status=status,
        version=row["version"] or 1,
        n_other_claims=current.n_others(row["operator"], row["parcel_id"]),
    )
