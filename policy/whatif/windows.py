"""Windows of a line over a period: which parcels each is about, and how many minutes of work it has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policy.chance import Floats
from policy.shifts import MINUTES, Capacity
from policy.vocabulary import Referral
from policy.whatif.period import Ints

_DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Windows:
    """Window of each parcel, shape ``(n,)``, and minutes of work of each window."""

    of: Ints
    minutes: Floats

    def sums(self, weight: Floats) -> Floats:
        """Sum of `weight`, shape ``(n,)``, for each window."""
        return np.asarray(np.bincount(self.of, weights=weight, minlength=self.minutes.size), dtype=np.float64)


def windows_of_days(at_us: Ints, share: float, minutes: float = MINUTES[Referral.OPEN]) -> Windows:
    """Days, UTC, each of which opens `share` of its parcels at `minutes` each."""
    _, of = np.unique(at_us // _DAY_US, return_inverse=True)
    return Windows(of.astype(np.int64), np.bincount(of).astype(np.float64) * share * minutes)


def windows_of_shifts(at_us: Ints, capacity: Capacity) -> Windows:
    """Windows of the shifts, see `policy.shifts`; what no shift within two weeks would inspect has no minutes."""
    ends, minutes = [], []
    at, last = (int(at_us.min()), int(at_us.max())) if at_us.size else (0, -1)
    while at <= last:
        window = capacity.window(at)
        at = at + _DAY_US if window is None else window.until_us
        ends.append(at)
        minutes.append(0.0 if window is None else window.minutes)
    of = np.searchsorted(np.array(ends, dtype=np.int64), at_us, side="right")
    return Windows(of.astype(np.int64), np.array(minutes, dtype=np.float64))
