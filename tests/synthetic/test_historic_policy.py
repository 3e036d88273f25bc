from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.synthetic import World
from policy.historic import HistoricRule, budgeted, draw, propensity, rule_weights
from policy.rules import RuleError


@given(st.lists(st.floats(0.0, 50.0), min_size=1, max_size=60), st.floats(0.0, 30.0), st.floats(0.05, 1.0))
def test_probabilities_meet_the_budget_under_the_ceiling(weights: list[float], budget: float, ceiling: float) -> None:
    weight = np.array([value if value > 1e-3 else 0.0 for value in weights])
    probability = budgeted(weight, budget, ceiling)
    assert (probability >= 0.0).all()
    assert (probability <= ceiling + 1e-9).all()
    assert (probability[weight == 0.0] == 0.0).all()
    assert probability.sum() == pytest.approx(min(budget, ceiling * (weight > 0.0).sum()), abs=1e-6)


def test_probabilities_below_the_ceiling_are_in_the_ratio_of_the_weights() -> None:
    probability = budgeted(np.array([1.0, 2.0, 100.0]), 1.2, 0.9)
    assert probability == pytest.approx([0.1, 0.2, 0.9])


def test_the_strongest_rule_counts() -> None:
    facts = pl.DataFrame({"gross_weight_g": [10, 500, None], "stream": ["letter", "ems", "ems"]})
    rules = [
        HistoricRule(name="heavy", when="gross_weight_g > 100", weight=2.0),
        HistoricRule(name="ems", when="stream = 'ems'", weight=1.0),
    ]
    assert rule_weights(facts, rules).tolist() == [0.0, 2.0, 1.0]


def test_a_rule_over_an_unknown_column_is_named() -> None:
    with pytest.raises(RuleError, match="rule odd"):
        rule_weights(pl.DataFrame({"a": [1]}), [HistoricRule(name="odd", when="b > 1", weight=1.0)])


def test_two_independent_chances_are_not_added_up() -> None:
    assert propensity(np.array([0.5, 1.0, 0.0]), np.array([0.5, 0.5, 0.1])) == pytest.approx([0.75, 1.0, 0.1])


def test_recorded_propensities_agree_with_replayed_draws(baseline: World) -> None:
    policy = baseline.policy
    by_rule, at_random = (policy[name].to_numpy() for name in ("rule_probability", "random_probability"))
    rng = np.random.default_rng(0)
    repeats = 300
    taken = np.zeros(policy.height)
    ruled = np.zeros(policy.height)
    for _ in range(repeats):
        drawn = draw(by_rule, at_random, rule_draw=rng.random(policy.height), random_draw=rng.random(policy.height))
        taken += drawn.by_rule | drawn.at_random
        ruled += drawn.by_rule
    recorded = policy["propensity"].to_numpy()
    assert recorded == pytest.approx(propensity(by_rule, at_random))
    # By tenths of the propensity, so that rare and frequent selections are both looked at.
    for low, high in [(0.0, 0.001), (0.001, 0.02), (0.02, 0.2), (0.2, 0.6), (0.6, 1.0)]:
        band = (recorded > low) & (recorded <= high)
        expected = recorded[band].sum() * repeats
        sigma = np.sqrt((recorded[band] * (1 - recorded[band])).sum() * repeats) + 1.0
        assert abs(taken[band].sum() - expected) < 4.5 * sigma
    assert abs(ruled.sum() - by_rule.sum() * repeats) < 4.5 * np.sqrt(by_rule.sum() * repeats)


def test_what_the_world_selected_agrees_with_its_propensities(baseline: World) -> None:
    policy = baseline.policy
    recorded = policy["propensity"].to_numpy()
    selected = (policy["cause"] != "none").to_numpy()
    for low, high in [(0.0, 0.01), (0.01, 1.0)]:
        band = (recorded > low) & (recorded <= high)
        sigma = np.sqrt((recorded[band] * (1 - recorded[band])).sum())
        assert abs(selected[band].sum() - recorded[band].sum()) < 4.0 * sigma


def test_the_random_sample_is_as_large_as_its_chance(baseline: World) -> None:
    policy = baseline.policy
    alone = ((1.0 - policy["rule_probability"]) * policy["random_probability"]).sum()
    assert abs((policy["cause"] == "random").sum() - alone) < 4.0 * np.sqrt(alone)


def test_outcomes_carry_cause_and_propensity_of_the_policy(baseline: World) -> None:
    both = baseline.outcomes.join(baseline.policy, on=["parcel_id", "operator"], suffix="_of_policy")
    assert (both["propensity"] == both["propensity_of_policy"]).all()
    assert (both["cause"] == both["cause_of_policy"]).all()


def test_every_parcel_can_be_selected(baseline: World) -> None:
    assert baseline.policy["propensity"].min() > 0.0
