"""Estimates for the whole screened population from the few parcels that were inspected, with their intervals."""

from training.estimates.doubly_robust import (
    EstimatedFindings,
    Population,
    estimate,
    population_of,
    share_of_total,
    utility,
)
from training.estimates.intervals import Interval, weighted_count, wilson

__all__ = [
    "EstimatedFindings",
    "Interval",
    "Population",
    "estimate",
    "population_of",
    "share_of_total",
    "utility",
    "weighted_count",
    "wilson",
]
