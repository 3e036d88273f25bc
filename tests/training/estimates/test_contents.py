"""What parcels hold, where methods miss and posts do not present all: intervals hold, naive figures do not."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from features.handling import Sensitivity
from policy.estimates import Population, estimate
from training.estimates import Stratum, estimate_contents, presented_share

SEES = np.array([0.5, 0.9])


def line(share: float, low: float, high: float) -> Sensitivity:
    return Sensitivity(share=share, low=low, high=high, source="test", is_measured=True)


SURE = {0: line(0.5, 0.5, 0.5), 1: line(0.9, 0.9, 0.9)}
ROUGH = {0: line(0.5, 0.4, 0.6), 1: line(0.9, 0.85, 0.95)}


def world(rng: np.random.Generator, n: int = 4_000) -> tuple[Population, np.ndarray, np.ndarray]:
    """Parcels of two posts, of which the one with more contraband presents less; the model is off by a third."""
    post = rng.integers(0, 2, n)
    risk = np.where(post == 1, 0.06, 0.02) * rng.gamma(2.0, 0.5, n)
    holds = rng.random(n) < risk
    method = rng.integers(0, 2, n)
    seen = holds & (rng.random(n) < SEES[method])
    propensity = np.clip(0.1 + 2.0 * risk, 0.0, 1.0)
    selected = rng.random(n) < propensity
    result = selected & (rng.random(n) < np.where(post == 1, 0.6, 0.9))
    population = Population(
        predicted=risk * 0.7 / 1.5,
        label=np.where(result, seen, -1).astype(np.int64),
        propensity=propensity,
        is_selected=selected,
        day=rng.integers(0, 84, n),
        sender=np.arange(n),
        known_share=presented_share(selected, result, pl.Series(post)),
    )
    return population, method, holds


def test_intervals_hold_and_detectable_findings_are_fewer() -> None:
    rng = np.random.default_rng(3)
    rates = missed = naive = 0
    for _ in range(100):
        population, method, holds = world(rng)
        found = estimate_contents([Stratum(population=population, method=method)], SURE)
        rates += found.share.holds(holds.mean())
        missed += found.missed.holds(holds.sum() - found.n_found)
        naive += estimate(population).finding_share.value < holds.mean()
    assert min(rates, missed) >= 84
    assert naive >= 95, "without sensitivities only what the methods would see is estimated"


def test_what_is_not_known_of_a_sensitivity_widens_the_interval() -> None:
    population, method, _ = world(np.random.default_rng(1))
    sure, rough = (estimate_contents([Stratum(population=population, method=method)], known) for known in (SURE, ROUGH))
    assert rough.missed.value == pytest.approx(sure.missed.value)
    assert rough.missed.width > sure.missed.width


def test_where_methods_see_everything_it_is_the_estimate_of_findings() -> None:
    population, method, _ = world(np.random.default_rng(2))
    strata = [Stratum(population=population, method=method)]
    found, findings = estimate_contents(strata, {0: line(1, 1, 1), 1: line(1, 1, 1)}), estimate(population)
    assert found == estimate_contents(strata)
    assert found.missed.value == pytest.approx(findings.missed.value)
    assert found.missed.high >= findings.missed.high, "one more finding among the drawn counts for those not presented"


def test_strata_are_estimated_by_themselves_and_added() -> None:
    population, method, _ = world(np.random.default_rng(4))
    half = np.arange(len(population)) % 2 == 0
    strata = [Stratum(population=population.part(rows), method=method[rows]) for rows in (half, ~half)]
    parts = [estimate_contents([one], SURE) for one in strata]
    whole = estimate_contents(strata, SURE)
    assert whole.missed.value == pytest.approx(sum(one.missed.value for one in parts))
    assert whole.n_found == sum(one.n_found for one in parts)
    assert whole.missed.width < sum(one.missed.width for one in parts)


def test_a_post_without_selected_parcels_is_taken_for_the_mean_of_all() -> None:
    selected = np.array([True, True, True, True, False])
    result = np.array([True, False, True, False, False])
    share = presented_share(selected, result, pl.Series(["CN", "CN", "US", "US", "TH"]))
    assert share == pytest.approx(0.5)
    assert presented_share(selected, selected, pl.Series(["CN"] * 5)) == pytest.approx(1.0)
