"""Compare two bundles on the same parcels: what the one would catch that the other would lose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from features.bundle import Bundle
from features.declared.declare import Floats
from policy.estimates import EstimatedFindings, estimate
from training.data.datasets import Dataset, Flags
from training.data.parts import raw_by_bundle
from training.estimates.populations import population_of


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Two rankings of the same parcels, cut at the same capacity.

    Attributes
    ----------
    newly, lost, both:
        What the parcels hold that only the second would open, only the first, and both.
    rank_correlation:
        Spearman's, over all parcels.
    parcels:
        ``seq, parcel_id, operator, label, raw_first, raw_second, opened_by_first, opened_by_second``.
    """

    n_parcels: int
    capacity: float
    newly: EstimatedFindings
    lost: EstimatedFindings
    both: EstimatedFindings
    rank_correlation: float
    parcels: pl.DataFrame

    def says(self, first: str, second: str, *, is_new: bool) -> str:
        """Say in a few lines what differs."""
        which = "that neither was trained on" if is_new else "of the test slice; final models have seen their labels"
        lines = [
            f"{self.n_parcels:,} parcels {which}, capacity {self.capacity:.2%}, rank correlation "
            f"{self.rank_correlation:.3f}",
            f"opened by both: {_line(self.both)}",
            f"newly opened by {second}: {_line(self.newly)}",
            f"no longer opened, only by {first}: {_line(self.lost)}",
        ]
        return "\n".join(lines)


def _line(estimated: EstimatedFindings) -> str:
    total = estimated.total
    return (
        f"{estimated.n_parcels:,} parcels, {estimated.n_inspected:,} inspected, {estimated.n_found:,} findings known; "
        f"estimated to hold {total.value:.1f} [{total.low:.1f}, {total.high:.1f}]"
    )


def compare(data: Dataset, rows: Flags, first: Bundle, second: Bundle, *, capacity: float) -> Compared:
    """Compare two bundles on the parcels `rows` of a data set; the mean of both models predicts what these hold."""
    raw = [raw_by_bundle(bundle, data, rows) for bundle in (first, second)]
    opened = [_top(scores, capacity) for scores in raw]
    population = population_of(data, rows, (first.probability(raw[0]) + second.probability(raw[1])) / 2.0)
    parcels = data.parcels.filter(pl.Series(rows)).select(
        "seq", "parcel_id", "operator", pl.when(pl.col("label") >= 0).then("label").alias("label")
    )
    parcels = parcels.with_columns(
        raw_first=raw[0], raw_second=raw[1], opened_by_first=opened[0], opened_by_second=opened[1]
    )
    return Compared(
        n_parcels=len(population),
        capacity=capacity,
        newly=estimate(population, opened[1] & ~opened[0]),
        lost=estimate(population, opened[0] & ~opened[1]),
        both=estimate(population, opened[0] & opened[1]),
        rank_correlation=float(parcels.select(pl.corr("raw_first", "raw_second", method="spearman")).item()),
        parcels=parcels,
    )


def _top(raw: Floats, share: float) -> Flags:
    chosen = np.zeros(raw.size, dtype=np.bool_)
    chosen[np.argsort(-raw, kind="stable")[: max(1, round(share * raw.size))]] = True
    return chosen
