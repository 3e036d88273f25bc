"""What parcels hold, where methods miss and posts do not present all: intervals hold, naive figures do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from features.handling import Sensitivity
from policy.estimates import Population, estimate, wilson
from training.estimates import Stratum, estimate_contents, presented_share

SEES = np.array([0.5, 0.9])


def line(share: float, low: float, high: float) -> Sensitivity:
    return Sensitivity(share=share, low=low, high=high, source="test", is_measured=True)


SURE = {0: line(0.5, 0.5, 0.5), 1: line(0.9, 0.9, 0.9)}
ROUGH = {0: line(0.5, 0.4, 0.6), 1: line(0.9, 0.85, 0.95)}


def world(
    rng: np.random.Generator, n: int = 4_000, sees: np.ndarray = SEES
) -> tuple[Population, np.ndarray, np.ndarray]:
    """Parcels of two posts, of which the one with more contraband presents less; the model is off by a third."""
    post = rng.integers(0, 2, n)
    risk = np.where(post == 1, 0.06, 0.02) * rng.gamma(2.0, 0.5, n)
    holds = rng.random(n) < risk
    method = rng.integers(0, 2, n)
    seen = holds & (rng.random(n) < sees[method])
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
        rates += found.finding_share.holds(holds.mean())
        missed += found.missed.holds(holds.sum() - found.n_found)
        naive += estimate(population).finding_share.value < holds.mean()
    assert min(rates, missed) >= 84
    assert naive >= 95, "without sensitivities only what the methods would see is estimated"


def undeclared(rng: np.random.Generator, sees: np.ndarray, n: int = 4_000) -> tuple[Population, np.ndarray, np.ndarray]:
    """Letters of which nobody predicts anything: drawn plainly, and presented like those that were declared."""
    population, method, holds = world(rng, n, sees)
    selected = rng.random(n) < 0.15
    result = selected & (rng.random(n) < 0.75)
    drawn = replace(
        population,
        predicted=np.full(n, 0.01),
        label=np.where(result, holds & (rng.random(n) < sees[method]), -1).astype(np.int64),
        propensity=np.full(n, 0.15),
        is_selected=selected,
        known_share=presented_share(selected, result, pl.Series(np.zeros(n))),
    )
    return drawn, method, holds


def test_in_thirty_six_of_forty_worlds_they_hold_where_a_sensitivity_is_known_only_roughly() -> None:
    """What a method sees is drawn around what the office was given, with the doubt that this comes with."""
    rng = np.random.default_rng(40)
    rates = missed = naive = 0
    for _ in range(40):
        sees = np.array([rng.normal(one.share, (one.high - one.low) / 3.29) for one in ROUGH.values()])
        parts = [world(rng, sees=sees), undeclared(rng, sees)]
        found = estimate_contents([Stratum(population=one, method=method) for one, method, _ in parts], ROUGH)
        n, n_holds = sum(len(one) for one, _, _ in parts), sum(int(holds.sum()) for _, _, holds in parts)
        looked_at = wilson(found.n_found, found.n_inspected)
        rates += found.finding_share.holds(n_holds / n)
        missed += found.missed.holds(n_holds - found.n_found)
        naive += looked_at.holds(n_holds / n)
        assert found.finding_share.width < 1.2 * n_holds / n, "an interval wider than that says nothing"
    assert min(rates, missed) >= 36, (rates, missed)
    assert naive < 36, naive


def test_of_a_part_it_is_what_was_found_in_it_and_what_methods_missed_by_hand() -> None:
    """Ten parcels, all looked at; x-ray raised two findings and an opening one among the seven that are chosen."""
    label = np.array([1, 1, 1, 0, 0, 0, 0, 0, 1, 0])
    population = Population(
        predicted=np.full(10, 0.3),
        label=label,
        propensity=np.ones(10),
        is_selected=np.ones(10, dtype=np.bool_),
        day=np.arange(10),
        sender=np.arange(10),
    )
    whole = Stratum(population=population, method=np.array([0, 0, 1, 0, 1, 0, 1, 0, 0, 1]))
    first = replace(whole, chosen=np.arange(10) < 7)
    part, everything = estimate_contents([first], SURE), estimate_contents([whole], SURE)
    assert (part.n_parcels, part.n_inspected, part.n_found) == (7, 7, 3)
    assert part.missed.value == pytest.approx(2 * (1 / 0.5 - 1) + (1 / 0.9 - 1))
    assert part.finding_share.value == pytest.approx((2 / 0.5 + 1 / 0.9) / 7)
    assert everything.recall.value == pytest.approx(4 / (3 / 0.5 + 1 / 0.9))
    assert part.missed.low < part.missed.value < part.missed.high <= 4
    assert estimate_contents([first]).missed.high == 0, "what the methods would find was found"


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
