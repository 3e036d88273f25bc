"""Labels by the method that they came from: what an x-ray called clean is a weaker label than what was opened.

One rule: a clean result weighs as much as its method is sensitive, compared with an opening; at most 1. So the odds of
a finding against a clean result, which a model learns, are the same whichever method looked: with a share p of
contraband and a sensitivity s there are p s findings, and about 1 - p clean results, to be counted s / s(opened) times.
A finding is one whatever made it. A result whose method nobody named counts as an opening.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from features.declared.declare import Floats
from features.handling import Sensitivities

OPENED = "opened"
UNNAMED = "not named"


def weight_of_clean(method: str | None, known: Sensitivities) -> float:
    """Weight of a clean result of a method, above 0 and up to 1."""
    if method is None:
        return 1.0
    return min(1.0, known.of_method(method).share / known.of_method(OPENED).share)


def label_weights(parcels: pl.DataFrame, known: Sensitivities) -> Floats:
    """Weight of each label, shape ``(n,)``; 1 for a finding, and where there is no label.

    Parameters
    ----------
    parcels:
        Rows with ``label`` and ``method``, as `training.data.labels.labelled_parcels` makes them.
    """
    weights = {name: weight_of_clean(name, known) for name in parcels["method"].unique() if name is not None}
    by_method = np.array([1.0 if name is None else weights[name] for name in parcels["method"]], dtype=np.float64)
    return np.where(parcels["label"].to_numpy() == 0, by_method, 1.0)


def weights_that_differ(parcels: pl.DataFrame, known: Sensitivities) -> dict[str, dict[str, float]]:
    """For the record of a training: weights of clean results by method, ``label_weights``; nothing where all are 1."""
    weights = {name: weight_of_clean(name, known) for name in sorted(parcels["method"].drop_nulls().unique())}
    weights = {name: round(weight, 4) for name, weight in weights.items() if weight != 1.0}
    return {"label_weights": weights} if weights else {}


def by_method(parcels: pl.DataFrame, known: Sensitivities) -> pl.DataFrame:
    """Labels of each method: ``method, n_labels, n_found, weight_of_clean``, most labels first."""
    counts = (
        parcels.filter(pl.col("label") >= 0)
        .group_by("method")
        .agg(pl.len().alias("n_labels"), pl.col("label").sum().alias("n_found"))
        .sort(["n_labels", "method"], descending=[True, False], nulls_last=True)
    )
    weights = [weight_of_clean(method, known) for method in counts["method"]]
    return counts.with_columns(pl.col("method").fill_null(UNNAMED), pl.Series("weight_of_clean", weights, pl.Float64))
