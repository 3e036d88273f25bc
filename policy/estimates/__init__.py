"""Estimates for the whole screened population from the few parcels that were inspected, with their intervals."""

from policy.estimates.doubly_robust import (
    SURE,
    Estimated,
    EstimatedFindings,
    Population,
    beyond_labels,
    estimate,
    share_of_total,
    utility,
)
from policy.estimates.intervals import LEVEL, Interval, half_width, weighted_count, wilson

__all__ = [
    "LEVEL",
    "SURE",
    "Estimated",
    "EstimatedFindings",
    "Interval",
    "Population",
    "beyond_labels",
    "estimate",
    "half_width",
    "share_of_total",
    "utility",
    "weighted_count",
    "wilson",
]
