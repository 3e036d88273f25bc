"""Calibration: from a raw score to the probability that an inspection finds something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from features.bundle import Calibration
from features.declared.declare import Floats
from policy.estimates import estimate
from training.data.datasets import Dataset, Flags, weights
from training.estimates.populations import population_of

SHARP = 0.5
"""Width of an interval, over its estimate, from which on down the estimate is taken at its word."""
SLOPES_WEIGHT = 5.0
"""Inverse propensities are clipped here for the slopes: heavy parcels make them shake, and the level is set apart."""
PIVOTS = (0.1, 0.25, 0.5, 0.75)
"""Quantiles of the scores of findings at which the two slopes may meet."""
_LEAST_SLOPE = 1e-9


def calibrated_on_population(
    data: Dataset, population: Flags, labelled: Flags, raw: Floats, known_share: Floats | None = None
) -> Calibration:
    """Calibrate the scores of a part of the population that the model had not seen.

    The slopes come from the inspected parcels, each with its inverse propensity, clipped. Clipping, and selection by
    what no feature tells, can leave the level wrong. The fit is therefore bound to a mean probability of the whole
    population: to the doubly robust estimate where that is sharp, and else to what inverse propensities clipped at 50
    say, as far as its interval allows.

    Parameters
    ----------
    population, labelled:
        Parcels of that part, and those of them whose label may be used.
    raw:
        Scores of `population`.
    known_share:
        Share of such labels that is known so far, one per row, see `training.data.maturity`; default: all.
    """
    of_population = labelled[population]
    known = np.ones(raw.size) if known_share is None else known_share
    weight = weights(data, labelled, most=SLOPES_WEIGHT) / known[of_population]
    label = data.label[labelled].astype(np.float64)
    fitted = calibrate(raw[of_population], label, weight)
    if not (data.propensity[labelled] > 0).any():
        return fitted
    share = estimate(population_of(data, population, fitted.probability(raw), labelled, known)).finding_share
    heavier = weights(data, labelled) / known[of_population]
    mean = float(calibrate(raw[of_population], label, heavier).probability(raw).mean())
    is_sharp = share.width < SHARP * share.value
    level = share.value if is_sharp else min(max(mean, share.low), share.high)
    if level == 0.0:
        return fitted
    return calibrate(raw[of_population], label, weight, Level(raw=raw, share=level))


@dataclass(frozen=True, kw_only=True)
class Level:
    """What the mean probability of the scores `raw` has to be: `share`, 0..1."""

    raw: Floats
    share: float


def calibrate(raw: Floats, label: Floats, weight: Floats, level: Level | None = None) -> Calibration:
    """Fit a beta calibration of raw scores (log-odds), with the pivot among ``PIVOTS`` that fits best.

    The slopes are never negative. With a `level`, the fit is the likeliest of those that meet it.
    """
    of_findings = np.quantile(raw[label == 1], PIVOTS) if (label == 1).any() else np.zeros(1)
    fits = [_fitted_at(float(pivot), raw, label, weight / weight.sum(), level) for pivot in np.unique(of_findings)]
    return min(fits, key=lambda fit: fit[0])[1]


def _fitted_at(
    pivot: float, raw: Floats, label: Floats, weight: Floats, level: Level | None
) -> tuple[float, Calibration]:
    """Log loss and calibration at one pivot."""
    columns = _columns(raw, pivot)
    share = float(np.clip(weight @ label, 1e-6, 1.0 - 1e-6))

    def loss(slopes: Floats) -> tuple[float, Floats]:
        z = columns @ slopes
        return float(weight @ (np.logaddexp(0.0, z) - label * z)), columns.T @ (weight * (expit(z) - label))

    fitted = minimize(
        loss,
        np.array([1.0, 1.0, np.log(share / (1.0 - share))]),
        jac=True,
        method="SLSQP",
        bounds=[(_LEAST_SLOPE, None), (_LEAST_SLOPE, None), (None, None)],
        constraints=() if level is None else _held(level, pivot),
        options={"maxiter": 500, "ftol": 1e-12},
    )
    a, b, c = fitted.x.tolist()
    return float(fitted.fun), Calibration(a=a, b=b, c=c, pivot=pivot)


def _columns(raw: Floats, pivot: float) -> Floats:
    """What slopes below and above the pivot and the shift multiply, shape ``(n, 3)``."""
    beyond = raw - pivot
    return np.column_stack([-np.logaddexp(0.0, -beyond), np.logaddexp(0.0, beyond), np.ones(raw.size)])


def _held(level: Level, pivot: float) -> dict[str, Any]:
    """Constraint that the mean probability is what the level says, relative to it."""
    columns = _columns(level.raw, pivot)

    def gradient(slopes: Floats) -> Floats:
        probability = expit(columns @ slopes)
        return np.asarray(columns.T @ (probability * (1.0 - probability)) / (level.raw.size * level.share))

    return {"type": "eq", "fun": lambda slopes: expit(columns @ slopes).mean() / level.share - 1.0, "jac": gradient}
