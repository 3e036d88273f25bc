from __future__ import annotations

import re
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.bundle import forest as forests
from features.bundle import kernel
from features.bundle.forest import Forest, NotUnderstoodError, Patterns
from tests.features.forests import (
    COLUMNS,
    N_FEATURES,
    WIDTH,
    rows_at_every_split,
    spread,
    text_of,
    trained,
    training_rows,
)

COMPLETE, WITH_MISSING = 1, 2
"""Seeds of rows without and with missing values."""
KINDS: dict[str, dict[str, Any]] = {
    "ordinary": {},
    "zeros are missing": {"zero_as_missing": True},
    "nothing is missing": {"use_missing": False},
    "one category against all": {"max_cat_to_onehot": 1_000},
    "stumps": {"num_leaves": 2},
    "deep": {"num_leaves": 60, "max_depth": 40},
    "random thresholds": {"extra_trees": True},
    "bagged": {"bagging_fraction": 0.5, "bagging_freq": 1, "feature_fraction": 0.5},
    "without a mean in the first tree": {"boost_from_average": False},
    "leaves at their limits": {"max_delta_step": 0.1},
}


def forest_of(booster: lgb.Booster) -> Forest:
    return Forest.of(text_of(booster), COLUMNS)


def assert_equal(booster: lgb.Booster, seed: int) -> None:
    """Own raw scores are LightGBM's to the bit, and contributions to the last bits."""
    forest = forest_of(booster)
    rows = rows_at_every_split(forest, seed)
    read = np.ascontiguousarray(rows[:, COLUMNS])
    assert forest.raw(rows).tobytes() == booster.predict(read, raw_score=True).tobytes()
    expected = np.zeros(rows.shape)
    expected[:, COLUMNS] = booster.predict(read, pred_contrib=True)[:, :-1]
    assert np.abs(Patterns.of(forest).contributions(rows) - expected).max() <= 1e-12


@pytest.mark.parametrize("seed", [COMPLETE, WITH_MISSING])
@pytest.mark.parametrize("params", KINDS.values(), ids=KINDS)
def test_every_kind_of_forest_is_evaluated_as_lightgbm_does(params: dict[str, Any], seed: int):
    assert_equal(trained(seed, **params), seed=1)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n_trees=st.integers(1, 20),
    n_leaves=st.integers(2, 40),
    use_missing=st.booleans(),
    zero_as_missing=st.booleans(),
    onehot=st.sampled_from([1, 4, 100]),
)
def test_any_forest_is_evaluated_as_lightgbm_does(
    seed: int, n_trees: int, n_leaves: int, use_missing: bool, zero_as_missing: bool, onehot: int
):
    params = {"use_missing": use_missing, "zero_as_missing": zero_as_missing, "max_cat_to_onehot": onehot}
    assert_equal(trained(seed, n_trees, num_leaves=n_leaves, **params), seed)


def test_the_forests_of_these_tests_hold_every_kind_of_split():
    kinds = [forest_of(trained(seed)).nodes[:, kernel.KIND] for seed in (COMPLETE, WITH_MISSING)]
    assert set(np.concatenate(kinds).tolist()) == {0, 1, 2, 4, 6}
    assert [np.isnan(training_rows(seed)[0]).any() for seed in (COMPLETE, WITH_MISSING)] == [False, True]


def test_a_forest_without_any_split_has_one_score():
    booster = trained(1, min_gain_to_split=1e9)
    forest = forest_of(booster)
    assert forest.nodes.shape == (0, 6)
    rows = spread(training_rows(2, 5)[0])
    assert forest.raw(rows).tobytes() == booster.predict(rows[:, COLUMNS], raw_score=True).tobytes()
    assert not Patterns.of(forest).contributions(rows).any()


def test_a_tree_without_split_among_others_is_added_in_its_turn():
    first, second = trained(1, 2).model_to_string(), trained(2, 1, min_gain_to_split=1e9).model_to_string()
    leaf = re.search(r"Tree=0\n.*?\n\n\n", second, re.DOTALL)
    assert leaf
    inserted = leaf[0].replace("Tree=0", "Tree=1")
    text = first.replace("Tree=1", "Tree=2").replace("Tree=2", inserted + "Tree=2", 1)
    sizes = re.search(r"tree_sizes=(\d+) (\d+)", first)
    assert sizes
    text = text.replace(sizes[0], f"tree_sizes={sizes[1]} {len(inserted)} {sizes[2]}")
    booster = lgb.Booster(model_str=text)
    assert booster.num_trees() == 3
    assert_equal(booster, seed=3)


