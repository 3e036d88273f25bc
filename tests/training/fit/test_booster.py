from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.bundle import Calibration, predict_raw, trees
from features.bundle.forest import Forest, Patterns
from features.catalogue import catalogue
from tests.builders import SMALL_FEATURES, a_dataset, small_columns
from training.data.datasets import Dataset
from training.data.splits import split_by_time
from training.fit.booster import FINDINGS_SHARE, Options, Rows, Weights, fit, rows_of, scores_chose
from training.fit.calibration import Level, calibrate

DATA = a_dataset(800, delay_days=1.0)
SPLIT = split_by_time(DATA)


ALONE = Options(n_background=0, monotone=False, params={"lambda_l2": 1.0, "feature_fraction": 0.7})
BESIDE = Options(n_background=100, monotone=False)


def rows(labelled=SPLIT.fit, population=SPLIT.fit_population, options: Options = ALONE, seed: int = 1):
    return rows_of(DATA, labelled=labelled, background=population, columns=small_columns(), options=options, seed=seed)


def fitted(seed: int = 1, n_trees: int = 12, options: Options = ALONE):
    return fit(rows(options=options), options=options, seed=seed, n_trees=n_trees)


def test_the_same_data_and_seed_give_the_same_bytes():
    assert fitted().model == fitted().model


def test_another_seed_gives_another_model():
    assert fitted(1).model != fitted(2).model


def test_a_model_has_the_trees_and_the_features_that_were_asked_for():
    booster = fitted(n_trees=7).booster
    assert booster.num_trees() == 7
    assert tuple(booster.feature_name()) == SMALL_FEATURES


def test_countries_are_categories_to_the_model_and_weights_are_numbers():
    header = fitted().model.split("\n\n", 1)[0]
    infos = next(line for line in header.splitlines() if line.startswith("feature_infos=")).split("=")[1].split(" ")
    is_category = [not info.startswith("[") for info in infos]
    assert is_category == [column in catalogue().categories() for column in small_columns()]


def test_fitting_stops_by_the_slice_to_tune_on_and_keeps_its_best_trees():
    later = rows(SPLIT.tune, SPLIT.tune_population)
    stopped = fit(rows(), options=ALONE, seed=1, stop_on=later)
    assert 1 <= stopped.n_trees < 200
    assert stopped.booster.num_trees() == stopped.n_trees


def test_a_fitted_model_has_learned_that_heavy_parcels_hold_more():
    raw = predict_raw(fitted(n_trees=100).booster, np.array([[1_900.0, 50.0, 1.0], [60.0, 50.0, 1.0]]))
    assert raw[0] > raw[1] + 1


def sample(a: float, b: float, c: float, n: int = 60_000) -> tuple[np.ndarray, np.ndarray]:
    """Raw scores with labels drawn with the probability that a beta calibration gives them."""
    rng = np.random.default_rng(4)
    raw = rng.normal(-0.5, 2.0, n)
    z = a * -np.logaddexp(0, -raw) + b * np.logaddexp(0, raw) + c
    return raw, (rng.random(n) < 1 / (1 + np.exp(-z))).astype(float)


@pytest.mark.parametrize(("a", "b", "c"), [(1.0, 1.0, 0.0), (1.0, 1.0, -1.5), (0.6, 1.4, 0.3)])
def test_calibration_recovers_the_probability_that_labels_were_drawn_with(a: float, b: float, c: float):
    raw, label = sample(a, b, c)
    found = calibrate(raw, label, np.ones(raw.size))
    assert found.probability(raw) == pytest.approx(Calibration(a=a, b=b, c=c).probability(raw), abs=0.03)
    assert found.probability(raw).mean() == pytest.approx(label.mean(), abs=1e-4)


def test_probabilities_that_stop_growing_far_below_one_half_are_followed():
    rng = np.random.default_rng(5)
    raw = rng.normal(-6.0, 1.2, 200_000)
    truth = 0.65 / (1 + np.exp(-2.0 * (raw + 4.2)))
    label = (rng.random(raw.size) < truth).astype(float)
    found = calibrate(raw, label, np.ones(raw.size))
    top = raw > -3.0
    assert found.probability(raw)[top].mean() == pytest.approx(truth[top].mean(), abs=0.06)


def test_calibration_undoes_a_sample_in_which_findings_are_too_many():
    raw, label = sample(1.0, 1.0, 0.0)
    weight = np.where(label == 1, 0.25, 1.0)
    found = calibrate(raw, label, weight).probability(raw)
    assert np.log(found / (1 - found)).mean() == pytest.approx((raw + np.log(0.25)).mean(), abs=0.08)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(-1.0, 1.0))
def test_calibration_never_turns_the_ranking_around(seed: int, slope: float):
    rng = np.random.default_rng(seed)
    raw = rng.normal(0, 1, 200)
    label = (rng.random(200) < 1 / (1 + np.exp(-slope * raw))).astype(float)
    label[:2] = (0.0, 1.0)
    found = calibrate(raw, label, np.ones(200))
    assert found.a >= 0
    assert found.b >= 0
    assert (np.diff(found.probability(np.linspace(-4, 4, 50))) > 0).all()


def test_scores_that_mislead_are_calibrated_to_the_share_found():
    raw, label = sample(1.0, 1.0, 0.0, 5_000)
    found = calibrate(-raw, label, np.ones(raw.size))
    assert found.probability(raw) == pytest.approx(np.full(raw.size, label.mean()), abs=1e-4)


def test_the_background_is_parcels_without_result_of_the_same_time():
    given = rows(options=BESIDE)
    assert given.n_found == int((DATA.label[SPLIT.fit] == 1).sum())
    assert given.label.size == int(SPLIT.fit.sum()) + 100
    free = {tuple(row) for row in DATA.values[SPLIT.fit_population & ~SPLIT.fit][:, small_columns()]}
    assert {tuple(row) for row in given.values[int(SPLIT.fit.sum()) :]} <= free


