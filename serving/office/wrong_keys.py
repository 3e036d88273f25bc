"""Keys that were wrong: who sends too many of them is made to wait, and the audit says that it happened.

A key holds 256 random bits and is found by nobody who tries; but who tries should be noticed, and keep nobody busy.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import ip_address, ip_network

import structlog

from serving.office.office import Office
from serving.store.read_spool import Look
from serving.store.times import microseconds

_log = structlog.get_logger()
MOST, WINDOW_S = 20, 60.0
"""So many wrong keys within so many seconds come from people who mistype."""
_PLACES = 10_000
"""Places that are remembered: who has many addresses must not fill the memory."""


class WrongKeys:
    """Wrong keys of the last minute, by the network address that they came from; addresses stay in memory only.

    Parameters
    ----------
    noticed:
        Called when an address has sent too many, at most once a minute.
    clock:
        Seconds; they never run backwards.
    """

    def __init__(self, noticed: Callable[[], None], clock: Callable[[], float] = time.monotonic) -> None:
        """Nobody has sent one yet."""
        self._noticed, self._clock = noticed, clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._noticed_at = -WINDOW_S
        self._lock = threading.Lock()

    def add(self, address: str) -> int:
        """Count one more from `address`; whole seconds that it has to wait, 0 while there are not too many."""
        now, place = self._clock(), _place(address)
        with self._lock:
            times = self._times.setdefault(place, deque(maxlen=MOST + 1))
            self._times.move_to_end(place)
            if len(self._times) > _PLACES:
                self._times.popitem(last=False)
            times.append(now)
            wait_s = _wait_s(times, now)
            is_news = wait_s > 0 and now >= self._noticed_at + WINDOW_S
            if is_news:
                self._noticed_at = now
        if is_news:
            self._noticed()
        return max(0, math.ceil(wait_s))

    def wait_s(self, address: str) -> int:
        """Whole seconds that `address` has to wait before what it sends is looked at."""
        with self._lock:
            return max(0, math.ceil(_wait_s(self._times.get(_place(address), deque()), self._clock())))


def _place(address: str) -> str:
    """Where an address is: of IPv6 the network of 64 bits, of which one connection has all addresses."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 4 or found.ipv4_mapped is not None:
        return str(found if found.version == 4 else found.ipv4_mapped)
    return str(ip_network((found, 64), strict=False))


def _wait_s(times: deque[float], now: float) -> float:
    return times[0] + WINDOW_S - now if len(times) > MOST else 0.0


def note_wrong_keys(office: Office) -> None:
    """Write into the audit that too many wrong keys came; not from where, which may be somebody's home."""
    at_us = microseconds(office.clock())
    office.writer.reads.add(Look(at_us=at_us, client_id="unknown", action="wrong keys", seqs=[]))
    _log.warning("wrong keys", most=MOST, seconds=WINDOW_S)
