"""Whose turn it is to write: one at a time, and whoever lodges a single parcel before whoever works through a file."""

from __future__ import annotations

import threading


class Turns:
    """A lock with two queues. Who may wait gets it only while nobody is in a hurry."""

    def __init__(self) -> None:
        """Nobody writes yet."""
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._is_taken = False
        self._n_hurried = self._n_waiting = 0

    def turn(self, *, can_wait: bool = False) -> _Turn:
        """Turn that is waited for, and held, in a ``with`` statement."""
        return _Turn(self, can_wait=can_wait)

    def take(self, *, can_wait: bool) -> None:
        """Wait for one's turn; give it back."""
        with self._lock:
            if self._is_taken or (can_wait and self._n_hurried):
                self._wait(can_wait=can_wait)
            self._is_taken = True

    def _wait(self, *, can_wait: bool) -> None:
        self._n_hurried += not can_wait
        self._n_waiting += 1
        try:
            while self._is_taken or (can_wait and self._n_hurried):
                self._changed.wait()
        finally:
            self._n_waiting -= 1
            self._n_hurried -= not can_wait

    def take_if_free(self) -> bool:
        """Take the turn if nobody has it; say whether it was taken, and give it back then."""
        with self._lock:
            is_free = not self._is_taken
            self._is_taken = True
            return is_free

    def give_back(self) -> None:
        """End one's turn."""
        with self._lock:
            self._is_taken = False
            if self._n_waiting:
                self._changed.notify_all()


class _Turn:
    """One turn."""

    def __init__(self, turns: Turns, *, can_wait: bool) -> None:
        self._turns, self._can_wait = turns, can_wait

    def __enter__(self) -> None:
        self._turns.take(can_wait=self._can_wait)

    def __exit__(self, *_: object) -> None:
        self._turns.give_back()
