"""Confidence intervals that hold when findings are rare: for shares, and for weighted counts."""

from __future__ import annotations

import math
from dataclasses import dataclass

LEVEL = 0.9
"""Level of every interval in reports."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An estimate with the ends of its interval."""

    value: float
    low: float
    high: float

    @property
    def width(self) -> float:
        """Distance between the ends."""
        return self.high - self.low

    def holds(self, truth: float) -> bool:
        """Whether `truth` lies inside."""
        return self.low <= truth <= self.high

    def scaled(self, factor: float) -> Interval:
        """All three numbers times a positive `factor`."""
        return Interval(value=self.value * factor, low=self.low * factor, high=self.high * factor)

    def shifted(self, by: float) -> Interval:
        """All three numbers plus `by`."""
        return Interval(value=self.value + by, low=self.low + by, high=self.high + by)

    def capped(self, most: float) -> Interval:
        """All three numbers, none above `most`."""
        return Interval(value=min(self.value, most), low=min(self.low, most), high=min(self.high, most))


def wilson(n_found: int, n: int, level: float = LEVEL) -> Interval:
    """Wilson's score interval of a share (Wilson 1927): it also holds for few findings among many, and for none.

    Without any inspection the interval is the whole of 0..1.
    """
    from scipy.special import ndtri

    if n == 0:
        return Interval(value=float("nan"), low=0.0, high=1.0)
    z = float(ndtri(0.5 + level / 2))
    share = n_found / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Interval(value=share, low=max(0.0, min(share, middle - half)), high=min(1.0, max(share, middle + half)))


def weighted_count(total: float, variance: float, next_weight: float, level: float = LEVEL) -> Interval:
    """Interval of a weighted count by a gamma distribution.

    The gamma intervals of Fay and Feuer (1997) are made for weighted sums of rare events, but too wide; this is their
    middle, as the interval of Jeffreys is for a plain count: both ends come from one distribution, whose count holds
    half of one more finding. Where the spread is much larger than the count, a gamma distribution has nearly all of its
    mass at zero; the upper end is therefore never below that of a normal one.

    Parameters
    ----------
    total:
        Estimated count; below 0 counts as 0.
    variance:
        Its estimated variance.
    next_weight:
        Weight that one more finding would have: what the upper end allows for findings that chance kept away.
    """
    tail = (1.0 - level) / 2.0
    value = max(0.0, total)
    mean, spread = value + next_weight / 2.0, variance + next_weight**2 / 2.0
    low = _gamma_quantile(tail, mean, spread) if value > 0 else 0.0
    return Interval(
        value=value,
        low=min(low, value),
        high=max(_gamma_quantile(1.0 - tail, mean, spread), value + half_width(variance, level)),
    )


def half_width(variance: float, level: float = LEVEL) -> float:
    """Half the width of a normal interval."""
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 2)) * math.sqrt(max(0.0, variance))


def _gamma_quantile(share: float, mean: float, variance: float) -> float:
    from scipy.special import gammaincinv

    if variance <= 0.0 or mean <= 0.0:
        return max(0.0, mean)
    return float(gammaincinv(mean * mean / variance, share)) * (variance / mean)
