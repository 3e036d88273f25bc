"""Whose turn it is to write: one at a time, and whoever lodges a single parcel before whoever works through a file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """A lock with two queues. Who may wait gets it only while nobody is in a hurry."""

    def __init__(self) -> None:
        """Nobody writes yet."""
        self._changed = threading.Condition(threading.Lock())
        self._is_taken = False
        self._n_hurried = 0

    @contextmanager
    def turn(self, *, can_wait: bool = False) -> Iterator[None]:
        """Wait for one's turn and hold it."""
        self._take(can_wait=can_wait)
        try:
            yield
        finally:
            self.give_back()

    def _take(self, *, can_wait: bool) -> None:
        with self._changed:
            self._n_hurried += not can_wait
            try:
                while self._is_taken or (can_wait and self._n_hurried):
                    self._changed.wait()
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
