"""Something that is done now and then, in the background, until the office closes."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

_log = structlog.get_logger()


class Regularly:
    """A thread that does something every so many seconds; `problem` says why it failed last, if it did."""

    def __init__(self, name: str, seconds: float, do: Callable[[Callable[[], bool]], object]) -> None:
        """Begin at once. `do` is given a function that says whether it is to end: it asks where it takes long."""
        self.name, self._seconds, self._do = name, seconds, do
        self.problem: str | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                self._do(self._stop.is_set)
                self.problem = None
            except Exception as error:  # the store may be busy, the disk full
                self.problem = f"failed ({type(error).__name__}), and is tried again"
                _log.error(f"{self.name} not done", kind=type(error).__name__)
            if self._stop.wait(self._seconds):
                return

    @property
    def is_alive(self) -> bool:
        """Whether it is done any more."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End the thread, before the office closes."""
        self._stop.set()
        self._thread.join()
