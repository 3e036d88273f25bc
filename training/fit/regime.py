"""The capacity of a fit follows the number of findings that it can learn from.

*Few*: what stops the fit is then chance, not the data, and interactions are learned from single parcels. Trees of one
split come first, each of a few features drawn at random: together they are a linear model on binned features, bound to
the directions that features declare, shrunken and spread over all that tells. Deeper trees are fitted on top of it, and
there is a least number of both. All of it is one LightGBM model, served as any other.

*Many*: every tree is ordinary and larger.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from training.fit.booster import Options

FEW_FOUND = 300
"""Findings below which main effects come first. [ours]"""
MANY_FOUND = 3_000
"""Findings from which trees are larger and none has random thresholds. [ours]"""
MAIN_EFFECTS = 200
LEAST_TREES = 100
LARGER = {"num_leaves": 63}


class Size(StrEnum):
    """How much there is to learn from."""

    FEW = "few"
    SOME = "some"
    MANY = "many"


@dataclass(frozen=True, kw_only=True)
class Regime:
    """How a model is fitted, given the findings that may be fitted on before the tune slice."""

    size: Size
    n_found: int

    @classmethod
    def of(cls, n_found: int) -> Regime:
        """Regime for so many findings."""
        size = Size.FEW if n_found < FEW_FOUND else Size.SOME if n_found < MANY_FOUND else Size.MANY
        return cls(size=size, n_found=n_found)

    def fitted(self, options: Options) -> Options:
        """Options of the regime; parameters that were asked for stay."""
        if self.size is Size.FEW:
            return replace(options, main_effects=MAIN_EFFECTS, least_trees=MAIN_EFFECTS + LEAST_TREES)
        if self.size is Size.MANY:
            return replace(options, alternate=False, params={**LARGER, **options.params})
        return options

    @property
    def says(self) -> str:
        """What was done and why, in a sentence."""
        done = {
            Size.FEW: f"fewer than {FEW_FOUND}: {MAIN_EFFECTS} trees of one split come first, at least {LEAST_TREES} "
            "deeper ones follow",
            Size.SOME: "ordinary trees and trees with random thresholds take turns",
            Size.MANY: f"{MANY_FOUND:,} or more: all trees are ordinary, of {LARGER['num_leaves']} leaves",
        }
        return f"{self.size}: {self.n_found:,} findings before the tune slice; {done[self.size]}"
