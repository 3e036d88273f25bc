"""How good a model and its labels are: figures on parcels it has not seen, comparison, slices, stations."""

from training.evaluation.comparison import Compared, compare
from training.evaluation.label_quality import delays, stations, usable
from training.evaluation.metrics import CAPACITIES, at_capacity, calibration_metrics, ranking_metrics
from training.evaluation.slicing import disparity, slices
from training.evaluation.unseen import Evaluation, Judged, evaluate, evaluate_log, figures

__all__ = [
    "CAPACITIES",
    "Compared",
    "Evaluation",
    "Judged",
    "at_capacity",
    "calibration_metrics",
    "compare",
    "delays",
    "disparity",
    "evaluate",
    "evaluate_log",
    "figures",
    "ranking_metrics",
    "slices",
    "stations",
    "usable",
]
