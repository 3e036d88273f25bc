"""What there is to learn from: the log as a data set, its labels and their maturity, splits by time, leaks."""

from training.data.columns import columns_of, without_history
from training.data.datasets import MAX_WEIGHT, Dataset, Flags, Ints, dataset, weights
from training.data.labels import labelled_parcels
from training.data.leaks import LeakSuspected, Suspect, refuse_leaks, suspects
from training.data.maturity import Delays
from training.data.severity import Severity
from training.data.splits import Split, split_by_time
from training.data.word_shares import fill_words, words_known

__all__ = [
    "MAX_WEIGHT",
    "Dataset",
    "Delays",
    "Flags",
    "Ints",
    "LeakSuspected",
    "Severity",
    "Split",
    "Suspect",
    "columns_of",
    "dataset",
    "fill_words",
    "labelled_parcels",
    "refuse_leaks",
    "split_by_time",
    "suspects",
    "weights",
    "without_history",
    "words_known",
]
