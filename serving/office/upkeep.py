"""What the office does by itself while the service runs: a thread that does each task now and then."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import structlog

_log = structlog.get_logger()
_EVERY_S = 60.0
IsStopped = Callable[[], bool]
Task = Callable[[IsStopped], None]
"""One task; one that takes long asks now and then whether the service stops."""


class Upkeep:
    """A thread that does its tasks one after the other, once a minute, until it is stopped.

    A task that fails is logged and tried again: the store may be busy.
    """

    def __init__(self, tasks: Mapping[str, Task]) -> None:
        """Begin at once with `tasks`, each by the name under which its failures are logged."""
        self._tasks = tasks
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            for name, task in self._tasks.items():
                self._do(name, task)
            if self._stop.wait(_EVERY_S):
                return

    def _do(self, name: str, task: Task) -> None:
        try:
            task(self._stop.is_set)
        except Exception as error:  # none of them may end the others
            _log.error("upkeep failed", task=name, kind=type(error).__name__)

    def stop(self) -> None:
        """End the thread before the office closes."""
        self._stop.set()
        self._thread.join()
