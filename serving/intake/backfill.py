"""Historical backfill: parcels and outcomes of the past, appended to the log without being scored.

Files of any size and any order in three steps, each of which continues where an interrupted one ended:

1. rows are read, checked, and written without personal data to a folder of work (`serving.intake.prepared`);
2. rows that do not count are found by index, pieces of one parcel are joined (`serving.intake.ordered`);
3. the others enter the log in the order of time known, part by part; how far they are is noted in the same transaction.

So the log does not depend on interruptions: it is the one that the whole file at once would give.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from features.event_rows import rows_of, table_of
from features.log import SUBJECT_SCHEMA, past_events
from features.parcel.doubted import Doubted
from features.parcel.problems import ParcelRiskError, Rejection
from features.parcel.schema import LINE
from serving.intake.ordered import Part, n_events, parts
from serving.intake.past import Past
from serving.intake.past_links import linked, relink_others
from serving.intake.prepared import ORPHAN, TWIN, prepare, rejected_lines, twin
from serving.intake.work import Work, stale
from serving.office.office import Office
from serving.office.outcomes import orphan
from serving.office.writer import Transaction
from serving.store import log as event_log
from serving.store.backfills import Progress, forget, note_progress, progress_of

Told = Callable[[str, int, int | None], None]
"""Takes what is being done, rows done, and rows in all where they are known."""


@dataclass(frozen=True, kw_only=True)
class Backfilled:
    """What became of a historical backfill.

    Attributes
    ----------
    rejections:
        The first of them; of `n_rejections` in all, which concern `n_rejected` rows.
    is_repetition:
        Whether no row was refused but those that are in the log, or twice in the file.
    doubts:
        Values that were not used as they were given.
    """

    n_rows: int
    n_parcels: int
    n_outcomes: int
    n_rejected: int
    n_rejections: int
    rejections: tuple[Rejection, ...]
    is_repetition: bool
    ignored: tuple[str, ...]
    doubts: tuple[Doubted, ...]


def _silent(_what: str, _done: int, _of: int | None) -> None:
    return None


def backfill(
    office: Office, past: Past, *, folder: Path, rejections: Path | None = None, told: Told = _silent
) -> Backfilled:
    """Append parcels and outcomes of the past to the log without scoring them.

    Parcels count as known when they were lodged. Clear personal data are not kept.

    Parameters
    ----------
    folder:
        Of the work that is under way; after an interruption the same call resumes.
    rejections:
        CSV file to write all rejections to.

    Raises
    ------
    SourceError
        When the file cannot be read; nothing of it is in the log then.
    """
    name = hashlib.sha256(f"{past.name} {office.secrets.identity.key_id}".encode()).hexdigest()
    _sweep(office, folder, name, past.source)
    work = Work(folder / name, past.source, office.clock())
    if work.known("finished") is None:
        read = _read(office, past, work, told)
        done = _append(office, work, name, told)
        work.note("finished", {**read, "n_parcels": done.n_parcels, "n_outcomes": done.n_outcomes})
    ended = work.known("finished") or {}
    first, n_rejections, n_rejected, is_repetition = work.report(rejections)
    doubts = work.doubts()
    with office.writer.transaction() as transaction:
        forget(transaction.connection, name)
    work.remove()
    return Backfilled(
        n_rows=ended["n_rows"],
        n_parcels=ended["n_parcels"],
        n_outcomes=ended["n_outcomes"],
        n_rejected=n_rejected,
        n_rejections=n_rejections,
        rejections=first,
        is_repetition=is_repetition,
        ignored=tuple(ended["ignored"]),
        doubts=doubts,
    )


def _sweep(office: Office, folder: Path, name: str, source: str) -> None:
    for old in stale(folder, name, source):
        with office.writer.transaction() as transaction:
            forget(transaction.connection, old.name)
        shutil.rmtree(old)


def _read(office: Office, past: Past, work: Work, told: Told) -> dict[str, object]:
    read = work.known("read")
    if read is None:
        try:
            readings = past.batches(work.chunks.n_batches)
            n_rows, ignored = prepare(office, readings, work.chunks, work.now, lambda rows: told("reading", rows, None))
        except ParcelRiskError:
            work.remove()  # what cannot be read is not resumed
            raise
        read = {"n_rows": n_rows, "ignored": ignored}
        work.note("read", read)
    return read


def _append(office: Office, work: Work, name: str, told: Told) -> Progress:
    """Append the parts that are missing."""
    resolved = work.resolved(office, lambda: told("looking for duplicates", 0, None))
    with office.store.begin_read() as connection:
        done = progress_of(connection, name)
    n_done, total = done.n_parcels + done.n_outcomes, n_events(work.chunks, resolved)
    for part in parts(work.chunks, resolved, done.n_parts):
        with office.writer.transaction(can_wait=True) as transaction:
            n_parcels, n_outcomes = _append_part(office, transaction, work, part)
            done = Progress(
                n_parts=part.number + 1, n_parcels=done.n_parcels + n_parcels, n_outcomes=done.n_outcomes + n_outcomes
            )
            note_progress(transaction.connection, name, done)
        n_done += part.n_rows
        told("appending to the log", n_done, total)
    return done


def _append_part(office: Office, transaction: Transaction, work: Work, part: Part) -> tuple[int, int]:
    """Append one part; return how many parcels and outcomes the log took."""
    connection = transaction.connection
    # Others may have written since the duplicates were looked for, where the backfill was interrupted.
    known = event_log.lodged(connection, part.parcels["parcel_id"])
    key = ["operator", "parcel_id"]
    new = part.parcels.join(known, on=key, how="anti", nulls_equal=True, maintain_order="left")
    earlier = table_of(event_log.parcel_events_of(connection, part.outcomes["parcel_id"].unique()))
    links = linked(connection, new, known)
    events, orphans = past_events(links.parcels, part.outcomes, earlier.select(SUBJECT_SCHEMA.names()))
    twins = part.parcels.join(new.select(LINE), on=LINE, how="anti")[LINE]
    refused = [rejected_lines(TWIN, twins, twin), rejected_lines(ORPHAN, orphans[LINE], orphan)]
    work.keep_part(part.number, pl.concat(refused))
    if events.height:
        transaction.record(rows_of(events))
        relink_others(office, transaction, links)
    return new.height, events.height - new.height
