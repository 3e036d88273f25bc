"""Tuning: a bounded random search over parameters, in parallel, judged on the slice that comes later in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.metrics import average_precision_score, log_loss

from features.bundle import predict_raw
from training.fit.booster import Options, Rows, fit

SPACE: dict[str, tuple[Any, ...]] = {
    "num_leaves": (7, 15, 31, 63),
    "min_data_in_leaf": (10, 20, 50, 100),
    "lambda_l2": (1.0, 3.0, 10.0, 30.0),
    "feature_fraction": (0.3, 0.5, 0.6, 0.8),
    "learning_rate": (0.05, 0.08, 0.12),
}
"""Bounds of the search, for every tree; that every other one has random thresholds stays.
Rates below .05 were not better on the synthetic baseline and cost trees."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One set of parameters and how it did on the later slice."""

    number: int
    params: dict[str, Any]
    monotone: bool
    n_trees: int
    log_loss: float
    average_precision: float


def drawn(number: int, seed: int) -> tuple[dict[str, Any], bool]:
    """Parameters of trial `number`; the first is the default, so that a search can only win."""
    if number == 0:
        return {}, True
    rng = np.random.default_rng([seed, number])
    return {name: values[int(rng.integers(len(values)))] for name, values in SPACE.items()}, bool(rng.random() < 0.7)


def search(
    rows: Rows,
    later: Rows,
    *,
    options: Options,
    seed: int,
    n_trials: int,
    n_jobs: int = 2,
    progress: Callable[[Trial], None] = lambda trial: None,
) -> list[Trial]:
    """Try `n_trials` sets of parameters; best log loss on the `later` slice first.

    Trials run in threads, which share the rows; each trains with one thread, so that their number changes no bit.
    """
    jobs = Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator_unordered")(
        delayed(_trial)(rows, later, options, seed, number) for number in range(n_trials)
    )
    trials = []
    for trial in jobs:
        trials.append(trial)
        progress(trial)
    return sorted(trials, key=lambda trial: (trial.log_loss, trial.number))


def with_trial(options: Options, trial: Trial) -> Options:
    """Options with the parameters of a trial."""
    return replace(options, monotone=options.monotone and trial.monotone, params={**options.params, **trial.params})


def _trial(rows: Rows, later: Rows, options: Options, seed: int, number: int) -> Trial:
    params, monotone = drawn(number, seed)
    tried = Trial(number=number, params=params, monotone=monotone, n_trees=0, log_loss=0.0, average_precision=0.0)
    fitted = fit(rows, options=with_trial(options, tried), seed=seed, stop_on=later, n_threads=1)
    raw = predict_raw(fitted.booster, later.values)
    score = 1.0 / (1.0 + np.exp(-raw))
    return Trial(
        number=number,
        params=params,
        monotone=options.monotone and monotone,
        n_trees=fitted.n_trees,
        log_loss=float(log_loss(later.label, score, sample_weight=later.weight, labels=[0.0, 1.0])),
        average_precision=float(average_precision_score(later.label, raw, sample_weight=later.weight)),
    )
