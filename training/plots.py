"""Pictures of a run: what the model reads most, and how the scores of findings and of the rest lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from features.bundle import predict_raw
from training.train import Trained

_N_FEATURES = 25


def training_plots(trained: Trained, folder: Path) -> list[Path]:
    """Draw the plots of a run into `folder`; return their paths."""
    return [_gain(trained, folder / "feature_gain.png"), _scores(trained, folder / "scores.png")]


def _gain(trained: Trained, path: Path) -> Path:
    gain = np.asarray(trained.fitted.booster.feature_importance("gain"), dtype=np.float64)
    order = np.argsort(gain)[-_N_FEATURES:]
    figure = Figure(figsize=(8, 7), layout="constrained")
    axes = figure.subplots()
    axes.barh([trained.meta.features[place] for place in order], gain[order] / max(gain.sum(), 1e-12))
    axes.set_xlabel("share of the total gain")
    axes.set_title("What the model reads most")
    figure.savefig(path, dpi=100)
    return path


def _scores(trained: Trained, path: Path) -> Path:
    values = trained.data.values[:, trained.columns]
    probability = trained.meta.calibration.probability(predict_raw(trained.fitted.booster, values))
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for code, name in ((-1, "not inspected"), (0, "nothing found"), (1, "found")):
        part = probability[trained.data.label == code]
        if part.size:
            axes.hist(np.log10(part), bins=60, density=True, histtype="step", label=f"{name} ({part.size:,})")
    axes.set_xlabel("probability of the final model (log 10); its own training parcels are among them")
    axes.set_ylabel("density")
    axes.legend()
    figure.savefig(path, dpi=100)
    return path
