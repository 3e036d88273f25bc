"""What inspections have missed in the parcels that they looked at, by the sensitivity of the method of each.

A clean result of a weak method is a weak label: of what x-ray looked at and called clean, some holds contraband. With a
share s of it found, every finding represents 1/s parcels with contraband, of which (1 - s)/s were missed. Without known
sensitivities every other estimate speaks of *detectable* findings: those that the methods used would have made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from features.handling import Sensitivities, Sensitivity
from features.handling.sensitivity import UNKNOWN
from policy.estimates import LEVEL, Interval, weighted_count

_Z_OF_ENDS = 1.645
"""The ends of a sensitivity are read as those of a 90 % interval."""


@dataclass(frozen=True, kw_only=True)
class ByMethod:
    """Parcels that one method decided on or raised, what it found, and what it is expected to have missed in them."""

    method: str
    n_examined: int
    n_found: int
    sensitivity: Sensitivity
    missed: Interval


def by_method(parcels: pl.DataFrame, known: Sensitivities, *, level: float = LEVEL) -> list[ByMethod]:
    """What was missed by each method, most parcels first.

    A finding counts for the method that raised it: the x-ray after whose alarm the parcel was opened has found it, and
    there are others to which it raised no alarm. Where no stage says so, it counts for the method that decided.

    Parameters
    ----------
    parcels:
        Rows with ``label`` (1 found, 0 nothing found, -1 no result), ``method`` and ``raised_by``, as
        `training.data.labels.labelled_parcels` makes them.
    """
    counts = (
        parcels.filter(pl.col("label") >= 0)
        .group_by(pl.coalesce("raised_by", "method").fill_null(UNKNOWN).alias("method"))
        .agg(pl.len().alias("n"), pl.col("label").sum().alias("n_found"))
        .sort(["n", "method"], descending=[True, False])
    )
    return [
        ByMethod(
            method=method,
            n_examined=n,
            n_found=n_found,
            sensitivity=known.of_method(method),
            missed=missed([(n_found, known.of_method(method))], level=level).capped(n - n_found),
        )
        for method, n, n_found in counts.iter_rows()
    ]


def missed(found: Iterable[tuple[int, Sensitivity]], *, level: float = LEVEL) -> Interval:
    """Parcels with contraband that methods looked at and called clean, from counts of what they found.

    The variance is that of a negative binomial count, and what is not known of the sensitivity comes on top, by the
    delta method.
    """
    total = variance = weight = 0.0
    for n, sensitivity in found:
        share = sensitivity.share
        ratio = (1.0 - share) / share
        spread = (sensitivity.high - sensitivity.low) / (2.0 * _Z_OF_ENDS)
        total += n * ratio
        variance += n * ratio / share + (n * spread / share**2) ** 2
        weight = max(weight, ratio)
    return weighted_count(total, variance, weight, level)
