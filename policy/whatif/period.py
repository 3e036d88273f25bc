"""Parcels of a period of the past: what was known of each when it was decided on, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from policy.capacity import Flags
from policy.chance import Floats
from policy.estimates import Population

Ints = npt.NDArray[np.int64]
_DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Grouped:
    """Which of some `names` each parcel belongs to: `codes` are their positions, shape ``(n,)``."""

    codes: Ints
    names: Sequence[str]

    def counts(self, weight: Floats | Flags) -> Floats:
        """Sum of `weight`, shape ``(n,)``, for each name."""
        summed = np.bincount(self.codes, weights=weight.astype(np.float64), minlength=len(self.names))
        return np.asarray(summed, dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class Period:
    """`n` parcels, each once, whatever the number of its versions; arrays of shape ``(n,)``.

    Attributes
    ----------
    at_us:
        When the office learned of it first, microseconds since 1970.
    raw, probability:
        Score and calibrated probability of the model that is asked about; NaN where it says nothing.
    root:
        Mean root of the probability on the lane of each parcel, see `policy.chance.chance`.
    label:
        1 found, 0 nothing found, -1 not examined.
    was_selected, was_propensity, was_minutes:
        Whether it was selected in fact, with what probability (NaN: not known), and minutes of what was asked for.
    sender:
        Numbers by which parcels of one sender hang together.
    lane, origin:
        Groups for which figures are given.
    """

    at_us: Ints
    raw: Floats
    probability: Floats
    root: Floats
    label: Ints
    was_selected: Flags
    was_propensity: Floats
    was_minutes: Floats
    sender: Ints
    lane: Grouped
    origin: Grouped

    def __len__(self) -> int:
        return int(self.at_us.size)

    @property
    def n_days(self) -> int:
        """Days, UTC, on which parcels came."""
        return len(np.unique(self.at_us // _DAY_US))

    @cached_property
    def population(self) -> Population:
        """The same for estimates; without a model it expects of every parcel what the examined ones had."""
        return Population(
            predicted=np.where(np.isnan(self.probability), self._mean, self.probability),
            label=self.label,
            propensity=self.was_propensity,
            is_selected=self.was_selected,
            day=self.at_us // _DAY_US,
            sender=self.sender,
        )

    @property
    def _mean(self) -> float:
        """Share of findings that the inverse of the propensities gives; 0 where nothing was examined."""
        known = (self.label >= 0) & (self.was_propensity > 0)
        weight = 1.0 / self.was_propensity[known]
        return float(np.average(self.label[known], weights=weight)) if known.any() else 0.0
