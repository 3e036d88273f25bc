"""How good a ranking is, at the capacities a screening line really has.

These figures are about inspected parcels. Where parcels were inspected because they looked suspicious, they say little
about the rest of the population, and the names of the metrics say so.
"""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from features.declared.declare import Floats
from training.data.datasets import Ints

CAPACITIES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05)


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
    for share in CAPACITIES:
        precision, recall = at_capacity(raw, label, share)
        metrics[f"precision_at_{named(share)}"] = precision
        metrics[f"recall_at_{named(share)}"] = recall
    return metrics


def calibration_metrics(probability: Floats, label: Ints) -> dict[str, float]:
    """Log loss, and the mean probability compared with the share found."""
    return {
        "log_loss": float(log_loss(label, probability, labels=[0, 1])),
        "mean_probability": float(probability.mean()),
    }
