"""Estimates for sets that hold one another, such as the parcels opened at growing capacities, made coherent.

Each set is estimated by itself, so that by chance a larger one may seem to hold less. The estimates are therefore
brought into the nearest rising order (isotonic regression by pooling neighbours; Ayer and others 1955), where a narrow
interval counts for more than a wide one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sklearn.isotonic import isotonic_regression

from policy.estimates import EstimatedFindings, Interval

_NARROWEST = 1e-9


def rising(intervals: Sequence[Interval]) -> list[Interval]:
    """The same estimates, of growing sets, of which none is below that of a smaller set; nor are their ends."""
    weight = 1.0 / np.maximum([interval.width for interval in intervals], _NARROWEST) ** 2
    ends = [
        isotonic_regression([getattr(interval, end) for interval in intervals], sample_weight=weight)
        for end in ("value", "low", "high")
    ]
    return [
        Interval(value=float(value), low=float(low), high=float(high)) for value, low, high in zip(*ends, strict=True)
    ]


def nested(estimates: Sequence[EstimatedFindings]) -> list[EstimatedFindings]:
    """The same estimates, of sets each of which holds the one before, whose totals rise; what was found stays."""
    totals = rising([estimated.total for estimated in estimates])
    return [
        replace(estimated, missed=_above_zero(total.shifted(-estimated.n_found)))
        for estimated, total in zip(estimates, totals, strict=True)
    ]


def _above_zero(interval: Interval) -> Interval:
    return Interval(value=max(0.0, interval.value), low=max(0.0, interval.low), high=max(0.0, interval.high))
