"""How many parcels will come, and how unsure that is: means by hour of the week, days that are busier or calmer alike.

The number of parcels of a day is negative binomial: Poisson around a mean that a factor of the day multiplies. The
factor has mean 1 and is learned as the day goes; how much it varies is measured on the days of the past.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from policy.chance import Floats
from policy.seeds import day_of

HOUR_US = 3_600_000_000
WEEK_HOURS = 168
LEAST_DAYS = 14
"""Days of the past below which there is no forecast: each weekday was seen twice."""
_EPOCH_WEEKDAY = 3
"""1 January 1970 was a Thursday, with Monday as 0."""
_SUNDAY = 6


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Expected parcels.

    Attributes
    ----------
    by_hour:
        Mean number of parcels in each hour of the week, from Monday 0:00 UTC, shape ``(168,)``.
    shape:
        Of the gamma distribution of the factor of a day: its variance is one over it. Infinite where days vary no more
        than chance makes them.
    holidays:
        Days on which as much comes as on a Sunday.
    n_days:
        Days of the past that it was made of.
    """

    by_hour: Floats
    shape: float
    holidays: frozenset[date] = frozenset()
    n_days: int = 0

    def mean(self, since_us: int, until_us: int) -> float:
        """Expected parcels between two times, microseconds since 1970; hours that are cut count by their part."""
        if until_us <= since_us:
            return 0.0
        hours = np.arange(since_us // HOUR_US, -(-until_us // HOUR_US), dtype=np.int64)
        part = np.minimum((hours + 1) * HOUR_US, until_us) - np.maximum(hours * HOUR_US, since_us)
        return float((self.by_hour[self._hours_of_week(hours)] * (part / HOUR_US)).sum())

    def rest(self, since_us: int, until_us: int, n_today: int | None = None) -> tuple[float, float]:
        """Mean and shape of what is still to come, where `n_today` parcels have come since 0:00 UTC; None: unknown.

        The factor of today is known better by them; those of the days after are as unsure as ever. The sum of several
        days is taken as negative binomial with the same mean and variance.
        """
        means, shapes = [], []
        for begins, ends in _days(since_us, until_us):
            mean, shape = self.mean(begins, ends), self.shape
            if n_today is not None and begins == since_us and np.isfinite(shape):
                so_far = self.mean(_midnight(since_us), since_us)
                mean, shape = mean * (shape + n_today) / (shape + so_far), shape + n_today
            means.append(mean)
            shapes.append(shape)
        total, spread = sum(means), sum(mean**2 / shape for mean, shape in zip(means, shapes, strict=True))
        return total, total**2 / spread if spread > 0 else float("inf")

    def _hours_of_week(self, hours: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        weekday = (hours // 24 + _EPOCH_WEEKDAY) % 7
        if self.holidays:
            is_holiday = [day_of(int(hour) * HOUR_US) in self.holidays for hour in hours]
            weekday = np.where(is_holiday, _SUNDAY, weekday)
        return weekday * 24 + hours % 24


def _midnight(at_us: int) -> int:
    return at_us - at_us % (24 * HOUR_US)


def _days(since_us: int, until_us: int) -> Iterator[tuple[int, int]]:
    """The time between, cut at midnight UTC."""
    while since_us < until_us:
        ends = min(until_us, _midnight(since_us) + 24 * HOUR_US)
        yield since_us, ends
        since_us = ends


def forecast(counts: npt.NDArray[np.int64], first_hour: int, holidays: Collection[date] = ()) -> Forecast | None:
    """Forecast from the parcels of past hours; None where there are too few days.

    Parameters
    ----------
    counts:
        Parcels in each hour, without gaps, shape ``(n,)``; only whole days count.
    first_hour:
        Hours since 1970 of the first of them.
    """
    skipped = -first_hour % 24
    days = (counts.size - skipped) // 24
    if days < LEAST_DAYS:
        return None
    table = counts[skipped : skipped + days * 24].reshape(days, 24).astype(np.float64)
    first_day = (first_hour + skipped) // 24
    weekday = (first_day + np.arange(days) + _EPOCH_WEEKDAY) % 7
    is_holiday = np.array([day_of((first_day + day) * 24 * HOUR_US) in holidays for day in range(days)])
    weekday = np.where(is_holiday, _SUNDAY, weekday)
    by_hour = np.array(
        [table[weekday == day].mean(axis=0) if (weekday == day).any() else np.zeros(24) for day in range(7)]
    )
    return Forecast(
        by_hour=by_hour.reshape(WEEK_HOURS),
        shape=_shape(table.sum(axis=1), weekday),
        holidays=frozenset(holidays),
        n_days=days,
    )


def _shape(totals: Floats, weekday: npt.NDArray[np.int64]) -> float:
    """Shape of the factor of a day, by what totals vary more than chance makes them, over all weekdays together.

    A mean of n days is itself unsure: a new day deviates from it by 1 + 1/n times the variance.
    """
    excess, n = 0.0, 0
    for day in range(7):
        seen = totals[weekday == day]
        if seen.size > 1 and seen.mean() > 0:
            mean, spread = seen.mean(), seen.var(ddof=1) * (1 + 1 / seen.size)
            excess += seen.size * (spread - mean) / mean**2
            n += seen.size
    relative = excess / n if n else 0.0
    return 1.0 / relative if relative > 1e-9 else float("inf")


def exceeded(limit: int, mean: float, shape: float) -> float:
    """Probability that more than `limit` come where `mean` are expected, 0..1.

    Negative binomial with variance ``mean + mean**2 / shape``; Poisson where `shape` is infinite.
    """
    from scipy.special import betainc, gammainc

    if limit < 0:
        return 1.0
    if mean <= 0:
        return 0.0
    if np.isinf(shape):
        return float(gammainc(limit + 1, mean))
    return float(betainc(limit + 1, shape, mean / (mean + shape)))


def most_expected(limit: int, shape: float, overflow: float) -> float:
    """Largest mean at which more than `limit` come with a probability of at most `overflow`."""
    from scipy.special import betaincinv, gammaincinv

    if limit < 0:
        return 0.0
    if np.isinf(shape):
        return float(gammaincinv(limit + 1, overflow))
    odds = float(betaincinv(limit + 1, shape, overflow))
    return shape * odds / (1.0 - odds)
