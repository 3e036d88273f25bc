"""What parcels hold, found or not: estimates that count what the methods of inspection do not see.

Every other estimate speaks of *detectable* findings, those that the methods in use would make. With the sensitivity s
of the method that looked at a parcel, a finding in it stands for 1/s parcels with contraband. Two things then leave
doubt in addition to the draws: which of the parcels with contraband a method happened to see, and how well its
sensitivity is known. The latter moves all findings of a method alike and does not shrink with their number.

What no method sees at all is in no estimate, nor is mail that never came before anybody's eyes; and the estimate takes
it that whether a parcel is presented does not hang on what is in it, among those of one origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from features.declared.declare import Floats
from features.handling import Sensitivity
from policy.estimates import LEVEL, Interval, Population, beyond_labels
from training.data.datasets import Flags, Ints

_Z_OF_ENDS = 1.645
"""The ends of a sensitivity are read as those of a 90 % interval."""
_LEAN = 5.0
"""Selected parcels of an origin that weigh as much as the mean of all origins."""


@dataclass(frozen=True, kw_only=True)
class EstimatedContents:
    """Parcels with contraband in a population: `n_found` are known, `missed` were not found, looked at or not."""

    n_parcels: int
    n_found: int
    missed: Interval

    @property
    def share(self) -> Interval:
        """Share of the parcels that hold contraband."""
        return self.missed.shifted(self.n_found).scaled(1.0 / max(1, self.n_parcels))


def estimate_contents(
    population: Population, method: Ints, known: Mapping[int, Sensitivity], *, level: float = LEVEL
) -> EstimatedContents:
    """Estimate how many parcels of a population hold contraband.

    Parameters
    ----------
    method:
        Number of the method that looked first at each parcel, shape ``(n,)``; read where there is a result.
    known:
        Sensitivity of each method that occurs among the results.
    """
    found = population.labelled & (population.label == 1)
    share = np.array([known[one].share if one in known else 1.0 for one in method.tolist()])
    points = np.where(found, 1.0 / share, 1.0)
    usual = float(share[population.labelled].mean()) if population.labelled.any() else 1.0
    mean = float(points[found].mean()) if found.any() else 1.0 / usual
    everything = np.ones(len(population), dtype=np.bool_)
    beyond = beyond_labels(population, everything, points, mean)
    unseen = float((points[found] - 1.0).sum())
    weight = population.weight()
    by_chance = float((weight * (1.0 - share) / share**2)[found].sum())
    by_doubt = sum(
        (float((weight / share)[found & (method == one)].sum()) * _spread(known[one]) / known[one].share) ** 2
        for one in known
    )
    return EstimatedContents(
        n_parcels=len(population),
        n_found=int(found.sum()),
        missed=beyond.plus(unseen, by_chance + by_doubt).interval(level, float(len(population))),
    )


def _spread(sensitivity: Sensitivity) -> float:
    return (sensitivity.high - sensitivity.low) / (2.0 * _Z_OF_ENDS)


def presented_share(is_selected: Flags, has_result: Flags, origin: pl.Series) -> Floats:
    """Share of the selected parcels of each parcel's origin that came to a result, shape ``(n,)``, 0..1.

    Posts differ in what they present. Of few selected parcels of an origin the share leans on that of all.
    """
    counts = pl.DataFrame({"origin": origin, "selected": is_selected, "result": is_selected & has_result})
    overall = float(has_result[is_selected].mean()) if is_selected.any() else 1.0
    n, k = (pl.col(name).sum().over("origin") for name in ("selected", "result"))
    share = counts.select(((k + _LEAN * overall) / (n + _LEAN)).alias("share"))["share"].to_numpy()
    return np.asarray(np.clip(share, 1e-3, 1.0), dtype=np.float64)
