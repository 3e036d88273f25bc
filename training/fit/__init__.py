"""One training run: boosted trees, their tuning and calibration, and the bundle with its model card."""

from training.fit.booster import Fitted, Options, Rows, Weights, fit, rows_of
from training.fit.calibration import calibrate, calibrated_on_population
from training.fit.card import model_card
from training.fit.run import Plan, Trained, train, write_bundle
from training.fit.tune import Trial, search, with_trial

__all__ = [
    "Fitted",
    "Options",
    "Plan",
    "Rows",
    "Trained",
    "Trial",
    "Weights",
    "calibrate",
    "calibrated_on_population",
    "fit",
    "model_card",
    "rows_of",
    "search",
    "train",
    "with_trial",
    "write_bundle",
]
