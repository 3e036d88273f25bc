"""When parcels are lodged: days of unequal volume, and the hours at which manifests arrive."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from data.synthetic.drawing import Floats, Ints, weighted
from data.synthetic.settings import Drift, Season

DAY_S = 86_400
# Manifests arrive in hourly batches, most at night and in the morning; our assumption.
_HOURS = (5, 5, 6, 6, 5, 4, 4, 5, 6, 6, 5, 4, 4, 3, 3, 3, 3, 3, 3, 3, 4, 4, 5, 5)


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The window of a world, with the relative volume of each of its days."""

    first_on: dt.date
    volume: Floats

    @classmethod
    def of(cls, season: Season, n_days: int, end_on: dt.date) -> Calendar:
        """Calendar of the `n_days` days up to and including `end_on`."""
        first_on = end_on - dt.timedelta(days=n_days - 1)
        days = [first_on + dt.timedelta(days=day) for day in range(n_days)]
        months = {11: season.november_factor, 12: season.december_factor}
        volume = [(season.weekend_factor if day.weekday() >= 5 else 1.0) * months.get(day.month, 1.0) for day in days]
        return cls(first_on=first_on, volume=np.array(volume))

    @property
    def n_days(self) -> int:
        """Days in the window."""
        return self.volume.size

    @property
    def start_s(self) -> int:
        """First second of the window, since 1970, UTC."""
        return int(dt.datetime(self.first_on.year, self.first_on.month, self.first_on.day, tzinfo=dt.UTC).timestamp())

    def drifted(self, drifts: list[Drift]) -> Calendar:
        """Return the same window for a kind of vendor whose posting changes."""
        volume = self.volume.copy()
        day = np.arange(self.n_days)
        for drift in drifts:
            passed = np.clip((day - drift.at * self.n_days) / drift.days, 0.0, 1.0)
            volume *= 1.0 + passed * (drift.factor - 1.0)
        return Calendar(first_on=self.first_on, volume=volume)

    def times_between(self, rng: np.random.Generator, first_day: Floats, last_day: Floats) -> Ints:
        """One lodging time per row, in seconds since 1970, between two (fractional) days, by volume."""
        total = np.concatenate([[0.0], np.cumsum(self.volume)])
        edges = np.arange(self.n_days + 1, dtype=np.float64)
        low = np.interp(np.clip(first_day, 0, self.n_days), edges, total)
        high = np.interp(np.clip(last_day, 0, self.n_days), edges, total)
        day = np.interp(low + rng.random(low.size) * np.maximum(high - low, 1e-9), total, edges)
        return self.at_hours(rng, day)

    def at_hours(self, rng: np.random.Generator, day: Floats) -> Ints:
        """Put each (fractional) day at an hour of manifests; parcels of one manifest share its minute."""
        whole = np.minimum(day.astype(np.int64), self.n_days - 1)
        hour = weighted(rng, _HOURS, day.size)
        minute = 5 * rng.integers(0, 12, day.size)
        return np.asarray(self.start_s + whole * DAY_S + hour * 3600 + minute * 60)

    def day_of(self, at_s: Ints) -> Ints:
        """Day of the window, counted from 0."""
        return np.asarray((at_s - self.start_s) // DAY_S)
