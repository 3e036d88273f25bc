"""A thread that waits for the disk while the caller does something else.

It does nothing but that one call, so that it does not compete for the interpreter with whoever has asked.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread


class Flush:
    """One time that the disk is waited for; a `concurrent.futures.Future` takes twenty calls for it."""

    def __init__(self) -> None:
        """Not done yet."""
        self._done = Lock()
        self._done.acquire()
        self._error: BaseException | None = None

    def end(self, error: BaseException | None = None) -> None:
        """It is done, or has failed."""
        self._error = error
        self._done.release()

    def wait(self) -> None:
        """Wait until what was written before is durable; raises what went wrong. May be called again."""
        with self._done:
            error = self._error
        if error is not None:
            raise error


class Flushing:
    """Runs `flush` each time it is asked to."""

    def __init__(self, flush: Callable[[], None]) -> None:
        """Wait to be asked."""
        self._flush = flush
        self._asked: SimpleQueue[Flush | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="flushing", daemon=True)
        self._thread.start()

    def begin(self) -> Flush:
        """Flush what was written before; what is returned is waited for."""
        flush = Flush()
        self._asked.put(flush)
        return flush

    def close(self) -> None:
        """Finish what was asked for, and end."""
        self._asked.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (done := self._asked.get()) is not None:
            try:
                self._flush()
            except BaseException as error:  # whoever has asked gets it, whatever it is
                done.end(error)
            else:
                done.end()
