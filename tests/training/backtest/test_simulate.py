"""The back-test in the loop: every strategy keeps to its budget and learns only from what it selected itself."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from features.handling import Sensitivities
from features.parcel.fields import METHODS
from parcel_risk.periods import period_of, recognised_share, with_prevalence
from policy import LinePolicy
from policy.lists import WatchList
from training.backtest.ceiling import compare_with_ceiling
from training.backtest.period import WEEK_US, SimulationPeriod
from training.backtest.simulate import (
    LoopOptions,
    Simulated,
    background_of,
    calibration_of,
    learning_rows,
    log_odds_of_rank,
    run_simulation,
)
from training.backtest.strategies import STRATEGIES, Strategy
from training.backtest.summary import by_phase, compared, recovery_weeks
from training.data.methods import weight_of_clean
from training.fit.booster import Options

OPTIONS = LoopOptions(
    policy=LinePolicy(capacity_share=0.05),
    warm_up_weeks=4,
    train_every_weeks=4,
    judged_weeks=3,
    n_trees=10,
    background_per_week=100,
    fit=Options(params={"num_leaves": 7}),
)


@cache
def period() -> SimulationPeriod:
    return period_of(with_prevalence("baseline", 0.05), n_parcels=5_000, n_days=84, seed=4)


@cache
def simulated(name: str) -> Simulated:
    return run_simulation(period(), named(name), OPTIONS, seed=1)


def named(name: str) -> Strategy:
    return next(strategy for strategy in STRATEGIES if strategy.name == name)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.name)
def test_a_strategy_keeps_to_its_budget(strategy: Strategy):
    weeks = simulated(strategy.name).weeks
    assert weeks["n_parcels"].sum() == period().events.height
    budget = 0.05 * weeks["n_parcels"].sum()
    assert weeks["n_selected"].sum() <= 1.15 * budget
    if strategy.name != "oracle":
        assert weeks["n_selected"].sum() >= 0.8 * budget


def test_every_strategy_starts_with_the_same_weeks():
    warm = period().week < OPTIONS.warm_up_weeks
    first = simulated("rules").selected[warm]
    assert all(np.array_equal(simulated(strategy.name).selected[warm], first) for strategy in STRATEGIES)


def test_nobody_beats_the_oracle_and_chance_is_beaten():
    value = {strategy.name: simulated(strategy.name).weeks["value"].sum() for strategy in STRATEGIES}
    assert max(value, key=lambda name: value[name]) == "oracle"
    assert value["ours"] > value["random"]


def test_draws_have_propensities_below_one_and_scores_one():
    after = period().week >= OPTIONS.warm_up_weeks
    ours = simulated("ours").propensity[after]
    assert (ours > 0).all()
    assert 0.03 < (ours == 1.0).mean() < 0.06
    assert set(np.unique(simulated("ours_without_draws").propensity[after])) == {0.0, 1.0}


def test_places_do_not_depend_on_the_scale_of_a_model():
    raw = np.random.default_rng(3).normal(size=1_001)
    found = log_odds_of_rank(raw)
    assert np.array_equal(np.argsort(found), np.argsort(raw))
    assert log_odds_of_rank(3.0 * raw - 7.0) == pytest.approx(found)
    assert np.median(found) == pytest.approx(0.0)
    assert found.max() == pytest.approx(np.log(1_000.5 / 0.5))
    assert log_odds_of_rank(np.zeros(3)).tolist() == sorted(log_odds_of_rank(np.zeros(3)), reverse=True), (
        "the first stands higher"
    )


def test_draws_know_the_level_of_the_flow_about():
    ours, world = simulated("ours"), period()
    late = np.isfinite(ours.rank_log_odds)
    calibration = calibration_of(world, ours.rank_log_odds, ours.selected & world.is_presented & late, ours.propensity)
    mean = calibration.probability(ours.rank_log_odds[late]).mean()
    assert mean == pytest.approx(world.would_be_found[late].mean(), rel=0.7)


def test_a_watch_list_has_heard_of_nothing_that_the_week_itself_brings(monkeypatch: pytest.MonkeyPatch):
    heard: list[int] = []
    early: list[int] = []

    class Listening(WatchList):
        def add(self, parcels: pl.DataFrame, now_us: int) -> None:
            heard.extend(parcels["known_at"].dt.epoch("us").to_list())
            super().add(parcels, now_us)

        def hits(self, parcels: pl.DataFrame, now_us: int) -> np.ndarray:
            early.extend(known for known in heard if known >= now_us)
            return super().hits(parcels, now_us)

    monkeypatch.setattr("training.backtest.simulate.WatchList", Listening)
    run_simulation(period(), named("rules_and_list"), OPTIONS, seed=1)
    assert heard
    assert not early


def test_the_same_seed_plays_the_same_period():
    again = run_simulation(period(), named("ours"), OPTIONS, seed=1)
    assert again.weeks.equals(simulated("ours").weeks)
    assert np.array_equal(again.selected, simulated("ours").selected)


def test_a_result_is_learned_from_only_when_selected_presented_and_known():
    ours, world = simulated("ours"), period()
    now = int(world.lodged_at_us[0]) + 8 * WEEK_US
    known = ours.selected & world.is_presented & (world.lodged_at_us + world.delay_us < now)
    rows = learning_rows(
        world, ours.rows, ours.values, known, background_of(world, OPTIONS, 1), ours.propensity, OPTIONS.fit
    )
    assert rows.n_found == int((known & world.would_be_found)[ours.rows].sum())
    assert rows.n_found < int(world.holds.sum())


def test_a_clean_x_ray_weighs_less_where_methods_are_distinguished_as_in_a_training_run():
    ours, known_table = simulated("ours"), Sensitivities.read()
    xray, opened = METHODS.index("xray"), METHODS.index("opened")
    world = replace(period(), method=np.where(np.arange(period().events.height) % 2 == 0, xray, opened))
    known = ours.selected & world.is_presented
    none = np.zeros_like(known)
    rows = [
        learning_rows(one, ours.rows, ours.values, known, none, ours.propensity, OPTIONS.fit, table)
        for one, table in ((world, known_table), (world, None), (period(), known_table))
    ]
    at = ours.rows[known[ours.rows]]
    is_weak = (world.method[at] == xray) & ~world.would_be_found[at]
    assert set(rows[0].weight[is_weak]) == {weight_of_clean("xray", known_table)}
    assert set(rows[0].weight[~is_weak]) == {1.0}
    assert all(np.array_equal(one.weight, np.ones(at.size)) for one in rows[1:])


def test_the_final_model_is_judged_beside_its_ceiling_on_the_last_weeks():
    judged = compare_with_ceiling(period(), simulated("ours"), OPTIONS, seed=1, n_trees=20)
    last = period().week >= period().week[-1] + 1 - OPTIONS.judged_weeks
    assert judged.n_judged == int(last.sum())
    assert 0 <= judged.recall <= 1
    assert judged.n_truth > judged.n_found


def test_what_an_inspection_recognises_comes_from_the_scenario():
    baseline = with_prevalence("baseline", None)
    assert recognised_share(baseline.inspection) == pytest.approx((0.75 * 0.6 + 0.22 * 0.7 + 0.03) * 0.9)
    found = period().would_be_found.sum() / period().holds.sum()
    assert found == pytest.approx(recognised_share(baseline.inspection), abs=0.1)


def a_loop(values: list[float]) -> pl.DataFrame:
    n = len(values)
    return pl.DataFrame(
        {
            "scenario": ["s"] * n,
            "seed": [1] * n,
            "strategy": ["ours"] * n,
            "week": range(n),
            "n_parcels": [10] * n,
            "n_selected": [1] * n,
            "n_inspected": [1] * n,
            "n_found": [1] * n,
            "value": values,
            "n_findable": [5] * n,
            "findable_value": [10.0] * n,
        }
    )


def test_recovery_is_counted_from_the_beginning_of_the_drift():
    weeks = a_loop([5.0] * 12 + [1.0] * 6 + [5.0] * 10)
    assert recovery_weeks(weeks, first_week=2, drift_from=10) == 10
    assert recovery_weeks(a_loop([5.0] * 28), first_week=2, drift_from=10) == 0
    assert recovery_weeks(a_loop([5.0] * 12 + [1.0] * 16), first_week=2, drift_from=10) == float("inf")


def test_phases_are_summed_and_compared():
    weeks = pl.concat(
        [a_loop([4.0] * 10).with_columns(pl.lit(name).alias("strategy")) for name in ("ours", "exploitation", "rules")]
    ).with_columns(pl.when(pl.col("strategy") == "ours").then(pl.col("value") * 2).otherwise("value").alias("value"))
    phases = by_phase(weeks, first_week=2, drift_from=5, drift_until=7)
    table = compared(phases).filter(pl.col("strategy") == "ours")
    assert table["phase"].to_list() == ["before", "during", "after"]
    assert table["value"].to_list() == [24.0, 16.0, 24.0]
    assert table["value_to_exploitation"].to_list() == [2.0, 2.0, 2.0]
    assert table["n_missed"].to_list() == [12, 8, 12]
