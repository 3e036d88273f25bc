"""Calibration: from a raw score to the probability that an inspection finds something."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression

from features.bundle import Calibration
from features.declared.declare import Floats
from training.dataset import Dataset, Flags, weights
from training.flow import estimate, flow_of

SHARP = 0.5
"""Width of an interval, over its estimate, from which on down the estimate is taken at its word."""
_STEPS = 60


def calibrated_on_flow(data: Dataset, flow: Flags, labelled: Flags, raw: Floats) -> Calibration:
    """Calibrate the scores of a stretch of the flow that the model had not seen.

    The slopes come from the inspected parcels, each with its inverse propensity, clipped. Clipping, and selection by
    what no feature tells, can leave the level wrong. The mean probability of the whole flow is therefore moved to the
    doubly robust estimate where that is sharp, and else no further than to the nearer end of its interval.

    Parameters
    ----------
    flow, labelled:
        Parcels of the stretch, and those of them whose label may be used.
    raw:
        Scores of `flow`.
    """
    of_flow = labelled[flow]
    found = calibrate(raw[of_flow], data.label[labelled].astype(np.float64), weights(data, labelled))
    if not (data.propensity[labelled] > 0).any():
        return found
    share = estimate(flow_of(data, flow, found.probability(raw), labelled)).finding_share
    mean = float(found.probability(raw).mean())
    is_sharp = share.width < SHARP * share.value
    level = share.value if is_sharp else min(max(mean, share.low), share.high)
    return moved_to(found, raw, level) if level not in (mean, 0.0) else found


def calibrate(raw: Floats, label: Floats, weight: Floats) -> Calibration:
    """Fit a beta calibration of raw scores (log-odds); a slope that comes out negative is left out and refitted."""
    columns = np.column_stack([-np.logaddexp(0.0, -raw), np.logaddexp(0.0, raw)])
    kept = [0, 1]
    while kept:
        model = LogisticRegression(C=1e6, max_iter=1_000).fit(columns[:, kept], label, sample_weight=weight)
        slopes = dict(zip(kept, model.coef_[0], strict=True))
        if all(slope > 0 for slope in slopes.values()):
            return Calibration(a=slopes.get(0, 0.0), b=slopes.get(1, 0.0), c=float(model.intercept_[0]))
        kept.remove(min(kept, key=lambda column: slopes[column]))
    share = float(np.average(label, weights=weight))
    return Calibration(a=1e-9, b=1e-9, c=float(np.log(share / (1.0 - share))))


def moved_to(calibration: Calibration, raw: Floats, share: float) -> Calibration:
    """Shift a calibration so that the mean probability of the scores `raw` becomes `share`, 0..1."""
    low, high = -40.0, 40.0
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        shifted = Calibration(a=calibration.a, b=calibration.b, c=calibration.c + middle)
        low, high = (middle, high) if float(shifted.probability(raw).mean()) < share else (low, middle)
    return Calibration(a=calibration.a, b=calibration.b, c=calibration.c + 0.5 * (low + high))
