"""Remove feature rows that need not be kept, in the background and in small portions, so that nobody waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import structlog

from serving.office.office import Office
from serving.store.rows import is_due, sweep
from serving.store.times import microseconds

_log = structlog.get_logger()
_PORTION = 2_000
"""Scores of one transaction: some ten milliseconds."""
_EVERY_S = 600.0


def sweep_rows(office: Office, days: int, is_stopped: Callable[[], bool] = lambda: False) -> None:
    """Remove rows of scores that are older than `days`, but those that are kept for ever."""
    before_us = microseconds(office.clock() - timedelta(days=days))
    with office.store.begin_read() as connection:
        more = is_due(connection, before_us=before_us)
    while more and not is_stopped():
        with office.writer.transaction(can_wait=True) as transaction:
            more = sweep(transaction.connection, before_us=before_us, limit=_PORTION)


class RowKeeping:
    """A thread that sweeps now and then until it is stopped."""

    def __init__(self, office: Office, days: int) -> None:
        """Begin at once."""
        self._office, self._days = office, days
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feature rows", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                sweep_rows(self._office, self._days, self._stop.is_set)
            except Exception as error:  # rows that stay longer do no harm; the store may be busy
                _log.error("feature rows not swept", kind=type(error).__name__)
            if self._stop.wait(_EVERY_S):
                return

    def stop(self) -> None:
        """End the thread before the office closes."""
        self._stop.set()
        self._thread.join()
