"""How good answers are at this moment: the levels of the failure ladder, left only some time after their cause.

Level 1: no approved model, or one that is not to be believed; rules, lists and draws decide, marked as degraded.
Level 3: the store cannot be read or written. Nothing is lodged; whatever cannot be looked up is checked by hand.
Level 2, no history, is not reached: no service answers before its history is the replay of its log. Level 4, nothing
at all, is what a station says by itself when no server answers. No level says that a parcel is cleared.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum

import structlog

_log = structlog.get_logger()
HOLD_S = 60.0
"""Seconds without its cause after which a level is left: what comes and goes is not reported as well."""

LOOK_S = 5.0
"""Seconds between two looks at what is missing."""


class Level(IntEnum):
    """What is missing."""

    WHOLE = 0
    NO_MODEL = 1
    NO_HISTORY = 2
    NO_STORE = 3
    NOTHING = 4


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The level at a moment.

    Attributes
    ----------
    reason:
        Its cause as a sentence, also while that is gone and the level is still held.
    is_held:
        Whether the cause is gone.
    """

    level: Level
    reason: str = ""
    is_held: bool = False


class Ladder:
    """The level of a service. It rises at once, and falls `hold_s` seconds after its cause has gone."""

    def __init__(self, steady: Callable[[], float] = time.monotonic, *, hold_s: float = HOLD_S) -> None:
        """Nothing is known to be missing, and nothing is known to have been there for long."""
        self._steady, self._hold_s = steady, hold_s
        self._lock = threading.Lock()
        self._seen: dict[Level, tuple[float, str]] = {}
        self._whole_since: float | None = None
        self.now = Standing(level=Level.WHOLE)

    def see(self, causes: Mapping[Level, str]) -> Standing:
        """Take note of what is missing now, and return the level."""
        with self._lock:
            at, before = self._steady(), self.now
            self._seen |= {level: (at, reason) for level, reason in causes.items()}
            held = {level: one for level, one in self._seen.items() if level in causes or at - one[0] < self._hold_s}
            level = max(held, default=Level.WHOLE)
            self._seen = held
            self.now = Standing(
                level=level, reason=held[level][1] if held else "", is_held=bool(held) and level not in causes
            )
            if level is not Level.WHOLE:
                self._whole_since = None
            elif self._whole_since is None:
                self._whole_since = at
        if level is not before.level:
            _log.warning("degraded level", n=int(level), reason=self.now.reason)
        return self.now

    @property
    def is_whole_for_long(self) -> bool:
        """Whether nothing has been missing for as long as a level is held: then degraded answers are given again."""
        since = self._whole_since
        return since is not None and self._steady() - since >= self._hold_s
