"""How many draws an office needs to know the share of findings on a lane as exactly as it wants."""

from __future__ import annotations

import math
from collections.abc import Sequence

import polars as pl

from policy.estimates.intervals import LEVEL

PRIOR = 50.0
"""Results that the share of all mail counts for, next to those of a lane: a lane without any is taken for usual."""


def draws_needed(share: float, half_width: float, level: float = LEVEL) -> int:
    """Fewest plain draws after which Wilson's interval around `share` reaches no further than `half_width`.

    Parameters
    ----------
    share, half_width:
        Between 0 and 1, and above 0 and below .5.

    Raises
    ------
    ValueError
        When one of them is outside.
    """
    from scipy.special import ndtri

    if not 0.0 <= share <= 1.0:
        raise ValueError(f"share is {share}; it lies between 0 and 1")
    if not 0.0 < half_width < 0.5:
        raise ValueError(f"half_width is {half_width}; it lies above 0 and below 0.5")
    z = float(ndtri(0.5 + level / 2))
    low, high = 1, 1
    while _half(share, high, z) > half_width:
        low, high = high, 2 * high
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _half(share, middle, z) <= half_width else (middle + 1, high)
    return low


def _half(share: float, n: int, z: float) -> float:
    return z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)


def plan(lanes: Sequence[str], weight: Sequence[float], found: Sequence[bool], n_weeks: float) -> pl.DataFrame:
    """Mail and share of findings of each lane.

    Parameters
    ----------
    lanes:
        Lane of each parcel that was lodged.
    weight:
        Inverse propensity of its result; 0 without one.
    found:
        Whether something was found.
    n_weeks:
        Weeks in which they were lodged.

    Returns
    -------
    pl.DataFrame
        ``lane, parcels_a_week, n_results, share``, the busiest first. `share` is drawn towards that of all mail where
        results are few.
    """
    rows = pl.DataFrame({"lane": lanes, "weight": weight, "found": found}, schema_overrides={"weight": pl.Float64})
    total = float(rows["weight"].sum())
    usual = float((rows["weight"] * rows["found"]).sum()) / total if total else 0.0
    by_lane = rows.group_by("lane").agg(
        parcels_a_week=pl.len() / n_weeks,
        n_results=(pl.col("weight") > 0).sum(),
        own=(pl.col("weight") * pl.col("found")).sum() / pl.col("weight").sum(),
    )
    counted = pl.col("n_results") * pl.col("own").fill_nan(usual) + PRIOR * usual
    return (
        by_lane.with_columns(share=counted / (pl.col("n_results") + PRIOR))
        .drop("own")
        .sort("parcels_a_week", "lane", descending=[True, False])
    )
