"""Checkpoints of the audit: the tree takes in what was written, and its root is signed; and proofs from that tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import structlog

from features.parcel.problems import ParcelRiskError, StoreError
from serving.office.checkpoints import Checkpoints, read_file
from serving.office.office import Office
from serving.office.persons import acting
from serving.store import Connection, Role, Store, audit
from serving.tlog.checkpoints import Checkpoint
from serving.tlog.entries import Entry
from serving.tlog.proofs import Consistency, Inclusion
from serving.tlog.tree import consistency_proof, inclusion_proof, root

_log = structlog.get_logger()
LOST = "audit entries lost"
"""Action of the entry which says that entries before it are gone."""
Begin = Callable[[], AbstractContextManager[Connection]]


def checkpoint(
    store: Store, write: Begin, kept: Checkpoints, is_stopped: Callable[[], bool] = lambda: False
) -> Checkpoint | None:
    """Take every entry into the tree and sign its root; None while there is no entry.

    Nobody waits long: `write` opens a short transaction for each portion. A tree that has not grown since the newest
    checkpoint keeps that.

    Raises
    ------
    StoreError
        When the tree does not continue the newest checkpoint: the audit was cut, changed, or an older backup restored.
    """
    before = kept.newest()
    while _has_more(store, before) and not is_stopped():
        with write() as connection:
            audit.grow(connection)
    with store.begin_read() as connection:
        size = audit.tree_size(connection)
        top = root(size, audit.nodes(connection))
    if size == (before.size if before is not None else 0):
        return before
    kept.keep(size, top)
    return kept.newest()


def _has_more(store: Store, before: Checkpoint | None) -> bool:
    """Whether there are entries to take in; refused where they would follow another tree than the one signed."""
    with store.begin_read() as connection:
        if before is not None and not _continues(connection, before):
            raise StoreError(
                f"the audit does not continue its checkpoint of {before.size:,} entries: it was cut or changed, or an "
                "older backup was restored. `parcel-risk audit verify` names the first bad entry; nothing was signed."
            )
        return bool(audit.entries(connection, after=audit.tree_size(connection), limit=1))


def _continues(connection: Connection, before: Checkpoint) -> bool:
    """Whether the tree begins with that of an earlier checkpoint."""
    is_as_long = before.size <= audit.tree_size(connection)
    return is_as_long and root(before.size, audit.nodes(connection)) == before.root


def record_loss(store: Store, kept: Checkpoints, lost: Checkpoint, name: str, *, at_us: int) -> Entry:
    """Record that entries under a checkpoint are lost, because an older backup was restored; return that entry.

    Its number, and all that follow, are larger than those of the lost entries: no number ever means two things. The
    checkpoints that the audit does not continue are set aside.

    Raises
    ------
    StoreError
        When nothing is lost, or `name` is neither a supervisor nor an administrator.
    """
    with store.begin() as connection:
        person = acting(connection, name, Role.SUPERVISOR, Role.ADMINISTRATOR, at_us=at_us)
        if _continues(connection, lost):
            raise StoreError("nothing is lost: the audit continues that checkpoint. Nothing was recorded.")
        last = audit.last_number(connection)
        left = f"{last} entries left; checkpoint of {lost.size} entries, root {lost.root.hex()}"
        others = [path for path in kept.files() if not _continues(connection, read_file(path))]
        number = max(last, lost.size, *(read_file(path).size for path in others)) + 1
        entry = Entry(number=number, at=at_us, who=person.client_id, action=LOST, detail=left)
        audit.insert_at(connection, entry)
    for path in others:
        kept.set_aside(path)
    return entry


def take_checkpoint(office: Office, kept: Checkpoints, is_stopped: Callable[[], bool] = lambda: False) -> None:
    """Make a checkpoint as the running service: as its writer, and after those who are in a hurry."""

    @contextmanager
    def write() -> Iterator[Connection]:
        with office.writer.transaction(can_wait=True) as transaction:
            yield transaction.connection

    checkpoint(office.store, write, kept, is_stopped)


def take_last_checkpoint(office: Office, kept: Checkpoints) -> None:
    """Make one at the end of a service; it ends in order without one, too."""
    try:
        take_checkpoint(office, kept)
    except ParcelRiskError as error:
        _log.error("audit not done", kind=type(error).__name__)


def prove(store: Store, kept: Checkpoints, number: int, under: Checkpoint | None = None) -> Inclusion:
    """Proof that an entry is in the tree of the newest checkpoint; where it is in none yet, one is made.

    `under` is another checkpoint of the log that holds the entry.

    Raises
    ------
    StoreError
        When there is no such entry, or the tree is not the one that was signed.
    """
    under = under or kept.newest()
    if under is None or under.size < number:
        under = checkpoint(store, store.begin, kept)
    with store.begin_read() as connection:
        entry = next(iter(audit.entries(connection, after=number - 1, limit=1)), None)
        if under is None or entry is None or entry.number != number:
            raise StoreError(f"the audit has no entry {number}. `parcel-risk audit show` lists them.")
        return _proof(connection, entry, under)


def _proof(connection: Connection, entry: Entry, under: Checkpoint) -> Inclusion:
    number = entry.number
    hashes = inclusion_proof(number - 1, under.size, audit.nodes(connection))
    proof = Inclusion(entry=entry, hashes=tuple(hashes), checkpoint=under)
    if not proof.holds:
        raise StoreError(f"entry {number} is not as it was signed. `parcel-risk audit verify` says what was changed.")
    return proof


def since(connection: Connection, before: Checkpoint, under: Checkpoint) -> Consistency:
    """Proof that the tree of a checkpoint continues that of an earlier one.

    Raises
    ------
    StoreError
        When it does not.
    """
    if before.size <= under.size:
        hashes = consistency_proof(before.size, under.size, audit.nodes(connection))
        proof = Consistency(before=before.size, hashes=tuple(hashes), checkpoint=under)
        if proof.continues(before):
            return proof
    raise StoreError(
        f"the audit does not continue that checkpoint of {before.size:,} entries. `parcel-risk audit verify FILE` with "
        "it names the first bad entry."
    )
