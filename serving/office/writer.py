"""The writer: one lock, one transaction, one history. Whatever changes the store goes through `Writer.transaction`.

What a transaction adds to the history is staged apart from it, and published when the database has committed. A
transaction that fails, or is interrupted at any moment, leaves nothing in memory. When nobody knows whether a commit
came through, the log is asked before the next transaction begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from features.catalogue import FeatureRows
from features.event_rows import Row, numbered
from features.history import Staging
from features.parcel.problems import StoreError
from features.replay import feature_rows
from serving.office.precedence import Precedence
from serving.office.reads import Reads
from serving.office.recovery import Followed, Snapshots
from serving.office.sealing import SEGMENT, Sealing
from serving.office.turns import Turns
from serving.store import Connection, Store, identifiers
from serving.store import log as event_log

Clock = Callable[[], datetime]
HURRIED_S = 10.0
"""Seconds for which whoever is answered at once may wait for a turn to write."""
BULK_S = 30.0
"""Likewise for a part of a manifest or file."""


def now() -> datetime:
    """Time of the office's clock."""
    return datetime.now(UTC)


def _at_once() -> None:
    """Let nobody go first."""


@dataclass(frozen=True, kw_only=True)
class Transaction:
    """What is written through it becomes valid as a whole, or not at all.

    Attributes
    ----------
    connection:
        Of the database.
    clock:
        Where ``known_at`` comes from.
    give_way:
        To be called between two steps of some milliseconds: lets others go first if this transaction can wait.
    """

    connection: Connection
    clock: Clock
    staging: Staging
    give_way: Callable[[], None]

    def append(self, events: Sequence[Row]) -> tuple[list[Row], FeatureRows]:
        """Number `events`, write them to the log, replay them; return them with the feature rows of their parcels."""
        log = numbered(events, self.staging.last_seq + 1)
        self.give_way()
        computed = feature_rows(log, self.staging)
        self.give_way()
        self._write(log)
        return log, computed

    def record(self, events: Sequence[Row]) -> list[Row]:
        """Do as `append` where nobody reads the feature rows: outcomes, and parcels of the past."""
        log = numbered(events, self.staging.last_seq + 1)
        self.staging.advance(log)
        self._write(log)
        return log

    def _write(self, log: Sequence[Row]) -> None:
        event_log.append(self.connection, log)
        self.give_way()
        identifiers.index(self.connection, log)


class Writer:
    """Owns the order of the log and the history in memory.

    Parameters
    ----------
    store:
        It becomes the single writer of this store.
    folder:
        Of the snapshots of the history.
    n_segment:
        Events of a segment of the log.
    followed:
        The history as a standby has followed it; None to take it from the newest snapshot.

    Attributes
    ----------
    precedence:
        Whoever asks something comes before transactions that can wait.
    reads:
        Where it is written down who looked at what.
    problem:
        Why the newest transaction failed in the store; None where it did not.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        clock: Clock = now,
        *,
        n_segment: int = SEGMENT,
        followed: Followed | None = None,
    ) -> None:
        """Become the writer, and bring the history to the end of the log."""
        self.clock = clock
        self._store = store
        self._turns, self.precedence = Turns(), Precedence()
        self._unsettled: Staging | None = None
        self.problem: str | None = None
        self.reads = Reads(store, self._turns, folder / "reads.spool")
        store.become_writer()
        with store.begin_read() as connection:
            known = followed or Followed(connection, folder)
            known.follow(connection)
        self._engine = known.engine
        self._snapshots = Snapshots(store, folder, known.covered)
        self.sealing = Sealing(store, self._in_background, size=n_segment)
        self.sealing.begin()
        self.sealing.after(self._engine.last_seq)

    @property
    def last_seq(self) -> int:
        """Sequence number of the last event that the history knows."""
        return self._engine.last_seq

    def n_entities(self) -> dict[str, int]:
        """Count the entities known so far, by kind."""
        return self._engine.n_entities()

    def n_bytes(self) -> int:
        """Bytes of the history in memory."""
        return self._engine.n_bytes()

    def digest(self) -> str:
        """Digest of the whole history: equal for equal logs, however they were written."""
        with self._turns.turn():
            self._settle()
            return self._engine.digest()

    @contextmanager
    def transaction(self, *, can_wait: bool = False, within_s: float | None = None) -> Iterator[Transaction]:
        """Begin; commit and publish at the end, or leave no trace. Who `can_wait` lets others go first.

        A turn is waited for `within_s` seconds: by default `HURRIED_S`, and without an end by who can wait.

        An error of the commit itself means that nobody knows whether it came through: read again before repeating.
        """
        try:
            turn = self._turns.turn(can_wait=can_wait, within_s=within_s or (None if can_wait else HURRIED_S))
            with turn, self._noted(), self._begun(self.precedence.give_way if can_wait else _at_once) as transaction:
                yield transaction
        finally:
            self.reads.write_pending()

    @contextmanager
    def _begun(self, give_way: Callable[[], None]) -> Iterator[Transaction]:
        self._settle()
        staging = self._engine.staging()
        with self._store.begin() as connection:
            yield Transaction(connection=connection, clock=self.clock, staging=staging, give_way=give_way)
            self._unsettled = staging
        self._publish(staging)
        self._snapshots.after(self._engine)
        self.sealing.after(self._engine.last_seq)

    @contextmanager
    def _noted(self) -> Iterator[None]:
        """Note whether the store failed; that a turn did not come is no failure of it."""
        try:
            yield
            self.problem = None
        except StoreError as error:
            self.problem = str(error)
            raise

    @contextmanager
    def _in_background(self) -> Iterator[Connection]:
        with self.transaction(can_wait=True) as transaction:
            yield transaction.connection

    def _publish(self, staging: Staging) -> None:
        # Until it is published the staging is kept: after an interrupt it is published again, which harms nothing.
        staging.publish()
        self._unsettled = None

    def _settle(self) -> None:
        """Publish or drop what an interrupted transaction has left, whichever the log says."""
        if self._unsettled is None:
            return
        # As a writer: what another one has written since may bear the same sequence numbers.
        with self._store.begin() as connection:
            last = event_log.last_seq(connection)
        if last == self._unsettled.last_seq:
            self._publish(self._unsettled)
        self._unsettled = None

    def close(self) -> None:
        """Keep a snapshot, so that the next start is quick, and release the writer lock."""
        self.sealing.close()
        with self._turns.turn():
            try:
                self._settle()
                self.reads.close()
                self._snapshots.close(self._engine)
            finally:
                self._store.close()
