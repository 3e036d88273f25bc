"""Train on a world of known accounts, and compare with plain LightGBM on windows that pandas makes by hand.

``python -m benchmarks.accounts [PARCELS] [DAYS] [SEED]``; by default a million parcels, 180 days and seed 1. Both
are fitted on the same rows and judged on the same later slice.
"""

from __future__ import annotations

import sys
import time

import lightgbm as lgb
import numpy as np
import pandas as pd
import polars as pl
from sklearn.metrics import average_precision_score

from data.synthetic import generate, load_scenario
from data.synthetic.event_log import event_log
from features.declared.declare import Floats
from features.identity import IdentityKey
from features.log import PARCEL
from training.data.datasets import Flags
from training.fit.run import Plan, Trained, train

WINDOWS_DAYS = (1, 7, 28)


def main(n_parcels: int = 1_000_000, n_days: int = 180, seed: int = 1) -> None:
    """Make a world, train on it, and print average precision of both."""
    scenario = load_scenario("known-accounts")
    world = generate(scenario, n_parcels=n_parcels, n_days=n_days, seed=seed)
    log = event_log(world, IdentityKey(b"benchmark, nothing is kept: 32 b"))
    delay_days = scenario.accounts.delay_days if scenario.accounts else 0
    del world
    compare(log, delay_days, seed)


def compare(log: pl.DataFrame, delay_days: int, seed: int) -> tuple[float, float]:
    """Average precision on the test slice of the model, and of plain LightGBM on windows by hand."""
    started = time.process_time()
    trained = train(log, Plan(name="accounts", seed=seed), stage=lambda text: print(text, flush=True))
    ours = _precision(trained, trained.judged.raw)
    print(f"model: {ours:.3f}, {trained.fitted.n_trees} trees, {time.process_time() - started:.0f} s of processor time")
    started = time.process_time()
    plain = _precision(trained, plain_scores(trained, log, delay_days))
    print(f"plain LightGBM on windows by hand: {plain:.3f}, {time.process_time() - started:.0f} s of processor time")
    return ours, plain


def _precision(trained: Trained, raw: Floats) -> float:
    label = trained.judged.label
    return float(average_precision_score(label[label >= 0] == 1, raw[label >= 0]))


def plain_scores(trained: Trained, log: pl.DataFrame, delay_days: int) -> Floats:
    """Scores of the test slice by LightGBM with its defaults, fitted and stopped on the rows of the model."""
    data, split = trained.data, trained.split
    values = windows_by_hand(log, data.label, delay_days)
    sets = [lgb.Dataset(values[rows], label=data.label[rows] == 1) for rows in (split.fit, split.tune)]
    params = {"objective": "binary", "learning_rate": 0.05, "verbosity": -1, "seed": 1}
    stop = lgb.early_stopping(50, verbose=False)
    booster = lgb.train(params, sets[0], 1_000, valid_sets=[sets[1].set_reference(sets[0])], callbacks=[stop])
    return np.asarray(booster.predict(values[split.test_population]), dtype=np.float64)


def windows_by_hand(log: pl.DataFrame, label: Flags, delay_days: int) -> Floats:
    """Fifteen features: value, weekend, night, parcels and mean value by sender, parcels and findings by recipient.

    `label` has a value for each parcel of the log. Windows of recipients end `delay_days` before the parcel: what they
    held is known by then.
    """
    parcels = log.filter(pl.col("kind") == PARCEL).select(
        "known_at", "sender_key", "recipient_key", value=pl.col("declared_value_eur_cents") / 100
    )
    frame = parcels.to_pandas().assign(one=1.0, found=(label == 1).astype(float))
    at = frame["known_at"].dt
    columns = {"value": frame["value"], "weekend": at.weekday >= 5, "night": at.hour <= 6}
    for days in WINDOWS_DAYS:
        n, total = (_rolled(frame, "sender_key", name, days) for name in ("one", "value"))
        columns |= {f"sender_n_{days}": n, f"sender_mean_{days}": total / n}
        n, found = (
            _rolled(frame, "recipient_key", name, days + delay_days) - _rolled(frame, "recipient_key", name, delay_days)
            for name in ("one", "found")
        )
        columns |= {f"recipient_n_{days}": n, f"recipient_share_{days}": np.where(n > 0, found / np.maximum(n, 1), 0)}
    return pd.DataFrame(columns).to_numpy(dtype=np.float64)


def _rolled(frame: pd.DataFrame, key: str, name: str, days: int) -> Floats:
    """Sum over the parcels of one key in so many days up to each parcel, this one included."""
    by_key = frame.sort_values([key, "known_at"], kind="stable")
    sums = by_key.set_index("known_at").groupby(by_key[key].to_numpy())[name].rolling(f"{days}D").sum()
    return pd.Series(sums.to_numpy(), index=by_key.index).sort_index().to_numpy()


if __name__ == "__main__":
    main(*(int(text) for text in sys.argv[1:]))
