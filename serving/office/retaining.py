"""Retention: parcels are masked, then erased, when their periods have passed; rows of other classes are deleted by age.

A run walks through the log once, some parcels at a time, each portion one transaction that notes how far it came; who
is interrupted resumes there. What the portion did is written to the audit with the numbers of its events, and the end
of the run with its figures and the digest of the rules. Erasing destroys the key of the parcel, so that backups of the
database follow; see `serving.store.erasure` for a restored one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import polars as pl

from features.event_rows import first_at
from features.log import PARCEL
from policy.retention import Retention
from serving.office.current import Life, outcome_in_force, outcomes_of, versions_of
from serving.office.writer import Clock
from serving.store import Client, Connection, Store, holds, retention
from serving.store import log as event_log
from serving.store.database import note
from serving.store.erasure import erase, subject_of
from serving.store.log_changes import about
from serving.store.masking import mask
from serving.store.overwriting import overwrite_deleted
from serving.store.retention import Run
from serving.store.times import microseconds, time_of
from serving.store.vault import Vault

PORTION = 200
"""Parcels of one transaction."""


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """What retention works with; `client` is whom the audit names."""

    store: Store
    vault: Vault
    rules: Retention
    client: Client
    clock: Clock


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One parcel: its events by subject, and what decides how long it is kept."""

    seqs: Mapping[str, list[int]]
    age: timedelta
    has_finding: bool
    is_held: bool
    is_masked: bool


def retain(keeping: Keeping) -> Iterator[Run]:
    """Do what is due, or resume what was interrupted; give the run after each portion, the last one has ended."""
    run = _begun(keeping)
    yield run
    for cleaned in _rows_deleted(keeping, run):
        run = cleaned
        yield run
    for numbers, last_seq in _portions(keeping.store, run):
        run = _portion_done(keeping, run, numbers, last_seq)
        yield run
    overwrite_deleted(keeping.store.url)
    yield _ended(keeping, run)


