"""How fast each client sends: what it has left of its minute, and how long it waits when nothing is left.

A generic cell rate: one number for each client, so that a limit costs no memory for each request. It is counted in this
process; another process that answers counts for itself.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

WINDOW_S = 60
_MOST = 10_000


@dataclass(frozen=True, kw_only=True)
class Left:
    """What a client has left behind a request.

    Attributes
    ----------
    per_minute:
        Its limit.
    n:
        Requests that it may send at once.
    reset_s:
        Seconds until it may send the whole of its limit again.
    wait_s:
        Seconds until the refused request may be sent again; 0 where it was let through.
    """

    per_minute: int
    n: int
    reset_s: int
    wait_s: int

    def headers(self) -> dict[str, str]:
        """Fields as in the draft of the IETF on rate limits, and `Retry-After` where it has to wait."""
        fields = {
            "RateLimit-Policy": f'"requests";q={self.per_minute};w={WINDOW_S}',
            "RateLimit": f'"requests";r={self.n};t={self.reset_s}',
        }
        return fields | ({"Retry-After": str(self.wait_s)} if self.wait_s else {})


class Rates:
    """Requests of each client within the last minute.

    Parameters
    ----------
    clock:
        Seconds; they never run backwards.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nobody has sent one yet."""
        self._clock, self._lock = clock, threading.Lock()
        self._free_at: OrderedDict[str, float] = OrderedDict()

    def take(self, client: str, per_minute: int) -> Left:
        """Count one request of a client; one that has to wait is not counted."""
        step, now = WINDOW_S / per_minute, self._clock()
        with self._lock:
            free_at = max(self._free_at.get(client, now), now) + step
            wait_s = free_at - now - WINDOW_S
            is_let_through = wait_s <= 1e-9
            if is_let_through:
                self._free_at[client] = free_at
                self._free_at.move_to_end(client)
                if len(self._free_at) > _MOST:
                    self._free_at.popitem(last=False)
        used_s = (free_at if is_let_through else free_at - step) - now
        n = max(0, math.floor((WINDOW_S - used_s) / step + 1e-6)) if is_let_through else 0
        wait = 0 if is_let_through else max(1, math.ceil(wait_s))
        return Left(per_minute=per_minute, n=n, reset_s=math.ceil(used_s), wait_s=wait)
