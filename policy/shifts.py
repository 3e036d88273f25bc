"""Shifts: the hands and minutes that lines have, and what share of the parcels to come may be selected for them.

Parcels come at all hours; what came since one shift ended waits for the next one. So time is cut into windows, each
from the end of a shift to the end of the next, and the share is such that more are selected in a window than the shift
can inspect with at most a stated probability. It is cut again while the window lasts: from what has come and was
selected by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property

import numpy as np

from policy.capacity import LinePolicy
from policy.chance import Floats
from policy.forecast import Forecast, exceeded, most_expected
from policy.seeds import beginning_us, day_of
from policy.vocabulary import Referral

_MINUTE_US = 60_000_000
_DAY_MINUTES = 1_440
MINUTES = {Referral.SPOT_CHECK: 2.0, Referral.XRAY: 1.5, Referral.OPEN: 12.0}
"""Minutes of one inspection by method, of one officer. [ours]: until an office has measured its own."""
_AIM = 0.5
"""Part of the stated probability of overflow that each cut aims at, because each of them may be wrong. With the whole
of it up to 8 of 100 simulated shifts, cut every hour, overflowed where 5 were stated; with half of it 2 to 4."""
LEAST_CHANGE = 0.05
"""A share that differs by less than this from the one in force is left as it is."""


@dataclass(frozen=True, kw_only=True)
class Shift:
    """One shift of a line, on some weekdays.

    Attributes
    ----------
    weekdays:
        Days on which it begins, Monday 0.
    begins, ends:
        Minutes of the day, UTC; one that ends before it begins ends on the next day.
    hands:
        Officers who inspect.
    """

    line: str
    weekdays: frozenset[int]
    begins: int
    ends: int
    hands: float

    def __post_init__(self) -> None:
        """Refuse what is no shift."""
        if not self.weekdays or not self.weekdays <= set(range(7)):
            raise ValueError(f"line {self.line}: weekdays are some of 0 (Monday) to 6 (Sunday)")
        if not (0 <= self.begins < _DAY_MINUTES and 0 <= self.ends < _DAY_MINUTES and self.begins != self.ends):
            raise ValueError(f"line {self.line}: a shift begins and ends at two times of the day, 0:00 to 23:59")
        if not 0 < self.hands <= 10_000:
            raise ValueError(f"line {self.line}: hands are more than none")

    @property
    def minutes(self) -> float:
        """Minutes of work of all hands."""
        return self.hands * ((self.ends - self.begins) % _DAY_MINUTES)

    def end_us(self, day: date) -> int | None:
        """When the shift that begins on `day` ends; None where none does."""
        if day.weekday() not in self.weekdays:
            return None
        later = _DAY_MINUTES if self.ends < self.begins else 0
        return beginning_us(day) + (self.ends + later) * _MINUTE_US


@dataclass(frozen=True, kw_only=True)
class Window:
    """From the end of a shift to the end of the next one, microseconds since 1970; `minutes` of work at its end."""

    since_us: int
    until_us: int
    minutes: float


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """What all lines of an office can inspect, as it is saved.

    Attributes
    ----------
    overflow:
        Probability, 0..1, with which more may be selected in a window than can be inspected.
    minutes:
        Of one inspection, by method.
    holidays:
        Days on which no shift begins, and as much comes as on a Sunday.
    """

    shifts: tuple[Shift, ...]
    overflow: float = 0.05
    minutes: Mapping[Referral, float] = field(default_factory=lambda: dict(MINUTES))
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        """Refuse what gives no capacity."""
        if not self.shifts:
            raise ValueError("there is no shift; give one at least")
        if not 0 < self.overflow <= 0.5:
            raise ValueError(f"overflow is {self.overflow}; it is a probability above 0 and at most 0.5")
        for method, minutes in self.minutes.items():
            if not 0 < minutes <= _DAY_MINUTES:
                raise ValueError(f"minutes of {method} are {minutes}; they lie above 0 and within a day")

    def window(self, at_us: int) -> Window | None:
        """The window that a time is in; None where no shift is due within two weeks before or after."""
        ends = self._ends(day_of(at_us))
        later = [end for end in ends if end > at_us]
        before = [end for end in ends if end <= at_us]
        if not later or not before:
            return None
        return Window(since_us=before[-1], until_us=later[0], minutes=ends[later[0]])

    def _ends(self, about: date) -> dict[int, float]:
        """Ends of shifts around a day, in order, each with the minutes of the shifts that end then."""
        found: dict[int, float] = {}
        for ahead in range(-15, 16):
            day = about + timedelta(days=ahead)
            for shift in () if day in self.holidays else self.shifts:
                end_us = shift.end_us(day)
                if end_us is not None:
                    found[end_us] = found.get(end_us, 0.0) + shift.minutes
        return dict(sorted(found.items()))

    @cached_property
    def _otherwise(self) -> float:
        return max(self.minutes.values())

    def work(self, referrals: Mapping[Referral, int]) -> float:
        """Minutes that referrals take; those that name no method count like the longest one."""
        asked = {one: n for one, n in referrals.items() if one.asks_inspection}
        return sum(n * self.minutes.get(one, self._otherwise) for one, n in asked.items())


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What has come: `n_today` parcels since 0:00 UTC, None where that is not known, and `referrals` in the window."""

    n_today: int | None
    referrals: Mapping[Referral, int]


