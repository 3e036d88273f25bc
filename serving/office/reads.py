"""Looks are written to the audit without keeping anybody waiting: at once where nobody writes, else from a spool."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from features.parcel.problems import StoreError
from serving.office.turns import Turns
from serving.store import Connection, Store
from serving.store.database import note
from serving.store.read_spool import Look, ReadSpool

_log = structlog.get_logger()
More = Callable[[Connection], None]
RETRY_S = 5.0
"""Seconds until what could not be written is tried again."""
PATIENCE_S = 0.2
"""So long a look waits for another process that writes to the database."""


class Reads:
    """What was looked at and is not in the audit yet.

    Parameters
    ----------
    turns:
        Whose turn it is to write: a look takes it only where nobody has it.
    path:
        File of the spool.
    """

    def __init__(self, store: Store, turns: Turns, path: Path) -> None:
        """Begin with what an earlier process has left in the spool."""
        self._store, self._turns = store, turns
        self._lock = threading.Lock()
        self._spool = ReadSpool(path)
        self._pending: list[tuple[Look, More | None]] = [(look, None) for look in self._spool.looks()]
        self.problem: str | None = None

    @property
    def n_pending(self) -> int:
        """Looks that are not in the audit yet."""
        return len(self._pending)

    def add(self, look: Look, more: More | None = None) -> bool:
        """Write a look to the audit now or later; False where it could be kept nowhere: then nothing personal is shown.

        `more` is written with it, and is lost with the process where that ends before.
        """
        if not self.problem and self._turns.take_if_free():
            try:
                return self._written([(look, more)]) or self._kept(look, more)
            finally:
                self._turns.give_back()
        is_kept = self._kept(look, more)
        if not self.problem:
            self.write_pending()
        return is_kept

    def write_pending(self) -> None:
        """Move what is pending to the audit, unless somebody writes: that one does it behind his transaction."""
        while self._pending and self._turns.take_if_free():
            try:
                if not self._written([]):
                    return
            finally:
                self._turns.give_back()

    def _kept(self, look: Look, more: More | None) -> bool:
        if self._store.is_replaced:  # the spool is another process's now
            return False
        with self._lock:
            try:
                self._spool.add(look)
            except StoreError as error:
                self.problem = str(error)
                _log.error("look not kept", kind=type(error).__name__)
                return False
            self._pending.append((look, more))
            return True

    def _written(self, fresh: list[tuple[Look, More | None]]) -> bool:
        """Write what is pending and `fresh` in one transaction; the caller has the turn."""
        with self._lock:
            wanted = [*self._pending, *fresh]
            try:
                with self._store.begin(patience_s=PATIENCE_S) as connection:
                    for look, more in wanted:
                        if more is not None:
                            more(connection)
                        note(connection, at_us=look.at_us, client_id=look.client_id, action=look.action, seqs=look.seqs)
            except StoreError as error:
                self.problem = str(error)
                _log.error("audit waits", kind=type(error).__name__, n=len(wanted))
                return False
            self._pending.clear()
            self._spool.clear()
            self.problem = None
            return True

    def retry(self) -> None:
        """Try again after a failure."""
        if self.problem and self._turns.take_if_free():
            try:
                self._written([])
            finally:
                self._turns.give_back()

    def close(self) -> None:
        """Write what is pending; what cannot be written stays in the spool. The caller has the turn."""
        if self._pending:
            self._written([])
        self._spool.close()
