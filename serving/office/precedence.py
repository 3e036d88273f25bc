"""Who waits for an answer comes before who works through a file, even where neither wants a lock.

They share an interpreter. A look-up needs some milliseconds of it, and next to a thread that computes it gets half. So
whoever works through a file stops between two steps while somebody asks, for at most half of the time.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

MOST_S = 0.025
"""Seconds for which work stops at once."""
STEP_S = 0.0005
"""Seconds between two looks whether somebody still asks."""

NICE = 10
"""How much who works through a file yields the processors: on an idle machine the file takes no longer."""


def come_after_others(task: int | None = None) -> None:
    """Let the process `task` get the processors after others; this thread where none is given and the system can."""
    if task is None and sys.platform != "linux":
        return
    with suppress(OSError):  # it has ended
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id() if task is None else task, NICE)


class Precedence:
    """Counts who asks, and stops who can wait."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Nobody asks yet."""
        self._clock, self._sleep = clock, sleep
        self._n_asking = 0
        self._not_before = clock()

    def asked(self) -> Callable[[], None]:
        """Somebody asks, until what is returned is called, which may happen more than once; from one thread only."""
        self._n_asking += 1
        is_open = True

        def answered() -> None:
            nonlocal is_open
            self._n_asking -= is_open
            is_open = False

        return answered

    def give_way(self) -> None:
        """Wait until nobody asks, for at most `MOST_S`; then for as long as that, do not wait again."""
        if not self._n_asking:
            return
        began = self._clock()
        if began < self._not_before:
            return
        while self._n_asking and self._clock() < began + MOST_S:
            self._sleep(STEP_S)
        ended = self._clock()
        self._not_before = ended + (ended - began)
