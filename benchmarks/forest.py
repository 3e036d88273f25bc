"""What a score and its explanation cost: the compiled forest next to LightGBM, one row and ten thousand.

`python -m benchmarks.forest [--seed N] [--rows N]` takes the reference bundle, and a model of 300 trees of 15 leaves,
trained here on a hundred features, ten of them categories. Microseconds a row, the best of several
repetitions, because others on the machine only add time. "One row" is another row each time. All on one thread, but
LightGBM's raw scores of thousands of rows on all.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import lightgbm as lgb
import numpy as np
import polars as pl

from features import bundle
from features.bundle import Bundle, trees
from features.bundle.evaluation import Evaluation
from features.catalogue import aligned
from features.declared.declare import Floats
from features.reasons import reasons

REFERENCE = Path(__file__).parent.parent / "models" / "reference"
_N_FEATURES, _N_CATEGORIES = 100, 10


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=10_000)
    given = parser.parse_args()
    chance = np.random.default_rng(given.seed)
    started = time.perf_counter()
    released = bundle.load(REFERENCE, trusted=None)
    print(f"reference bundle verified and loaded in {time.perf_counter() - started:.2f} s")
    golden = pl.read_parquet(REFERENCE / bundle.GOLDEN).select(released.meta.features).cast(pl.Float64).to_numpy()
    rows = mixed(aligned(golden, released.meta.features, released.catalogue), given.rows, chance)
    measured("reference", released.evaluation, rows)
    whole_path(released, rows)
    evaluation, rows = large(given.rows, chance)
    measured("300 trees of 15 leaves", evaluation, rows)


def mixed(rows: Floats, n: int, chance: np.random.Generator) -> Floats:
    """Rows whose every value is that of one of `rows`, a tenth of them missing."""
    values = rows[chance.integers(0, rows.shape[0], (n, rows.shape[1])), np.arange(rows.shape[1])]
    values[chance.random(values.shape) < 0.1] = np.nan
    return np.ascontiguousarray(values)


def large(n: int, chance: np.random.Generator) -> tuple[Evaluation, Floats]:
    """A model of 300 trees of 15 leaves, and rows like those that it was trained on."""
    values = chance.normal(size=(20_000, _N_FEATURES))
    values[chance.random(values.shape) < 0.1] = np.nan
    values[:, -_N_CATEGORIES:] = chance.integers(0, 60, (20_000, _N_CATEGORIES))
    known = np.nan_to_num(values)
    said = known[:, :40].sum(axis=1) + known[:, 1] * known[:, 2] + known[:, -1] % 7
    label = said + chance.normal(size=20_000) > np.quantile(said, 0.9)
    params = {"objective": "binary", "num_leaves": 15, "max_depth": 12, "verbosity": -1, "seed": 1, "num_threads": 1}
    categories = list(range(_N_FEATURES - _N_CATEGORIES, _N_FEATURES))
    data = lgb.Dataset(values, label=label, categorical_feature=categories, params={"verbosity": -1})
    booster = lgb.Booster(model_str=lgb.train(params, data, 300).model_to_string())
    text = trees.checked(booster.model_to_string(), tuple(booster.feature_name()))
    started = time.perf_counter()
    evaluation = Evaluation.of(text, list(range(_N_FEATURES)), values[:20])
    print(f"\n300 trees read, tables built and compared with LightGBM in {time.perf_counter() - started:.2f} s")
    return evaluation, mixed(values, n, chance)


def measured(name: str, evaluation: Evaluation, rows: Floats) -> None:
    """Print what both evaluations cost, and how far apart they are."""
    if evaluation.patterns is None:
        raise SystemExit(f"{name}: {evaluation.problem}")
    lightgbm = evaluation.by_lightgbm()
    same = evaluation.raw(rows).tobytes() == lightgbm.raw(rows).tobytes()
    few = rows[:1_000]
    gap = np.abs(evaluation.contributions(few) - lightgbm.contributions(few)).max()
    print(f"{name}: tables of {evaluation.patterns.tables.nbytes / 1e6:.1f} MB; raw scores equal to the bit: {same}; ")
    print(f"    largest difference of a contribution {gap:.1e}")
    for what, ours, theirs in (
        ("raw score", evaluation.raw, lightgbm.raw),
        ("contributions", evaluation.contributions, lightgbm.contributions),
    ):
        print(f"    {what}, one row: {alone(ours, rows):.1f} us, LightGBM {alone(theirs, rows):.1f} us")
        block = rows if what == "raw score" else few  # LightGBM needs seconds for the contributions of a thousand
        print(f"    {what}, {block.shape[0]:,} rows: {together(ours, block):.1f} us a row", end="")
        print(f", LightGBM {together(theirs, block):.1f} us")


def whole_path(released: Bundle, rows: Floats) -> None:
    """Print what follows the feature row of one parcel costs, step by step."""
    description, lanes = ["Green cotton tea shirt for men"], ["CNPEKA to DE"]
    raw = released.raw(rows[:1])
    for name, step in (
        ("completed", lambda row: released.completed(row, description)),
        ("raw", released.raw),
        ("probability", lambda _: released.probability(raw)),
        ("share of the population", lambda _: released.meta.reference.share_at(raw)),
        ("threshold", lambda _: released.meta.reference.threshold(0.02)),
        ("reasons", lambda row: reasons(released, row, description, lanes)),
    ):
        print(f"    {name}, one row: {alone(step, rows):.1f} us")


def alone(step: Callable[[Floats], object], rows: Floats) -> float:
    """Microseconds for one row: the mean over two hundred, each with the best of its ten turns."""
    return _best_us(step, [rows[index : index + 1] for index in range(min(200, rows.shape[0]))], 10)


def together(step: Callable[[Floats], object], rows: Floats) -> float:
    """Microseconds a row for many at once: in ten parts, each with the best of its five turns."""
    return _best_us(step, np.array_split(rows, 10), 5) / (rows.shape[0] / 10)


def _best_us(step: Callable[[Floats], object], parts: list[Floats], n_turns: int) -> float:
    """Mean over `parts` of the shortest time; between two turns of a part all others have theirs."""
    took = np.empty((n_turns, len(parts)))
    for turn in range(n_turns):
        for index, part in enumerate(parts):
            started = time.perf_counter()
            step(part)
            took[turn, index] = time.perf_counter() - started
    return float(took.min(axis=0).mean()) * 1e6


if __name__ == "__main__":
    main()
