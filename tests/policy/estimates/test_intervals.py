from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gamma, norm

from policy.estimates import Interval, weighted_count, wilson
from policy.estimates.intervals import half_width


@pytest.mark.parametrize(
    ("n_found", "n", "low", "high"), [(0, 20, 0.0, 0.1192), (1, 500, 0.00047, 0.00848), (10, 20, 0.3274, 0.6726)]
)
def test_wilson_agrees_with_values_worked_out_by_hand(n_found: int, n: int, low: float, high: float):
    found = wilson(n_found, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-4)


def test_without_an_inspection_nothing_is_known():
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)


@pytest.mark.parametrize("n", range(1, 80))
def test_the_share_lies_within_its_interval_to_the_last_bit(n: int):
    for n_found in {0, 1, n // 2, n}:
        found = wilson(n_found, n)
        assert found.low <= found.value <= found.high


@pytest.mark.parametrize("share", [0.002, 0.02, 0.3])
def test_wilson_holds_for_rare_findings(share: float):
    counts = np.random.default_rng(3).binomial(500, share, 2_000)
    assert np.mean([wilson(int(count), 500).holds(share) for count in counts]) > 0.85


@pytest.mark.parametrize("expected", [0.3, 1.0, 3.0, 20.0])
def test_a_weighted_count_of_equal_weights_holds_like_a_count(expected: float):
    weight = 150.0
    counts = np.random.default_rng(4).poisson(expected, 2_000)
    holds = [weighted_count(weight * n, weight**2 * n, weight).holds(weight * expected) for n in counts.tolist()]
    assert np.mean(holds) > 0.85


def test_a_weighted_count_holds_for_weights_within_a_factor_of_ten():
    rng = np.random.default_rng(5)
    share = rng.uniform(0.01, 0.1, 4_000)
    rate = 0.01
    mean_weight = share.size / share.sum()
    hits = 0
    for _ in range(600):
        found = (rng.random(share.size) < rate) & (rng.random(share.size) < share)
        weight = 1.0 / share[found]
        hits += weighted_count(float(weight.sum()), float((weight**2).sum()), mean_weight).holds(rate * share.size)
    assert hits / 600 > 0.85


def test_no_finding_leaves_room_for_some():
    none = weighted_count(0.0, 0.0, 100.0)
    assert none.low == 0.0
    assert 100.0 < none.high < 300.0
    assert weighted_count(-50.0, 400.0, 100.0).value == 0.0


@given(st.floats(0, 1e6), st.floats(0, 1e9), st.floats(1e-3, 1e5))
def test_the_estimate_lies_in_its_interval(total: float, variance: float, next_weight: float):
    found = weighted_count(total, variance, next_weight)
    assert 0.0 <= found.low <= found.value <= found.high


def test_intervals_are_scaled_shifted_and_capped():
    one = Interval(value=2.0, low=1.0, high=9.0)
    assert one.scaled(10.0) == Interval(value=20.0, low=10.0, high=90.0)
    assert one.shifted(1.0) == Interval(value=3.0, low=2.0, high=10.0)
    assert one.capped(4.0) == Interval(value=2.0, low=1.0, high=4.0)
    assert one.width == 8.0


def test_more_variance_never_gives_a_narrower_interval():
    for total in (0.0, 2.0, 6.5):
        high = [weighted_count(total, variance, 1.0).high for variance in (0.0, 1.0, 10.0, 50.0, 1e3, 4.6e3, 1e5)]
        assert high == sorted(high), total


@given(st.floats(0.01, 1e5), st.floats(0.01, 1e6))
def test_quantiles_are_those_of_the_distributions_to_the_last_bit(mean: float, variance: float):
    assert half_width(variance) == float(norm.ppf(0.5 + 0.9 / 2)) * math.sqrt(variance)
    ends = weighted_count(mean, variance, 0.0)
    low = float(gamma.ppf((1 - 0.9) / 2, a=mean * mean / variance, scale=variance / mean))
    assert ends.low == min(low, mean)
