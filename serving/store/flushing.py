"""A thread that waits for the disk while the caller does something else.

It does nothing but that one call, so that it does not compete for the interpreter with whoever has asked.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread


class Flushing:
    """Runs `flush` each time it is asked to."""

    def __init__(self, flush: Callable[[], None]) -> None:
        """Wait to be asked."""
        self._flush = flush
        self._asked: SimpleQueue[Future[None] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="flushing", daemon=True)
        self._thread.start()

    def begin(self) -> Future[None]:
        """Flush what was written before; the future is done when it is durable, or holds what went wrong."""
        done: Future[None] = Future()
        self._asked.put(done)
        return done

    def close(self) -> None:
        """Finish what was asked for, and end."""
        self._asked.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (done := self._asked.get()) is not None:
            try:
                self._flush()
            except BaseException as error:  # whoever has asked gets it, whatever it is
                done.set_exception(error)
            else:
                done.set_result(None)
