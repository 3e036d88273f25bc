"""What parcels hold, found or not: estimates that count what the methods of inspection do not see.

Every other estimate speaks of *detectable* findings, those that the methods in use would make. With the sensitivity s
of the method that looked at a parcel, a finding in it stands for 1/s parcels with contraband. Two things then leave
doubt in addition to the draws: which of the parcels with contraband a method happened to see, and how well its
sensitivity is known. The latter moves all findings of a method alike and does not shrink with their number.

What no method sees at all is in no estimate, nor is mail that never came before anybody's eyes; and the estimate takes
it that whether a parcel is presented does not hang on what is in it, among those of one origin.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

import numpy as np
import polars as pl

from features.declared.declare import Floats
from features.handling import Sensitivity
from policy.estimates import LEVEL, Estimated, EstimatedFindings, Population, beyond_labels
from training.data.datasets import Flags, Ints

_Z_OF_ENDS = 1.645
"""The ends of a sensitivity are read as those of a 90 % interval."""
_LEAN = 5.0
"""Selected parcels of an origin that weigh as much as the mean of all origins."""


@dataclass(frozen=True, kw_only=True)
class Stratum:
    """Parcels that were selected in one way, such as the declared ones, or those that nobody had declared.

    Attributes
    ----------
    method:
        Number of the method that looked first at each parcel, shape ``(n,)``; read where there is a result.
    chosen:
        Parcels of the population that the estimate is about; default: all.
    """

    population: Population
    method: Ints
    chosen: Flags | None = None

    @property
    def asked(self) -> Flags:
        """Parcels that the estimate is about."""
        return np.ones(len(self.population), dtype=np.bool_) if self.chosen is None else self.chosen

    @property
    def found(self) -> Flags:
        """Findings in them."""
        return np.asarray(self.population.labelled & (self.population.label == 1) & self.asked)


def estimate_contents(
    strata: Sequence[Stratum], known: Mapping[int, Sensitivity] | None = None, *, level: float = LEVEL
) -> EstimatedFindings:
    """Estimate how many parcels hold contraband; without sensitivities, how many the methods in use would find it in.

    What is *missed* then is all contraband that was not found, in parcels with a result and in those without.

    Each stratum is estimated by itself, because one more finding among few draws counts for many parcels in one stratum
    and for few in another; what is not known of a sensitivity moves the findings of all of them alike.

    Parameters
    ----------
    known:
        Sensitivity of each method that occurs among the results.
    """
    parts = [_estimated(one, known or {}) for one in strata]
    doubt = sum(sum(_doubt(one, method, line) for one in strata) ** 2 for method, line in (known or {}).items())
    total = reduce(add, parts)
    missed = replace(total, variance=total.variance + doubt)
    n, n_found = _count(one.asked for one in strata), _count(one.found for one in strata)
    return EstimatedFindings(
        n_parcels=n,
        n_inspected=_count(one.population.labelled & one.asked for one in strata),
        n_found=n_found,
        missed=missed.interval(level, float(n - n_found)),
    )


def _count(rows: Iterable[Flags]) -> int:
    return sum(int(one.sum()) for one in rows)


def _estimated(stratum: Stratum, known: Mapping[int, Sensitivity]) -> Estimated:
    """Contraband that was not found in a stratum, looked at or not, before the doubt about sensitivities."""
    population = stratum.population
    found = population.labelled & (population.label == 1)
    share = np.ones(len(population))
    for method, line in known.items():
        share[stratum.method == method] = line.share
    points = np.where(found, 1.0 / share, 1.0)
    usual = float(share[population.labelled].mean()) if population.labelled.any() else 1.0
    mean = float(points[found].mean()) if found.any() else 1.0 / usual
    beyond = _beyond(stratum, points, mean)
    by_chance = float((population.weight() * (1.0 - share) / share**2)[stratum.found].sum())
    return replace(
        beyond, value=beyond.value + float((points[stratum.found] - 1.0).sum()), variance=beyond.variance + by_chance
    )


def _beyond(stratum: Stratum, points: Floats, mean: float) -> Estimated:
    """Contraband in the parcels without a result; where all have one, another finding counts for what is missed."""
    population = stratum.population
    if population.labelled[stratum.asked].all():
        return Estimated(value=0.0, variance=0.0, next_weight=mean - 1.0, is_by_few=False)
    beyond = beyond_labels(population, stratum.asked, points, mean)
    presented = np.broadcast_to(population.known_share, points.shape)
    return replace(beyond, next_weight=beyond.next_weight / float(presented.mean()))


def _doubt(stratum: Stratum, method: int, line: Sensitivity) -> float:
    """Standard deviation that the doubt about the sensitivity of a method brings to a stratum."""
    population = stratum.population
    found = stratum.found & (stratum.method == method)
    return float(population.weight()[found].sum()) / line.share**2 * _spread(line)


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
