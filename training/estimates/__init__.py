"""Estimates about the population of a data set: those of sets that hold one another, and of what inspections missed."""

from training.estimates.contents import Stratum, estimate_contents, presented_share
from training.estimates.nested import nested, rising
from training.estimates.populations import population_of
from training.estimates.undetected import by_method, missed

__all__ = [
    "Stratum",
    "by_method",
    "estimate_contents",
    "missed",
    "nested",
    "population_of",
    "presented_share",
    "rising",
]
