"""Estimates for the screened population, from the few parcels that were inspected.

The model predicts every parcel that has no label; the inspected correct it, each with the inverse of the probability
with which it was selected (doubly robust estimation; Robins, Rotnitzky and Zhao 1994). On average over the draws a
wrong model does not shift an estimate, as long as the propensities are right and every parcel could be drawn; it makes
the interval wider. Where hardly a draw fell among the parcels in question the estimate is the model's, and the interval
says so by its width. What was found is known; only what was *missed* is uncertain, so intervals are made for the missed
alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from policy.capacity import Flags
from policy.chance import Floats
from policy.estimates.intervals import LEVEL, Interval, half_width, weighted_count

Ints = npt.NDArray[np.int64]
SURE = 0.999
"""Propensity from which a parcel counts as selected for sure."""
FEW_DRAWS = 30
"""With fewer draws among the parcels that an estimate is about, what the model itself leaves open counts as well."""


@dataclass(frozen=True, kw_only=True)
class Population:
    """Every parcel of a period, arrays of shape ``(n,)``.

    Attributes
    ----------
    predicted:
        Calibrated probability of a finding, 0..1. It must not have been fitted on the labels below.
    label:
        1 found, 0 nothing found, -1 no result.
    propensity:
        Probability of the selection; needed where there is a label. NaN elsewhere when the log alone is known; then the
        intervals for a part of the population are wider.
    is_selected:
        Parcels known to have been selected, presented or not.
    day, sender:
        Numbers of the clusters in which outcomes hang together.
    known_share:
        Share of the labels of this kind and age that is known so far, see `training.data.maturity`; default: all.
    """

    predicted: Floats
    label: Ints
    propensity: Floats
    is_selected: Flags
    day: Ints
    sender: Ints
    known_share: Floats | float = 1.0

    def __len__(self) -> int:
        return int(self.label.size)

    def part(self, rows: Flags) -> Population:
        """The population of some of the parcels."""
        known = np.broadcast_to(self.known_share, rows.shape)
        given = {name: value for name, value in vars(self).items() if name in _ARRAYS}
        return Population(**{name: value[rows] for name, value in given.items()}, known_share=known[rows])

    @cached_property
    def labelled(self) -> Flags:
        """Parcels with a result whose propensity is known."""
        return np.asarray((self.label >= 0) & (self.propensity > 0))

    @cached_property
    def is_sure(self) -> Flags:
        """Parcels that were surely selected, presented or not."""
        return np.asarray(self.is_selected & (self.propensity >= SURE))

    def weight(self) -> Floats:
        """How many parcels of the population each labelled one represents; 0 for the others.

        Some selected parcels are never presented, and some results are lost, whatever is in them. Among the surely
        selected and among the drawn, the labelled therefore represent the others: weights of the drawn are scaled so
        that they add up to the parcels that they were drawn from (Hajek's estimator).
        """
        sure, labelled = self.is_sure, self.labelled
        weight = np.zeros(len(self))
        for stratum in (sure, ~sure):
            rows = labelled & stratum
            raw = 1.0 / (self.propensity * self.known_share)[rows]
            weight[rows] = raw * (stratum.sum() / raw.sum()) if raw.size else raw
        return np.where(labelled, np.maximum(weight, 1.0), 0.0)


_ARRAYS = frozenset(Population.__dataclass_fields__) - {"known_share"}


@dataclass(frozen=True, kw_only=True)
class EstimatedFindings:
    """What a set of parcels holds: `n_found` of it was found, `missed` is estimated.

    Attributes
    ----------
    n_parcels, n_inspected:
        Parcels of the set, and those with a result.
    """

    n_parcels: int
    n_inspected: int
    n_found: int
    missed: Interval

    @property
    def total(self) -> Interval:
        """Findings that inspecting every parcel of the set would have made."""
        return self.missed.shifted(self.n_found)

    @property
    def finding_share(self) -> Interval:
        """The same as a share of the set's parcels."""
        return self.total.scaled(1.0 / max(1, self.n_parcels))

    @property
    def missed_share(self) -> Interval:
        """Share of findings among the parcels that were not inspected."""
        return self.missed.scaled(1.0 / max(1, self.n_parcels - self.n_inspected))

    @property
    def recall(self) -> Interval:
        """Share of all findings that was found."""

        def share(missed: float) -> float:
            return self.n_found / (self.n_found + missed) if self.n_found + missed > 0 else 0.0

        low = share(self.missed.high)
        return Interval(value=share(self.missed.value), low=low, high=share(self.missed.low))


def estimate(population: Population, rows: Flags | None = None, *, level: float = LEVEL) -> EstimatedFindings:
    """Estimate what the parcels `rows` (default: all) hold.

    With `rows` the parcels that a challenger would select, the total is the challenger's yield before it runs.
    """
    chosen = np.ones(len(population), dtype=np.bool_) if rows is None else rows
    labelled = population.labelled & chosen
    return EstimatedFindings(
        n_parcels=int(chosen.sum()),
        n_inspected=int(labelled.sum()),
        n_found=int((population.label[labelled] == 1).sum()),
        missed=_missed(population, chosen, np.ones(len(population)), 1.0, level),
    )


def utility(population: Population, points: Floats, rows: Flags | None = None, *, level: float = LEVEL) -> Interval:
    """Severity-weighted value that inspecting every parcel of `rows` (default: all) would have brought.

    Parameters
    ----------
    points:
        Severity-weighted value of the finding in each parcel, shape ``(n,)``; read where something was found. A finding
        that nobody made is expected to have the mean value of those that were made.
    """
    chosen = np.ones(len(population), dtype=np.bool_) if rows is None else rows
    found = population.labelled & (population.label == 1)
    mean = float(points[found].mean()) if found.any() else 1.0
    known = float(points[found & chosen].sum())
    return _missed(population, chosen, np.where(found, points, mean), mean, level).shifted(known)


def share_of_total(part: EstimatedFindings, rest: EstimatedFindings) -> Interval:
    """Share of all findings that `part` holds, compared with the `rest` of the population.

    The ends set the low end of the one against the high end of the other, so the interval is rather too wide.
    """

    def share(of_part: float, of_rest: float) -> float:
        return of_part / (of_part + of_rest) if of_part + of_rest > 0 else 0.0

    one, other = part.total, rest.total
    return Interval(
        value=share(one.value, other.value), low=share(one.low, other.high), high=share(one.high, other.low)
    )


@dataclass(frozen=True, kw_only=True)
class Estimated:
    """A weighted count before it has an interval: what is needed to add something to it.

    Attributes
    ----------
    next_weight:
        What one more finding would count.
    is_by_few:
        Whether hardly a draw fell among the parcels in question, so that the model's own doubt counts.
    """

    value: float
    variance: float
    next_weight: float
    is_by_few: bool

    def __add__(self, other: Estimated) -> Estimated:
        """Sum of two independent counts; the upper end allows for one more finding in each."""
        return Estimated(
            value=self.value + other.value,
            variance=self.variance + other.variance,
            next_weight=self.next_weight + other.next_weight,
            is_by_few=self.is_by_few or other.is_by_few,
        )

    def interval(self, level: float, most: float) -> Interval:
        """Its interval, nothing above `most`."""
        interval = weighted_count(self.value, self.variance, self.next_weight, level)
        if self.is_by_few:
            low = max(0.0, min(interval.low, self.value - half_width(self.variance, level)))
            interval = Interval(value=interval.value, low=low, high=interval.high)
        return interval.capped(most)


def _missed(population: Population, chosen: Flags, points: Floats, mean: float, level: float) -> Interval:
    """Points in those of the `chosen` parcels that have no result; `mean` are expected of a finding."""
    unlabelled = chosen & ~population.labelled
    if not unlabelled.any():
        return Interval(value=0.0, low=0.0, high=0.0)
    most = float(unlabelled.sum()) * max(mean, float(points[population.labelled].max(initial=0.0)))
    return beyond_labels(population, chosen, points, mean).interval(level, most)


def beyond_labels(population: Population, chosen: Flags, points: Floats, mean: float) -> Estimated:
    """Estimate the points in those of the `chosen` parcels that have no result; `mean` are expected of a finding."""
    weight = population.weight()
    labelled, unlabelled = population.labelled & chosen, chosen & ~population.labelled
    expected = population.predicted[unlabelled]
    residual = ((population.label == 1) * points)[labelled] - mean * population.predicted[labelled]
    next_weight = _next_weight(population, weight, chosen)
    variance = _variance(population, labelled, weight[labelled], residual)
    is_by_few = bool((labelled & ~population.is_sure).sum() < FEW_DRAWS)
    if is_by_few:
        variance = max(variance, mean**2 * next_weight * float((expected * (1.0 - expected)).sum()))
    return Estimated(
        value=mean * float(expected.sum()) + float(((weight[labelled] - 1.0) * residual).sum()),
        variance=variance,
        next_weight=mean * next_weight,
        is_by_few=is_by_few,
    )


def _variance(population: Population, labelled: Flags, weight: Floats, residual: Floats) -> float:
    """Variance of the estimate where results of a day and of a sender hang together.

    Clustered both ways (Cameron, Gelbach and Miller 2011), and never below the smallest of its three parts.
    """
    parts = np.sqrt(weight * (weight - 1.0)) * residual
    alone = float((parts**2).sum())
    day, sender = (_clustered(parts, cluster[labelled]) for cluster in (population.day, population.sender))
    return max(day + sender - alone, min(alone, day, sender))


def _clustered(parts: Floats, cluster: Ints) -> float:
    _, index = np.unique(cluster, return_inverse=True)
    return float((np.bincount(index, weights=parts) ** 2).sum()) if parts.size else 0.0


def _next_weight(population: Population, weight: Floats, chosen: Flags) -> float:
    """Mean weight that one more finding among the drawn would have, as far as the model can tell."""
    sure = population.is_sure
    known = chosen & ~sure & (population.propensity > 0) & (population.propensity < SURE)
    if np.isfinite(population.propensity).all() and known.any():
        expected = np.maximum(population.predicted[known], 1e-12)
        beyond = float((expected * (1.0 - population.propensity[known])).sum())
        return beyond / float((expected * population.propensity[known]).sum())
    drawn = (weight > 1.0) & ~sure
    if not drawn.any():
        return float(len(population))
    return float(np.average(weight[drawn] - 1.0, weights=np.maximum(population.predicted[drawn], 1e-12)))