def test_findings_have_their_share_and_a_clean_inspection_counts_like_a_parcel_of_the_background():
    given = rows(options=BESIDE)
    found = given.label == 1
    assert given.weight[found].sum() / given.weight.size == pytest.approx(FINDINGS_SHARE)
    assert np.unique(given.weight[~found]).size == 1


def test_where_scores_chose_a_good_part_of_the_inspected_there_is_no_background():
    cause = pl.Series("cause", np.where(SPLIT.fit & (np.arange(len(DATA)) % 6 == 0), "score", "rule"))
    by_score = Dataset(**(vars(DATA) | {"parcels": DATA.parcels.with_columns(cause)}))
    given = rows_of(
        by_score, labelled=SPLIT.fit, background=SPLIT.fit_population, columns=small_columns(), options=BESIDE, seed=1
    )
    assert given.label.size == int(SPLIT.fit.sum())
    assert not scores_chose(np.array([], dtype=bool))


def test_every_other_tree_has_random_thresholds_unless_the_options_say_otherwise():
    columns = tuple(column for column in small_columns() if column not in catalogue().categories())
    values = np.random.default_rng(1).normal(size=(3_000, len(columns)))
    noise = np.random.default_rng(2).normal(size=3_000)
    given = Rows(values=values, label=(values[:, 0] + noise > 1) * 1.0, weight=np.ones(3_000), columns=columns)

    def leaves(options):
        trees = fit(given, options=options, seed=1, n_trees=6).booster.dump_model()["tree_info"]
        return [tree["num_leaves"] for tree in trees], [tree["tree_structure"]["threshold"] for tree in trees]

    _, roots = leaves(Options(monotone=False))
    _, ordinary = leaves(Options(alternate=False, monotone=False))
    assert len(set(ordinary)) < len(ordinary), "ordinary trees take the best threshold, and so the same ones"
    assert len(set(roots[1::2])) == len(roots[1::2]), "thresholds are drawn for every tree"
    bounded, _ = leaves(Options(params={"num_leaves": 4}, monotone=False))
    assert max(bounded) == 4
    _, random = leaves(Options(params={"extra_trees": True}, monotone=False))
    assert len(set(random)) == len(random), "what the options say holds for every tree"


def test_no_path_holds_more_features_than_contributions_have_tables_for():
    columns = tuple(column for column in range(40) if column not in catalogue().categories())
    values = np.random.default_rng(3).normal(size=(4_000, len(columns)))
    label = np.cumprod(values < 1.0, axis=1).sum(axis=1) % 2.0
    given = Rows(values=values, label=label, weight=np.ones(4_000), columns=columns)
    options = Options(alternate=False, monotone=False, params={"num_leaves": 60, "min_data_in_leaf": 1})
    booster = fit(given, options=options, seed=1, n_trees=3).booster
    forest = Forest.of(trees.checked(booster.model_to_string(), tuple(booster.feature_name())), columns)
    sizes = np.diff(Patterns.of(forest).starts[:, 0].astype(np.int64))
    assert sizes.max() == 12


def test_inverse_propensities_make_rarely_selected_findings_heavier():
    given = rows(options=Options(weights=Weights.IPW, n_background=0))
    found = np.flatnonzero(DATA.label[SPLIT.fit] == 1)
    propensity = DATA.propensity[SPLIT.fit][found]
    order = np.argsort(propensity)
    assert (np.diff(given.weight[found][order]) <= 1e-12).all()
    assert given.weight[found].max() > 2 * given.weight[found].min()


def test_a_binding_direction_binds():
    from features.catalogue import catalogue as all_features

    columns = [all_features().names.index("sender_found_28d"), *small_columns()]
    values = DATA.values.copy()
    values[:, columns[0]] = np.where(DATA.label == 1, 0.0, 3.0)
    turned = Dataset(**(vars(DATA) | {"values": values}))
    options = Options(n_background=0, monotone=True)
    given = rows_of(
        turned, labelled=SPLIT.fit, background=SPLIT.fit_population, columns=columns, options=options, seed=1
    )
    booster = fit(given, options=options, seed=1, n_trees=20).booster
    few, many = np.array([[0.0, 500.0, 50.0, 1.0]]), np.array([[9.0, 500.0, 50.0, 1.0]])
    assert predict_raw(booster, many) >= predict_raw(booster, few)


@pytest.mark.parametrize("factor", [0.5, 0.9, 1.3])
def test_a_calibration_is_bound_to_a_level_by_parcels_of_which_little_is_known(factor: float):
    raw, label = sample(1.0, 1.0, -2.0)
    is_high = raw > 1.0
    weight = np.where(is_high, 1.0, 1e-3)
    level = Level(raw=raw, share=float(label.mean() * factor))
    free, bound = calibrate(raw, label, weight), calibrate(raw, label, weight, level)
    assert bound.probability(raw).mean() == pytest.approx(level.share, rel=1e-4)
    of_high = bound.probability(raw)[is_high].mean() / free.probability(raw)[is_high].mean()
    assert abs(of_high - 1.0) < abs(factor - 1.0)


def test_where_most_of_the_flow_was_inspected_nothing_else_stands_for_it():
    population = SPLIT.fit | (SPLIT.fit_population & (np.cumsum(~SPLIT.fit) <= SPLIT.fit.sum() - 1))
    few = rows(population=population, options=BESIDE)
    alone = rows(population=population)
    assert few.label.size == int(SPLIT.fit.sum())
    assert np.array_equal(few.weight, alone.weight)
