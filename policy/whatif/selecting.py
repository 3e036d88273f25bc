"""Which parcels a line with a fixed capacity would have selected: what must be, what chance draws, the highest scores.

`policy.decide` decides one batch with the threshold in force. Here the whole of each window is known, so that its
minutes are filled exactly: lists and rules first, then the budget of chance, then scores in strict order. A rule that
hits more takes minutes from scores: that is its displacement. Chance is not drawn but counted by its probability, so
that figures do not depend on a seed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from policy.capacity import Flags, LinePolicy
from policy.chance import Floats, weights
from policy.decide import raised
from policy.shifts import MINUTES
from policy.vocabulary import Referral
from policy.whatif.period import Ints, Period
from policy.whatif.windows import Windows

_GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True, kw_only=True)
class Source:
    """A rule or a list that selects by name.

    Attributes
    ----------
    referral:
        What a hit asks for.
    hits:
        Which parcels it hits, shape ``(n,)``.
    """

    name: str
    referral: Referral
    hits: Flags


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What is asked about.

    Attributes
    ----------
    policy:
        How chance draws: its random share and floor.
    sources:
        Rules and lists that ask for an inspection.
    trusted:
        Parcels that neither watch lists nor scores select, shape ``(n,)``; None when nobody is.
    stopped:
        Parcels for which the score is stopped: it selects none of them, and all are drawn alike, shape ``(n,)``; None
        when it is stopped for nobody.
    minutes:
        Of one inspection, by method.
    points:
        By which rules raise the score of each parcel, shape ``(n,)``, see `policy.decide.raised`; None when none does.
    most_points:
        Most of them that count.
    """

    policy: LinePolicy
    windows: Windows
    sources: Sequence[Source] = ()
    trusted: Flags | None = None
    stopped: Flags | None = None
    minutes: Mapping[Referral, float] = field(default_factory=lambda: dict(MINUTES))
    points: Floats | None = None
    most_points: float = 0.0

    def minutes_of(self, referral: Referral) -> float:
        """Minutes that a referral takes; the longest where it names no method."""
        return self.minutes.get(referral, max(self.minutes.values()))

    @property
    def must(self) -> Floats:
        """Minutes that sources ask for, shape ``(n,)``; 0 for what none of them hits."""
        found = np.zeros(self.windows.of.size)
        for source in self.sources:
            np.maximum(found, np.where(source.hits, self.minutes_of(source.referral), 0.0), out=found)
        return found


@dataclass(frozen=True, kw_only=True)
class Selected:
    """What would have been selected, shape ``(n,)`` each.

    Attributes
    ----------
    must, by_score:
        Selected by lists and rules, and by score.
    chance:
        Probability of being drawn among the others; 0 for those.
    overrun:
        Minutes of each window that lists and rules ask for beyond what it has, shape ``(windows,)``.
    """

    must: Flags
    by_score: Flags
    chance: Floats
    overrun: Floats

    @property
    def surely(self) -> Flags:
        """Selected whatever chance draws."""
        return self.must | self.by_score


class Selector:
    """Selects again and again over one period, with one model and capacity: the order of scores is made once."""

    def __init__(self, period: Period, candidate: Candidate) -> None:
        """Order parcels by window, and in it by score; among equals a fixed shuffle decides."""
        self._period, self._candidate, windows = period, candidate, candidate.windows
        points = candidate.points
        raw = period.raw if points is None else period.raw + raised(points, candidate.most_points)
        self._order = _order(raw, windows.of)
        in_order = windows.of[self._order]
        self._window = in_order
        self._starts = np.searchsorted(in_order, np.arange(windows.minutes.size))
        is_scored = ~np.isnan(period.raw)
        if candidate.stopped is not None:
            is_scored &= ~candidate.stopped
        self._by_score = is_scored if candidate.trusted is None else is_scored & ~candidate.trusted
        self._open = candidate.minutes_of(Referral.OPEN)
        self._drawn = windows.minutes * candidate.policy.random_share
        self._chance = self._chances(is_scored)

    def select(self, must: Floats) -> Selected:
        """Select, where `must` are minutes that lists and rules ask for, 0 for a parcel of which they ask nothing."""
        windows, is_must = self._candidate.windows, must > 0
        left = windows.minutes - windows.sums(must) - self._drawn
        slots = np.maximum(0, left // self._open).astype(np.int64)
        by_score = self._highest(self._by_score & ~is_must, slots)
        drawn = np.where(is_must | by_score, 0.0, self._chance)
        return Selected(must=is_must, by_score=by_score, chance=drawn, overrun=np.maximum(0.0, -left))

    def _highest(self, eligible: Flags, slots: Ints) -> Flags:
        """The first of the eligible in each window, as many as there are slots."""
        in_order = eligible[self._order]
        rank = np.cumsum(in_order)
        before = np.concatenate([[0], rank])[self._starts]
        found = np.zeros(eligible.size, dtype=np.bool_)
        found[self._order] = in_order & (rank - before[self._window] <= slots[self._window])
        return found

    def _chances(self, is_scored: Flags) -> Floats:
        """Probability that each parcel is drawn, by the budget of its window; without a score all are alike."""
        windows, period = self._candidate.windows, self._period
        n = np.maximum(1.0, windows.sums(np.ones(len(period))))
        budget = (self._drawn / self._open / n)[windows.of]
        weight = weights(self._candidate.policy.floor, np.where(is_scored, period.probability, 0.0), period.root)
        return np.minimum(1.0, np.where(is_scored, weight, 1.0) * budget)


def _order(raw: Floats, window: Ints) -> Ints:
    """Rows by window, and in it from the highest score to the lowest and to those without one.

    Two stable sorts of one key each take a third of the time of one by several keys.
    """
    shuffled = _shuffled(raw.size)
    by_score = shuffled[np.argsort(-raw[shuffled], kind="stable")]
    # Small numbers are sorted digit by digit.
    numbers = window[by_score].astype(np.int16 if window.max(initial=0) < 2**15 else np.int64)
    return np.asarray(by_score[np.argsort(numbers, kind="stable")])


def _shuffled(n: int) -> Ints:
    """Rows in a fixed order that follows nothing: steps of the golden section around a circle."""
    step = round(n * _GOLDEN)
    while math.gcd(step, n) > 1:
        step += 1
    return np.arange(n, dtype=np.int64) * step % max(1, n)
