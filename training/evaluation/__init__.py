"""How good a model and its labels are: figures on parcels it has not seen, comparison, parts of the flow, stations."""

from training.evaluation.comparison import Compared, compare
from training.evaluation.label_quality import delays, stations, usable
from training.evaluation.metrics import CAPACITIES, at_capacity, calibration_metrics, ranking_metrics
from training.evaluation.slicing import burden, slices
from training.evaluation.unseen import Evaluation, Judged, evaluate, evaluate_log, figures

__all__ = [
    "CAPACITIES",
    "Compared",
    "Evaluation",
    "Judged",
    "at_capacity",
    "burden",
    "calibration_metrics",
    "compare",
    "delays",
    "evaluate",
    "evaluate_log",
    "figures",
    "ranking_metrics",
    "slices",
    "stations",
    "usable",
]