@dataclass(frozen=True, kw_only=True)
class Habits:
    """What an office is used to: see `habits_of`.

    Attributes
    ----------
    minutes:
        Mean minutes of one inspection.
    must_share:
        Share of all parcels that lists and rules select.
    """

    minutes: float
    must_share: float


@dataclass(frozen=True, kw_only=True)
class Cut:
    """The share that may be selected from now to the end of a window, and what follows from it.

    Attributes
    ----------
    share:
        Of the parcels still to come, for their score or at random, 0..1.
    random_share:
        Part of it that is drawn; it grows where little is left for scores, because chance keeps its budget.
    expected:
        Parcels still to come.
    left:
        Inspections that are left.
    overflow:
        Probability that more are selected than can be inspected, if the share stays.
    """

    window: Window
    share: float
    random_share: float
    expected: float
    left: int
    overflow: float

    def of(self, policy: LinePolicy) -> LinePolicy:
        """The policy with this share."""
        return replace(policy, capacity_share=self.share, random_share=self.random_share)


def cut(
    capacity: Capacity, window: Window, volume: Forecast, policy: LinePolicy, habits: Habits, *, at_us: int, seen: Seen
) -> Cut:
    """What may be selected from now on, so that the shift overflows with the stated probability at most.

    The budget of chance is set when the window begins and stays: what is cut is the score's part. What has come today
    says how busy the day is, and with it what is still to come.
    """
    all_of_it = int(window.minutes / habits.minutes)
    begun = _share(all_of_it, *volume.rest(window.since_us, window.until_us), capacity, habits)
    drawn = begun * policy.random_share
    left = int((window.minutes - capacity.work(seen.referrals)) / habits.minutes)
    expected, shape = volume.rest(at_us, window.until_us, seen.n_today)
    share = min(1.0, max(_share(left, expected, shape, capacity, habits), drawn))
    selected = expected * (share + habits.must_share)
    return Cut(
        window=window,
        share=share,
        random_share=min(1.0, drawn / share) if share else policy.random_share,
        expected=expected,
        left=left,
        overflow=exceeded(left, selected, shape),
    )


def _share(left: int, expected: float, shape: float, capacity: Capacity, habits: Habits) -> float:
    """Share for score and chance together, after what lists and rules will select."""
    most = most_expected(left, shape, capacity.overflow * _AIM)
    return min(1.0, max(0.0, most / expected - habits.must_share)) if expected > 0 else 1.0


def is_news(before: LinePolicy, after: LinePolicy) -> bool:
    """Whether a new cut differs enough from the one in force to be noted."""
    return abs(after.capacity_share - before.capacity_share) > LEAST_CHANGE * max(before.capacity_share, 1e-12)


def order(raw: Floats, draw: Floats) -> np.ndarray:
    """Rows in strict total order: by raw score, highest first, and among equals by their draw, lowest first.

    So no two parcels share a rank, nobody chooses between equals, and the order does not depend on that of arrival.
    """
    return np.lexsort((draw, -raw))


def tie_share(raw: Floats, n: int) -> float:
    """Share of `n` selected parcels that only their draw chose: equals of theirs were let go, 0..1."""
    if not 0 < n < raw.size:
        return 0.0
    descending = np.sort(raw)[::-1]
    last = descending[n - 1]
    if descending[n] != last:
        return 0.0
    return float((descending[:n] == last).sum() / n)


def parsed_time(text: str) -> int:
    """Minutes of the day of a time such as ``06:30``.

    Raises
    ------
    ValueError
        When it is none.
    """
    at = datetime.strptime(text, "%H:%M")  # noqa: DTZ007  # a time of the day has no zone
    return at.hour * 60 + at.minute
