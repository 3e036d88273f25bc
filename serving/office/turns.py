"""Whose turn it is to write: one at a time, and whoever lodges a single parcel before whoever works through a file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from features.parcel.problems import StoreBusy


class Turns:
    """A lock with two queues. Who may wait gets it only while nobody is in a hurry."""

    def __init__(self) -> None:
        """Nobody writes yet."""
        self._changed = threading.Condition(threading.Lock())
        self._is_taken = False
        self._n_hurried = 0

    @contextmanager
    def turn(self, *, can_wait: bool = False, within_s: float | None = None) -> Iterator[None]:
        """Wait for one's turn, for as long as it takes or `within_s` seconds, and hold it.

        Raises
        ------
        StoreBusy
            When it did not come in time.
        """
        self._take(within_s, can_wait=can_wait)
        try:
            yield
        finally:
            self.give_back()

    def _take(self, within_s: float | None, *, can_wait: bool) -> None:
        with self._changed:
            self._n_hurried += not can_wait
            try:
                if not self._changed.wait_for(
                    lambda: not self._is_taken and not (can_wait and self._n_hurried), within_s
                ):
                    raise StoreBusy("others write for too long. Nothing of this request was stored; send it again.")
                self._is_taken = True
            finally:
                self._n_hurried -= not can_wait

    def take_if_free(self) -> bool:
        """Take the turn if nobody has it; say whether it was taken, and give it back then."""
        with self._changed:
            is_free = not self._is_taken
            self._is_taken = True
            return is_free

    def give_back(self) -> None:
        """End one's turn."""
        with self._changed:
            self._is_taken = False
            self._changed.notify_all()
