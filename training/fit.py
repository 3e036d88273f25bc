"""Fit LightGBM and its calibration: deterministic, the same data give the same bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import lightgbm as lgb
import numpy as np
from sklearn.linear_model import LogisticRegression

from features.bundle import Calibration
from features.catalogue import catalogue
from features.declared.declare import Floats
from training.dataset import Dataset, Flags, weights

MAX_TREES = 1_000
PATIENCE = 50
SMALL = 10_000
"""Fewer rows than this are fitted by one thread: waking others costs more than it saves, and changes no bit."""
DEFAULTS: dict[str, Any] = {
    "objective": "binary",
    "metric": "binary_logloss",
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.7,
    "lambda_l2": 1.0,
    "max_cat_to_onehot": 8,
    "min_data_per_group": 50,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A fitted model: native text, number of trees, parameters."""

    model: str
    n_trees: int
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def booster(self) -> lgb.Booster:
        """Model ready to predict."""
        return lgb.Booster(model_str=self.model)


def lightgbm_set(data: Dataset, rows: Flags, columns: list[int]) -> lgb.Dataset:
    """Labelled `rows` and the chosen `columns` as LightGBM takes them, with inverse-propensity weights."""
    names = [catalogue().names[column] for column in columns]
    categories = [names[place] for place, column in enumerate(columns) if column in catalogue().categories()]
    return lgb.Dataset(
        data.values[rows][:, columns],
        label=data.label[rows],
        weight=weights(data, rows),
        feature_name=names,
        categorical_feature=categories,
        free_raw_data=False,
        params={"verbosity": -1},
    )


def fit(
    data: Dataset, *, rows: Flags, stop_on: Flags | None, columns: list[int], seed: int, n_trees: int = 0
) -> Fitted:
    """Fit on `rows`; with `stop_on`, stop when its log loss has not improved for 50 trees, else fit `n_trees`."""
    params = {**DEFAULTS, "seed": seed, "num_threads": 1 if int(rows.sum()) < SMALL else 0}
    train = lightgbm_set(data, rows, columns)
    if stop_on is None:
        booster = lgb.train(params, train, num_boost_round=n_trees)
        return Fitted(model=booster.model_to_string(), n_trees=n_trees, params=params)
    valid = lightgbm_set(data, stop_on, columns).set_reference(train)
    booster = lgb.train(
        params,
        train,
        num_boost_round=MAX_TREES,
        valid_sets=[valid],
        callbacks=[lgb.early_stopping(PATIENCE, verbose=False)],
    )
    best = max(1, booster.best_iteration)
    return Fitted(model=booster.model_to_string(num_iteration=best), n_trees=best, params=params)


def calibrate(raw: Floats, label: Floats, weight: Floats) -> Calibration:
    """Fit a beta calibration of raw scores (log-odds); a slope that comes out negative is left out and refitted."""
    columns = np.column_stack([-np.logaddexp(0.0, -raw), np.logaddexp(0.0, raw)])
    kept = [0, 1]
    while kept:
        model = LogisticRegression(C=1e6, max_iter=1_000).fit(columns[:, kept], label, sample_weight=weight)
        slopes = dict(zip(kept, model.coef_[0], strict=True))
        if all(slope > 0 for slope in slopes.values()):
            return Calibration(a=slopes.get(0, 0.0), b=slopes.get(1, 0.0), c=float(model.intercept_[0]))
        kept.remove(min(kept, key=lambda column: slopes[column]))
    share = float(np.average(label, weights=weight))
    return Calibration(a=1e-9, b=1e-9, c=float(np.log(share / (1.0 - share))))
