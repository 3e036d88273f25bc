"""Reports as single HTML files with their tables and pictures: of a training run, and of drift."""

from training.report.baselines import Ranking, rankings, truth_of
from training.report.drift import Drift, measure_drift, psi, write_drift
from training.report.plots import reliability, training_plots
from training.report.training_report import write_report

__all__ = [
    "Drift",
    "Ranking",
    "measure_drift",
    "psi",
    "rankings",
    "reliability",
    "training_plots",
    "truth_of",
    "write_drift",
    "write_report",
]
