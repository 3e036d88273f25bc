"""When the person of each session was last there: a station that nobody uses is locked.

It is kept in memory, because a look-up must need no write. A session that this process has not seen yet counts from
when its person last proved who is there, so that a restart unlocks nothing.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

_MOST = 10_000
"""Sessions that are remembered; the one that was used least recently is forgotten, and has to be unlocked."""


class LastSeen:
    """When each session was used last.

    Parameters
    ----------
    minutes:
        A session that was not used for so long is locked; 0: never.
    clock:
        Seconds; they never run backwards.
    """

    def __init__(self, minutes: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Nobody was seen yet."""
        self._idle_s, self._clock = minutes * 60.0, clock
        self._seen: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, token: str) -> None:
        """Its person is there."""
        with self._lock:
            self._seen[token] = self._clock()
            self._seen.move_to_end(token)
            if len(self._seen) > _MOST:
                self._seen.popitem(last=False)

    def forget(self, token: str) -> None:
        """It is locked, or over."""
        with self._lock:
            self._seen.pop(token, None)

    def is_locked(self, token: str, *, unlocked_us: int, at_us: int) -> bool:
        """Whether its person has to prove again who is there; `unlocked_us` is when that was last done, 0 for never."""
        if not unlocked_us:
            return True
        if not self._idle_s:
            return False
        with self._lock:
            seen = self._seen.get(token)
        idle_s = (at_us - unlocked_us) / 1e6 if seen is None else self._clock() - seen
        return idle_s > self._idle_s
