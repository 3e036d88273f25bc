"""How good a ranking is, at the capacities a screening line really has.

These figures are about inspected parcels. Where parcels were inspected because they looked suspicious, they say little
about the rest of the population, and the names of the metrics say so.
"""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from features.declared.declare import Floats
from policy.estimates import wilson
from training.data.datasets import Ints

CAPACITIES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05)


OF_INSPECTED = (*CAPACITIES, 0.1)
"""Shares of the inspected parcels at which precision and recall are given."""
_N_BINS = 10
_N_DRAWS = 200
_MOST_ROWS = 20_000_000


def named(share: float) -> str:
    """Name of a capacity in figures: ``0_5pct`` for .005."""
    return f"{share * 100:g}".replace(".", "_") + "pct"


def at_capacity(raw: Floats, label: Ints, share: float) -> tuple[float, float]:
    """Precision and recall when the top `share` of the parcels is opened, at least one; ties in the order given."""
    n = max(1, round(share * raw.size))
    top = np.argsort(-raw, kind="stable")[:n]
    n_found = int(label[top].sum())
    return n_found / n, n_found / max(1, int(label.sum()))


def ranking_metrics(raw: Floats, label: Ints) -> dict[str, float]:
    """AUC, average precision, and precision and recall at each capacity; names end in ``_at_0_5pct`` and the like."""
    metrics = {
        "n_inspected": float(label.size),
        "found_share": float(label.mean()),
        "auc": float(roc_auc_score(label, raw)),
        "average_precision": float(average_precision_score(label, raw)),
    }
    for share in OF_INSPECTED:
        precision, recall = at_capacity(raw, label, share)
        metrics[f"precision_at_{named(share)}"] = precision
        metrics[f"recall_at_{named(share)}"] = recall
    return metrics


def calibration_metrics(probability: Floats, label: Ints) -> dict[str, float]:
    """Log loss, Brier score, mean probability to be compared with the share found, and expected calibration error.

    The latter is the mean distance between probability and share found over ten bins of equal numbers of parcels.
    """
    bins = np.array_split(np.argsort(probability, kind="stable"), _N_BINS)
    gaps = [abs(float((probability[rows] - label[rows]).sum())) for rows in bins]
    return {
        "log_loss": float(log_loss(label, probability, labels=[0, 1])),
        "brier": float(np.mean((probability - label) ** 2)),
        "calibration_error": sum(gaps) / max(1, label.size),
        "mean_probability": float(probability.mean()),
    }


def ends(raw: Floats, label: Ints, *, seed: int = 1) -> dict[str, float]:
    """Ends of 90 % intervals of figures of inspected parcels; names end in ``_low`` and ``_high``.

    AUC and average precision by drawing parcels with replacement (fewer draws where parcels are many and the interval
    is narrow), shares by Wilson's interval.
    """
    rng, drawn = np.random.default_rng(seed), []
    for _ in range(min(_N_DRAWS, 20 + _MOST_ROWS // max(1, label.size))):
        rows = rng.integers(0, label.size, label.size)
        if label[rows].min() != label[rows].max():
            drawn.append((roc_auc_score(label[rows], raw[rows]), average_precision_score(label[rows], raw[rows])))
    tails = np.quantile(np.array(drawn).reshape(-1, 2), (0.05, 0.95), axis=0) if drawn else np.full((2, 2), np.nan)
    result: dict[str, float] = {}
    for column, name in enumerate(("auc", "average_precision")):
        result |= {f"{name}_low": float(tails[0, column]), f"{name}_high": float(tails[1, column])}
    order = label[np.argsort(-raw, kind="stable")]
    for share in OF_INSPECTED:
        n = max(1, round(share * raw.size))
        interval = wilson(int(order[:n].sum()), n)
        result |= {f"precision_at_{named(share)}_low": interval.low, f"precision_at_{named(share)}_high": interval.high}
    return result
