"""Time a whole training on a large synthetic world, and compare its probabilities with the truth.

``python -m benchmarks.learning [SCENARIO] [PARCELS] [TRIALS] [SEED]``; by default `baseline`, a million, 20 trials
and seed 1. It prints a line as each stage begins. The truth is used for nothing but the comparison.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl

from data.synthetic import generate, load_scenario
from data.synthetic.event_log import event_log
from features.identity import IdentityKey
from features.log import OUTCOME
from parcel_risk.periods import recognised_share
from policy.estimates import estimate
from training.evaluation.metrics import at_capacity
from training.evaluation.unseen import Judged
from training.fit.run import Plan, Trained, train
from training.fit.tune import Trial
from training.report.baselines import truth_of

N_BINS = 10
_LOG, _TRUTH = "log.parquet", "truth.parquet"


def main(scenario: str = "baseline", n_parcels: int = 1_000_000, n_trials: int = 20, seed: int = 1) -> None:
    """Make a world, train on it, and print times and calibration."""
    with tempfile.TemporaryDirectory() as folder:
        made = get_context("spawn").Process(target=_make, args=(scenario, n_parcels, seed, Path(folder)))
        made.start()
        made.join()
        logs, truth = [pl.read_parquet(Path(folder) / _LOG)], pl.read_parquet(Path(folder) / _TRUTH)
    n_outcomes = (logs[0]["kind"] == OUTCOME).sum()
    print(f"{scenario}, seed {seed}: {n_parcels:,} parcels, {n_outcomes:,} outcomes; the clock starts")
    started = time.perf_counter()

    def say(text: str) -> None:
        print(f"{time.perf_counter() - started:8.1f} s  {text}", flush=True)

    def on_trial(trial: Trial) -> None:
        say(f"trial {trial.number:2d}: log loss {trial.log_loss:.5f}, {trial.n_trees} trees")

    trained = train(logs.pop(), Plan(name="benchmark", n_trials=n_trials), stage=say, on_trial=on_trial)
    say(f"done; peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB")
    compare(trained, truth_of(trained.data, truth), recognised_share(load_scenario(scenario).inspection))


def _make(scenario: str, n_parcels: int, seed: int, folder: Path) -> None:
    """Make the world, in a process of its own: its memory is not that of a training."""
    world = generate(load_scenario(scenario), n_parcels=n_parcels, n_days=180, seed=seed)
    event_log(world, IdentityKey(b"a benchmark, nothing of it is kept")).write_parquet(folder / _LOG)
    world.truth.write_parquet(folder / _TRUTH)


def compare(trained: Trained, holds: np.ndarray, recognised: float) -> None:  # type: ignore[type-arg]
    """Print how probabilities agree with the truth; models had not seen the parcels, and the truth is nowhere used.

    Once with the calibration of the bundle, on the slices that it was made on, and once with an earlier calibration on
    the slice after it.
    """
    split = trained.split
    expected = holds * recognised
    _print("calibration of the bundle", trained.calibrated, expected[split.tune_population | split.test_population])
    _print("an earlier one, on the slice after it", trained.judged, expected[split.test_population])
    recall = at_capacity(trained.judged.raw, holds[split.test_population].astype(np.int64), 0.005)[1]
    print(
        f"recall at 0.5 % of the slice after it {recall:.3f}; true share of findings by slice: "
        f"{expected[split.tune_population].mean():.5f}, {expected[split.test_population].mean():.5f}"
    )


def _print(name: str, judged: Judged, expected: np.ndarray) -> None:  # type: ignore[type-arg]
    probability = judged.probability
    top = np.argsort(-probability, kind="stable")[: max(1, round(0.01 * probability.size))]
    estimated = estimate(judged.population).finding_share.scaled(1.0 / expected.mean())
    print(
        f"{name}: mean probability {probability.mean():.5f}, true share of findings {expected.mean():.5f} "
        f"(ratio {probability.mean() / expected.mean():.3f}; doubly robust {estimated.value:.3f}, "
        f"{estimated.low:.3f} to {estimated.high:.3f}); top 1 %: mean {probability[top].mean():.3f}, "
        f"true {expected[top].mean():.3f}, calibration error {_error(probability[top], expected[top]):.4f}"
    )


def _error(probability: np.ndarray, expected: np.ndarray) -> float:  # type: ignore[type-arg]
    """Mean distance between probability and truth over bins of equal size."""
    bins = np.array_split(np.argsort(probability, kind="stable"), N_BINS)
    gaps = [abs(probability[rows].mean() - expected[rows].mean()) * rows.size for rows in bins if rows.size]
    return float(sum(gaps) / probability.size)


if __name__ == "__main__":
    main(*sys.argv[1:2], *(int(text) for text in sys.argv[2:]))
