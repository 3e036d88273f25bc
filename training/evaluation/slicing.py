"""Figures for parts of the population, and the disparate impact by origin."""

from __future__ import annotations

import numpy as np
import polars as pl

from features.catalogue import catalogue
from policy.estimates import estimate, wilson
from training.data.datasets import Dataset, Flags
from training.data.sums import N_ROWS, sums_by
from training.evaluation.unseen import Judged

DISPARITY_LIMIT = 5.0
"""An origin of at least ``FEW`` parcels is warned about when its honest ones are opened this many times as often as the
average."""
FEW = 100
_MOST = 25


def slices(data: Dataset, test: Flags, judged: Judged, *, capacity: float) -> pl.DataFrame:
    """Estimates by week of lodging, stream, operator, origin, new or known sender, and data quality.

    Returns
    -------
    pl.DataFrame
        ``slice, value, n_parcels, n_inspected, n_found, finding_share, low, high, opened_share``; the largest 25 of
        each kind with at least 100 parcels, weeks in their order.
    """
    opened = judged.top(capacity)
    rows = []
    for kind, values in _kinds(data, test, judged).items():
        counts = values.value_counts(sort=True).filter(pl.col("count") >= FEW).head(_MOST)
        largest = counts[values.name]
        for value in (largest.sort() if kind == "week" else largest).to_list():
            inside = values.eq_missing(value).to_numpy() if value is not None else values.is_null().to_numpy()
            estimated = estimate(judged.population, inside)
            share = estimated.finding_share
            rows.append(
                {
                    "slice": kind,
                    "value": "not given" if value is None else str(value),
                    "n_parcels": estimated.n_parcels,
                    "n_inspected": estimated.n_inspected,
                    "n_found": estimated.n_found,
                    "finding_share": share.value,
                    "low": share.low,
                    "high": share.high,
                    "opened_share": float(opened[inside].mean()),
                }
            )
    return pl.DataFrame(rows)


def _kinds(data: Dataset, test: Flags, judged: Judged) -> dict[str, pl.Series]:
    parcels = judged.parcels
    days_known = data.values[test, catalogue().names.index("sender_days_known")]
    flags = parcels["quality_flags"].list.len().fill_null(0)
    lodged = pl.from_epoch(parcels["lodged_at_us"], time_unit="us")
    return {
        "week": lodged.dt.strftime("%G-W%V").alias("week"),
        "stream": parcels["stream"],
        "operator": parcels["operator"],
        "origin": parcels["dispatch_country"],
        "sender": pl.Series("sender", np.where(np.isnan(days_known), "new", "known")),
        "data quality": pl.Series("quality", np.where(flags.to_numpy() > 0, "flagged", "no flag")),
    }


def disparity(judged: Judged, *, capacity: float) -> pl.DataFrame:
    """Disparate impact: selection and false-positive rate by origin.

    The expected number of honest parcels among those opened is the sum of one minus their probability.

    Returns
    -------
    pl.DataFrame
        ``origin, n_parcels, n_opened, selection_ratio, low, high, false_alarm_ratio, is_warned``: each ratio is the
        origin's share over that of the whole population, so 1 is the average; the heaviest first. `low` and `high` are
        the ends of the 90 % interval of the selection ratio (Wilson's, of the origin's share).
    """
    opened = judged.top(capacity)
    honest = 1.0 - judged.probability
    frame = pl.DataFrame(
        {
            "origin": judged.parcels["dispatch_country"],
            "opened": opened.astype(np.float64),
            "honest": honest,
            "false_alarm": opened * honest,
        }
    ).filter(pl.col("origin").is_not_null())
    overall_opened = max(float(opened.mean()), 1e-12)
    overall_alarm = max(float((opened * honest).sum() / honest.sum()), 1e-12)
    sums = sums_by(frame, ["origin"], ["opened", "honest", "false_alarm"])
    ends = [wilson(round(opened), n) for opened, n in sums.select("opened", N_ROWS).iter_rows()]
    return (
        sums.with_columns(
            low=pl.Series([one.low / overall_opened for one in ends], dtype=pl.Float64),
            high=pl.Series([one.high / overall_opened for one in ends], dtype=pl.Float64),
        )
        .select(
            "origin",
            pl.col(N_ROWS).alias("n_parcels"),
            pl.col("opened").cast(pl.Int64).alias("n_opened"),
            (pl.col("opened") / pl.col(N_ROWS) / overall_opened).alias("selection_ratio"),
            "low",
            "high",
            (pl.col("false_alarm") / pl.col("honest") / overall_alarm).alias("false_alarm_ratio"),
        )
        .with_columns(
            ((pl.col("false_alarm_ratio") > DISPARITY_LIMIT) & (pl.col("n_parcels") >= FEW)).alias("is_warned")
        )
        .sort("false_alarm_ratio", "origin", descending=[True, False])
    )