def test_one_row_gets_the_bits_that_it_gets_among_many():
    forest = forest_of(trained(4, 20))
    patterns = Patterns.of(forest)
    rows = np.tile(spread(training_rows(5, 130)[0]), (5, 1))
    raw, contributions = forest.raw(rows), patterns.contributions(rows)
    for row in (0, 1, 129, 499, 500, 649):
        assert forest.raw(rows[row : row + 1]).tobytes() == raw[row : row + 1].tobytes()
        assert patterns.contributions(rows[row : row + 1]).tobytes() == contributions[row : row + 1].tobytes()


def test_contributions_add_up_to_the_score_less_that_of_a_row_of_which_nothing_is_known():
    booster = trained(6)
    forest = forest_of(booster)
    rows = spread(training_rows(7, 50)[0])
    rest = forest.raw(rows) - Patterns.of(forest).contributions(rows).sum(axis=1)
    assert rest == pytest.approx(booster.predict(rows[:, COLUMNS], pred_contrib=True)[:, -1], abs=1e-12)
    assert np.ptp(rest) < 1e-12


@pytest.mark.parametrize("n", [0, 1, 3])
def test_any_number_of_rows_in_any_layout_is_read(n: int):
    forest = forest_of(trained(1, 2))
    rows = spread(training_rows(2, 3)[0])[:n]
    assert forest.raw(rows).shape == (n,)
    assert Patterns.of(forest).contributions(rows).shape == (n, WIDTH)
    assert forest.raw(np.asfortranarray(rows)).tobytes() == forest.raw(rows).tobytes()


def test_rows_that_are_too_narrow_are_refused_before_the_kernel_reads_beyond_them():
    forest = forest_of(trained(1, 2))
    with pytest.raises(ValueError, match="rows of 11 columns; the model reads column 11"):
        forest.raw(np.zeros((2, 11)))
    with pytest.raises(ValueError, match="rows of 11 columns"):
        Patterns.of(forest).contributions(np.zeros((2, 11)))


def test_a_kind_of_missing_values_that_lightgbm_does_not_have_is_not_understood():
    text = text_of(trained(WITH_MISSING, 1))
    changed = re.sub(r"(decision_type=(?:.* )?)10 ", r"\g<1>14 ", text, count=1)
    assert changed != text
    with pytest.raises(NotUnderstoodError, match="unknown kind of missing values"):
        Forest.of(changed, COLUMNS)


def wide(n: int, depth: int) -> lgb.Booster:
    """A tree that asks another feature at every step: the label says how many of the first are below 0."""
    values = np.random.default_rng(3).normal(size=(4_000, n))
    label = np.cumprod(values < 1.0, axis=1).sum(axis=1)
    names = [f"f{index}" for index in range(n)]
    params = {"num_leaves": 40, "max_depth": depth, "min_data_in_leaf": 1, "verbosity": -1, "objective": "binary"}
    model = lgb.train(params, lgb.Dataset(values, label=label % 2, feature_name=names), 1)
    return lgb.Booster(model_str=model.model_to_string())


def test_a_path_of_more_than_twelve_features_is_left_to_lightgbm():
    booster = wide(30, -1)
    with pytest.raises(NotUnderstoodError, match="more than 12 distinct features"):
        Patterns.of(Forest.of(text_of(booster), range(30)))


def test_a_path_of_twelve_features_is_not():
    booster = wide(30, 12)
    patterns = Patterns.of(Forest.of(text_of(booster), range(30)))
    assert np.diff(patterns.starts[:, kernel.SLOTS].astype(np.int64)).max() == 12
    rows = np.random.default_rng(4).normal(size=(300, 30))
    expected = booster.predict(rows, pred_contrib=True)[:, :-1]
    assert np.abs(patterns.contributions(rows) - expected).max() <= 1e-12


def test_tables_beyond_all_bounds_are_not_built(monkeypatch: pytest.MonkeyPatch):
    forest = forest_of(trained(1))
    monkeypatch.setattr(forests, "MOST_PATTERNS", Patterns.of(forest).tables.size - 1)
    with pytest.raises(NotUnderstoodError, match=r"tables of [0-9,]+ patterns"):
        Patterns.of(forest)


def test_a_leaf_that_no_row_reached_has_no_share():
    text = re.sub(r"leaf_count=\d+", "leaf_count=0", text_of(trained(1, 1)), count=1)
    with pytest.raises(NotUnderstoodError, match="without training rows"):
        Patterns.of(Forest.of(text, COLUMNS))


def test_the_model_reads_as_many_features_as_these_tests_say():
    assert len(trained(1, 1).feature_name()) == N_FEATURES
