"""Make keys and facts of events of an earlier derivation anew, where the vault still holds the personal text.

An event notes the version of the derivation that made its keys. Where a later version keys a sender otherwise, its
parcels of before and those of now would be two senders. So the log is walked through once, part by part, each part one
transaction that notes how far it came; who is interrupted resumes there. A parcel whose text was erased, or was never
kept (a historical backfill keeps none), stays as it is. Outcomes and retractions repeat the keys of what they are
about, and follow it.

History and scores: snapshots of the history are removed, the next start rebuilds it. Stored scores stay as they were
given, and are no longer compared with a replay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from features.event_rows import Row, rows_of
from features.history import snapshots
from features.identity import DERIVATION, DERIVED_SCHEMA, KEYS, PERSONAL, derived_row
from features.log import OUTCOME, PARCEL, RETRACTION
from features.parcel.reference import Reference
from serving.office.office import Secrets
from serving.office.writer import Clock
from serving.store import Client, Connection, Store, log_changes
from serving.store import log as event_log
from serving.store.database import note
from serving.store.derivations import Progress, note_progress, progress_to, replace_compared
from serving.store.erasure import reconcile
from serving.store.scores import personal_held
from serving.store.times import microseconds

CHUNK = 1_000
"""Events of one transaction."""
_NO_TEXT = dict.fromkeys(PERSONAL)


def rederive(
    store: Store, secrets: Secrets, reference: Reference, client: Client, clock: Clock, *, history: Path
) -> Iterator[Progress]:
    """Bring the log to the derivation of this program; give the progress after each part, and at least once.

    Parameters
    ----------
    store:
        This becomes its only writer.
    client:
        Whom the audit names.
    history:
        Folder of the snapshots, which are removed.

    Raises
    ------
    StoreError
        When another process is the writer, or the log was written under another identity key.
    """
    store.become_writer()
    store.bind_identity(secrets.identity.key_id)
    with store.begin() as connection:
        reconcile(connection, secrets.vault)
        progress = progress_to(connection, DERIVATION)
    snapshots.remove_all(history)
    yield progress
    while True:
        with store.begin() as connection:
            events = rows_of(event_log.read(connection, after=progress.last_seq, limit=CHUNK))
            if not events:
                return
            progress = _brought_up(connection, events, progress, secrets, reference, client, clock)
        yield progress


def _brought_up(
    connection: Connection,
    events: list[Row],
    progress: Progress,
    secrets: Secrets,
    reference: Reference,
    client: Client,
    clock: Clock,
) -> Progress:
    """Bring one part of the log up, and note that it is done."""
    versions = event_log.derivations_of(connection, (event["seq"] for event in events))
    old = {event["seq"] for event in events if event["kind"] == PARCEL and versions[event["seq"]] < DERIVATION}
    texts = {seq: personal_held(connection, secrets.vault, seq) for seq in sorted(old)}
    derived = {
        event["seq"]: _derived(event, text, secrets, reference)
        for event in events
        if (text := texts.get(event["seq"])) is not None
    }
    changed = [*derived.values(), *_followers(connection, events, derived)]
    log_changes.replace_facts(connection, changed)
    replace_compared(connection, derived.values())
    if changed:
        seqs = sorted(event["seq"] for event in changed)
        note(connection, at_us=microseconds(clock()), client_id=client.client_id, action="derived anew", seqs=seqs)
    done = replace(
        progress,
        last_seq=events[-1]["seq"],
        n_derived=progress.n_derived + len(derived),
        n_kept=progress.n_kept + len(old) - len(derived),
        changed_to=event_log.last_seq(connection) if changed else progress.changed_to,
    )
    note_progress(connection, done)
    return done


def _derived(event: Row, text: dict[str, str], secrets: Secrets, reference: Reference) -> Row:
    made = derived_row({**event, **_NO_TEXT, **text}, secrets.identity, reference)
    return {**event, **{name: made[name] for name in DERIVED_SCHEMA}}


def _followers(connection: Connection, events: list[Row], derived: dict[int, Row]) -> list[Row]:
    """Outcomes and retractions that repeat other keys and facts than the event that they are about now has."""
    by_seq = {event["seq"]: event for event in events} | derived
    others = [event for event in events if event["kind"] in (OUTCOME, RETRACTION)]
    earlier = {event["subject_seq"] for event in others} - by_seq.keys()
    by_seq |= {event["seq"]: event for event in event_log.events_at(connection, earlier)}
    changed = []
    for event in others:
        subject = by_seq[event["subject_seq"]]
        names = KEYS if event["kind"] == OUTCOME else DERIVED_SCHEMA
        as_subject = {**event, **{name: subject[name] for name in names}}
        if as_subject != event:
            by_seq[event["seq"]] = as_subject
            changed.append(as_subject)
    return changed
