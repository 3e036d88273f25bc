"""Seal the log in the background: a thread of the writer's process, whose transactions let others go first."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from serving.store import Store, sealing, segments
from serving.store.sealing import Begin

_log = structlog.get_logger()
SEGMENT = 50_000
"""Events of a segment, some seven megabytes. Up to twice as many stay in the tail, where most look-ups need them."""
_REST_S = 60.0
"""A failure is followed by so long without another try."""


class Sealing:
    """Seals when enough events have come, until it is closed."""

    def __init__(self, store: Store, write: Begin, *, size: int = SEGMENT) -> None:
        """Seal segments of `size` events; `write` opens a transaction of the writer that lets others go first."""
        self._store, self._write, self._size = store, write, size
        self._sealed_to = 0
        self._rest_until = 0.0
        self._ended = threading.Event()
        self._one = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Set aside and remove what a crash has left, as the only writer and before anybody else writes."""
        with self._store.begin_read() as connection:
            known = segments.chain(connection)
        self._sealed_to = known[-1].last_seq if known else 0
        n = self._store.segments.sweep({one.sha256 for one in known})
        if n:
            _log.warning("unknown segments set aside", n=n)
        if known:
            sealing.clear(self._write)

    def after(self, last_seq: int) -> None:
        """Begin to seal when so many events are committed that it is time."""
        is_due = last_seq - self._sealed_to >= 2 * self._size and time.monotonic() >= self._rest_until
        if is_due and self._store.segments.is_given and not self._is_working():
            self._thread = threading.Thread(target=self._run, name="sealing", daemon=True)
            self._thread.start()

    def _is_working(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        try:
            self.seal(keep=self._size, is_stopped=self._ended.is_set)
        except Exception as error:  # the log only stays longer in the database
            _log.error("log not sealed", kind=type(error).__name__)
            self._rest_until = time.monotonic() + _REST_S

    def seal(self, *, keep: int, is_stopped: Callable[[], bool] = lambda: False) -> None:
        """Seal whole segments until fewer than `keep` events and a segment are left in the tail.

        Raises
        ------
        StoreError
            When the log is damaged, or a segment cannot be written.
        """
        while not is_stopped():
            with self._one:
                if not self._sealed_one(keep):
                    return

    def _sealed_one(self, keep: int) -> bool:
        with self._store.begin_read() as connection:
            if sealing.n_unsealed(connection) < keep + self._size:
                return False
        done = sealing.seal(self._store.begin_read, self._write, self._store.segments, size=self._size)
        if done is not None:
            self._sealed_to = done.last_seq
        return True

    def close(self) -> None:
        """Wait for the thread, which ends behind the segment in hand."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