def due(keeping: Keeping) -> Run:
    """What `retain` would do now; nothing is changed."""
    at_us = microseconds(keeping.clock())
    run = Run(id=0, as_of=at_us, rules=keeping.rules.digest, client_id=keeping.client.client_id)
    seen: set[Life] = set()
    with keeping.store.begin_read() as connection:
        for table, age in keeping.rules.by_age():
            n_rows = retention.n_aged(connection, table, before_us=at_us - age // timedelta(microseconds=1))
            run = replace(run, n_rows=run.n_rows + n_rows)
    for numbers, last_seq in _portions(keeping.store, run):
        with keeping.store.begin_read() as connection:
            lives = kept_parcels(connection, keeping.vault, numbers, time_of(run.as_of))
        run = _counted(keeping, run, [one for life, one in lives.items() if life not in seen], last_seq)
        seen |= lives.keys()
    return run


def _begun(keeping: Keeping) -> Run:
    with keeping.store.begin() as connection:
        run = retention.unfinished(connection, keeping.rules.digest)
        if run is not None:
            return run
        now = microseconds(keeping.clock())
        return retention.begin(connection, as_of=now, rules=keeping.rules.digest, client_id=keeping.client.client_id)


def _rows_deleted(keeping: Keeping, run: Run) -> Iterator[Run]:
    for table, age in keeping.rules.by_age():
        before_us, n = run.as_of - age // timedelta(microseconds=1), 1
        while n:
            with keeping.store.begin() as connection:
                n = retention.delete_aged(connection, keeping.vault, table, before_us=before_us, at_us=run.as_of)
                run = replace(run, n_rows=run.n_rows + n)
                retention.note_progress(connection, run)
            yield run


def _portions(store: Store, run: Run) -> Iterator[tuple[set[str], int]]:
    """Numbers of parcels behind what the run has done, some at a time, and the last event that they are of."""
    after = run.last_seq
    while (part := _next_part(store, after)) is not None:
        numbered = part.filter((pl.col("kind") == PARCEL) & pl.col("parcel_id").is_not_null())
        for rows in numbered.select("seq", "parcel_id").iter_slices(PORTION):
            yield set(rows["parcel_id"]), int(rows["seq"][-1])
        after = int(part["seq"][-1])


def _next_part(store: Store, after: int) -> pl.DataFrame | None:
    with store.begin_read() as connection:
        return next(event_log.parts(connection, after=after, texts=("parcel_id",)), None)


def _portion_done(keeping: Keeping, run: Run, numbers: Collection[str], last_seq: int) -> Run:
    with keeping.store.begin() as connection:
        parcels = list(kept_parcels(connection, keeping.vault, numbers, time_of(run.as_of)).values())
        erased, masked = _due(keeping, parcels)
        _erase(connection, keeping, [one for one in erased if not one.is_held])
        _mask(connection, keeping, [one for one in masked if not one.is_held])
        run = _counted(keeping, run, parcels, last_seq)
        retention.note_progress(connection, run)
    return run


def _due(keeping: Keeping, parcels: Collection[Kept]) -> tuple[list[Kept], list[Kept]]:
    """Parcels whose time to be erased, and to be masked, has come, whether or not a hold keeps them."""
    periods = keeping.rules.parcels
    is_over = [periods.is_erased(one.age, has_finding=one.has_finding) for one in parcels]
    erased = [one for one, over in zip(parcels, is_over, strict=True) if over]
    others = [one for one, over in zip(parcels, is_over, strict=True) if not over and not one.is_masked]
    return erased, [one for one in others if periods.is_masked(one.age, has_finding=one.has_finding)]


def _erase(connection: Connection, keeping: Keeping, parcels: Collection[Kept]) -> None:
    seqs = about(connection, (seq for one in parcels for of_it in one.seqs.values() for seq in of_it))
    subjects = [subject for one in parcels for subject in one.seqs]
    if subjects:
        at_us = microseconds(keeping.clock())
        # Rejected rows and answers to files are deleted by their own age, which is shorter by more than a year.
        erase(connection, keeping.vault, subjects, at_us=at_us, answers_too=False)
        note(connection, at_us=at_us, client_id=keeping.client.client_id, action="erased", seqs=seqs)


def _mask(connection: Connection, keeping: Keeping, parcels: Collection[Kept]) -> None:
    by_subject = {subject: seqs for one in parcels for subject, seqs in one.seqs.items()}
    if by_subject:
        at_us = microseconds(keeping.clock())
        seqs = mask(connection, keeping.vault, by_subject, at_us=at_us)
        note(connection, at_us=at_us, client_id=keeping.client.client_id, action="masked", seqs=sorted(seqs))


def _counted(keeping: Keeping, run: Run, parcels: Collection[Kept], last_seq: int) -> Run:
    erased, masked = _due(keeping, parcels)
    return replace(
        run,
        last_seq=last_seq,
        n_erased=run.n_erased + sum(not one.is_held for one in erased),
        n_masked=run.n_masked + sum(not one.is_held for one in masked),
        n_held=run.n_held + sum(one.is_held for one in (*erased, *masked)),
    )


def kept_parcels(connection: Connection, vault: Vault, numbers: Collection[str], at: datetime) -> dict[Life, Kept]:
    """Parcels under some numbers, by life; those that came undeclared count to the parcel that they were joined to."""
    versions = versions_of(connection, numbers)
    outcomes = outcomes_of(connection, versions)
    seqs: dict[Life, dict[str, list[int]]] = {}
    for version in versions:
        seqs.setdefault(version.life, {}).setdefault(subject_of(version.event), []).append(version.seq)
    handles = {subject: vault.handle(subject) for of_life in seqs.values() for subject in of_life}
    held, masked = holds.held(connection, handles.values()), vault.masked(handles.values())
    firsts = {version.life: first_at(version.event) for version in versions}
    return {
        life: Kept(
            seqs=of_life,
            age=at - firsts[life],
            has_finding=life in outcomes and outcome_in_force(outcomes[life])["result"] == "found",
            is_held=any(handles[subject] in held for subject in of_life),
            is_masked=all(handles[subject] in masked for subject in of_life),
        )
        for life, of_life in seqs.items()
    }


def _ended(keeping: Keeping, run: Run) -> Run:
    """End a run: its figures are the proof in the audit."""
    with keeping.store.begin() as connection:
        at_us = microseconds(keeping.clock())
        run = replace(run, ended_at=at_us)
        retention.note_progress(connection, run)
        note(connection, at_us=at_us, client_id=run.client_id, action="retained", seqs=[], detail=_figures(run))
    return run


def _figures(run: Run) -> str:
    return (
        f"run {run.id} to {time_of(run.as_of):%Y-%m-%dT%H:%M:%SZ}, rules {run.rules}: {run.n_masked} masked, "
        f"{run.n_erased} erased, {run.n_held} held, {run.n_rows} rows"
    )
