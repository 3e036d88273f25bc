from __future__ import annotations

import lightgbm as lgb
import pytest

from tests.builders import a_dataset, small_columns
from training.data.splits import split_by_time
from training.fit.booster import Options, fit, rows_of
from training.fit.regime import FEW_FOUND, MANY_FOUND, Regime, Size

DATA = a_dataset(800, delay_days=1.0)
SPLIT = split_by_time(DATA)


def rows(options: Options, later: bool = False):
    labelled, background = (SPLIT.tune, SPLIT.tune_background) if later else (SPLIT.fit, SPLIT.fit_background)
    return rows_of(DATA, labelled=labelled, background=background, columns=small_columns(), options=options, seed=1)


def leaves(booster: lgb.Booster) -> list[int]:
    return [tree["num_leaves"] for tree in booster.dump_model()["tree_info"]]


@pytest.mark.parametrize(
    ("n_found", "size"),
    [
        (0, Size.FEW),
        (FEW_FOUND - 1, Size.FEW),
        (FEW_FOUND, Size.SOME),
        (MANY_FOUND - 1, Size.SOME),
        (MANY_FOUND, Size.MANY),
    ],
)
def test_the_regime_follows_the_findings_and_says_so(n_found: int, size: Size):
    regime = Regime.of(n_found)
    assert regime.size is size
    assert regime.says.startswith(f"{size}: {n_found:,} findings")


def test_of_few_findings_main_effects_come_first_and_deeper_trees_follow():
    options = Options(n_background=0, main_effects=5, least_trees=9)
    fitted = fit(rows(options), options=options, seed=1, n_trees=9).booster
    assert max(leaves(fitted)[:5]) == 2
    assert max(leaves(fitted)[5:]) > 2


def test_there_are_never_fewer_than_the_least_trees_however_early_the_fit_stops():
    eager = {"learning_rate": 0.5, "lambda_l2": 0.0, "min_data_in_leaf": 2}
    options = Options(n_background=0, params=eager)
    least = Options(n_background=0, params=eager, least_trees=60)
    alone, floored = (fit(rows(one), options=one, seed=1, stop_on=rows(one, later=True)) for one in (options, least))
    assert alone.n_trees < 60
    assert floored.n_trees == floored.booster.num_trees() == 60


def test_of_many_findings_trees_are_larger_unless_asked_otherwise():
    regime = Regime.of(MANY_FOUND)
    assert regime.fitted(Options()).params["num_leaves"] > 15
    assert not regime.fitted(Options()).alternate
    assert regime.fitted(Options(params={"num_leaves": 7})).params == {"num_leaves": 7}


def test_in_between_a_fit_is_as_it_was_asked_for():
    assert Regime.of(FEW_FOUND).fitted(Options()) == Options()
