"""The population that scores are set against, as a bundle keeps it: levels of the score, and mean roots by lane."""

from __future__ import annotations

import numpy as np
import polars as pl

from features.bundle import Calibration, Reference
from features.declared.declare import Floats
from features.typical import LANE
from training.data.datasets import Dataset
from training.data.sums import N_ROWS, sums_by
from training.fit.booster import Fitted, raw_scores

_SHARES = tuple(float(share) for share in np.unique(np.round(np.geomspace(1e-4, 1.0, 60), 6)))
_POPULATION_SHARE = 0.25
_LANE_PARCELS = 100
"""Parcels of a lane from which its own mean root is taken; of fewer it would be a number of chance itself."""


def reference_of(data: Dataset, fitted: Fitted, calibration: Calibration, columns: list[int]) -> Reference:
    """Scores of the latest quarter of the screened population, inspected or not."""
    first = int(len(data) * (1 - _POPULATION_SHARE))
    raw = raw_scores(fitted.booster, data, np.arange(len(data)) >= first, columns)
    root = np.sqrt(calibration.probability(raw))
    levels = np.quantile(raw, 1.0 - np.array(_SHARES))
    return Reference(
        shares=_SHARES,
        raw=tuple(float(level) for level in levels),
        mean_root=float(root.mean()),
        lane_roots=_lane_roots(data.parcels[first:], root),
    )


def _lane_roots(parcels: pl.DataFrame, root: Floats) -> dict[str, float]:
    """Mean root of the probability on each lane with enough parcels."""
    lanes = sums_by(parcels.select(LANE.alias("lane"), pl.Series("root", root)), ["lane"], ["root"])
    busy = lanes.filter(pl.col(N_ROWS) >= _LANE_PARCELS).sort("lane")
    return dict(busy.select("lane", pl.col("root") / pl.col(N_ROWS)).iter_rows())
