"""Forests of every kind that LightGBM makes, and rows at which evaluations could differ."""

from __future__ import annotations

import re
from typing import Any

import lightgbm as lgb
import numpy as np

from features.bundle import kernel, trees
from features.bundle.forest import Forest
from features.bundle.probes import EDGES
from features.declared.declare import Floats

N_FEATURES = 9
CATEGORIES = (6, 7, 8)
COLUMNS = [11, 2, 5, 3, 7, 0, 9, 4, 8]
"""Where the rows of these tests hold the model's features: in another order, with columns that it does not read."""
WIDTH = 13


def training_rows(seed: int, n: int = 600) -> tuple[Floats, Floats]:
    """Rows with ordinary numbers, many zeros, missing values, tiny numbers and categories, and their labels."""
    chance = np.random.default_rng(seed)
    values = chance.normal(size=(n, N_FEATURES))
    values[:, 1] = chance.integers(0, 4, n)
    values[:, 2] *= 1e-35
    values[chance.random(n) < 0.5, 3] = 0.0
    for column, most in zip(CATEGORIES, (3, 40, 900), strict=True):
        values[:, column] = chance.integers(0, most, n)
    values[chance.random(values.shape) < chance.choice([0.0, 0.15])] = np.nan
    known = np.nan_to_num(values)
    said = known[:, 0] + known[:, 1] * (known[:, 3] > 0) + known[:, 2] * 1e35 + known[:, 7] % 5 + known[:, 8] % 3
    return values, (said + chance.normal(size=n) > np.median(said)).astype(np.float64)


def trained(seed: int, n_trees: int = 12, n: int = 600, **params: Any) -> lgb.Booster:
    """A model of such rows; `params` over parameters that let trees grow as they like."""
    values, label = training_rows(seed, n)
    free = {"min_data_in_leaf": 2, "min_data_per_group": 5, "cat_smooth": 1.0, "max_cat_threshold": 64}
    fixed = {"objective": "binary", "verbosity": -1, "num_threads": 1, "deterministic": True, "seed": seed}
    data = lgb.Dataset(values, label=label, categorical_feature=list(CATEGORIES), params={"verbosity": -1})
    # What is written and read again is what a bundle holds.
    return lgb.Booster(model_str=lgb.train({**fixed, **free, **params}, data, n_trees).model_to_string())


def text_of(booster: lgb.Booster) -> str:
    """Model text as a bundle reads it."""
    return trees.checked(booster.model_to_string(), tuple(booster.feature_name()))


def spread(values: Floats) -> Floats:
    """Rows of the model's features in their columns, with something else in the others."""
    rows = np.full((values.shape[0], WIDTH), 77.0)
    rows[:, COLUMNS] = values
    return rows


def rows_at_every_split(forest: Forest, seed: int) -> Floats:
    """Rows with every edge case, and every threshold and its neighbours, in every column that a split reads."""
    chance = np.random.default_rng(seed)
    base = spread(training_rows(seed + 1, 40)[0])
    rows = []
    for column in np.unique(forest.nodes[:, kernel.COLUMN]):
        at = np.unique(forest.thresholds[forest.nodes[:, kernel.COLUMN] == column])
        close = (at, np.nextafter(at, np.inf), np.nextafter(at, -np.inf), -at)
        given = np.concatenate([EDGES, *close, chance.integers(0, 1_000, 30)])
        changed = base[chance.integers(0, base.shape[0], 3 * given.size)]
        changed[:, column] = np.tile(given, 3)
        rows.append(changed)
    return np.concatenate([base, *rows])


def resized(text: str) -> str:
    """Model text with the lengths of its trees as they are: a change that they do not give away."""
    trees = re.split("(?m)^(?=Tree=)", text.partition("end of trees")[0])[1:]
    return re.sub("tree_sizes=.*", f"tree_sizes={' '.join(str(len(tree)) for tree in trees)}", text)
