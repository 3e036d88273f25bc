from __future__ import annotations

import numpy as np
import pytest

from policy.estimates import Population, estimate, share_of_total, utility


def a_population(
    n: int = 20_000, *, seed: int = 1, wrong_by: float = 1.0, presented: float = 0.86
) -> tuple[Population, np.ndarray]:
    """A flow with 1 % findings, the top 2 % surely selected, 2 % of the rest drawn; and what would be found."""
    rng = np.random.default_rng(seed)
    risk = rng.beta(0.3, 25.0, n)
    finding = rng.random(n) < risk
    sure = risk >= np.quantile(risk, 0.98)
    root = np.sqrt(risk)
    propensity = np.where(sure, 1.0, np.clip(0.02 * root / root[~sure].mean(), 0.004, 1.0))
    selected = rng.random(n) < propensity
    seen = selected & (rng.random(n) < presented)
    population = Population(
        predicted=np.clip(risk * wrong_by, 0, 1),
        label=np.where(seen, finding.astype(int), -1),
        propensity=propensity,
        is_selected=selected,
        day=np.arange(n) // 500,
        sender=rng.integers(0, n // 3, n),
    )
    return population, finding


@pytest.mark.parametrize("wrong_by", [0.0, 1.0, 3.0])
def test_a_wrong_model_does_not_shift_the_estimate(wrong_by: float):
    errors = []
    for seed in range(60):
        population, finding = a_population(seed=seed, wrong_by=wrong_by)
        errors.append(estimate(population).total.value / finding.sum() - 1.0)
    assert abs(np.mean(errors)) < 0.1


@pytest.mark.parametrize("wrong_by", [0.3, 1.0, 3.0])
def test_intervals_hold_in_most_repetitions(wrong_by: float):
    holds = []
    for seed in range(100, 200):
        population, finding = a_population(seed=seed, wrong_by=wrong_by)
        found = estimate(population)
        holds.append((found.total.holds(finding.sum()), found.recall.holds(found.n_found / finding.sum())))
    assert np.mean(holds, axis=0).min() >= 0.85


def test_what_was_found_is_no_estimate():
    population, _ = a_population()
    found = estimate(population)
    assert found.n_found == int((population.label == 1).sum())
    assert found.total.low >= found.n_found
    assert found.recall.high <= 1.0


def test_the_line_that_opens_everything_misses_nothing():
    population, finding = a_population(presented=1.0)
    everything = Population(
        predicted=population.predicted,
        label=finding.astype(int),
        propensity=np.ones(len(population)),
        is_selected=np.ones(len(population), dtype=bool),
        day=population.day,
        sender=population.sender,
    )
    found = estimate(everything)
    assert (found.missed.value, found.missed.high) == (0.0, 0.0)
    assert found.recall.low == 1.0


def test_parcels_that_were_not_presented_are_stood_for_by_those_that_were():
    population, _ = a_population()
    weight = population.weight()
    sure = population.is_selected & (population.propensity >= 0.999)
    assert weight[sure].sum() == pytest.approx(sure.sum())
    assert weight[~sure].sum() == pytest.approx((~sure).sum(), rel=1e-9)
    assert (weight[population.label < 0] == 0).all()


def test_a_part_of_the_flow_is_estimated_like_the_whole():
    population, _ = a_population()
    half = np.arange(len(population)) % 2 == 0
    both = estimate(population, half).total.value + estimate(population, ~half).total.value
    assert both == pytest.approx(estimate(population).total.value, rel=1e-9)


def test_findings_that_hang_together_widen_the_interval():
    population, _ = a_population(seed=4)
    one_sender = Population(**(vars(population) | {"sender": np.zeros(len(population), dtype=int)}))
    assert estimate(one_sender).missed.width >= estimate(population).missed.width


def test_without_any_draw_nothing_can_be_excluded():
    population, _ = a_population()
    unseen = Population(
        **(vars(population) | {"label": np.full(len(population), -1), "propensity": np.full(len(population), np.nan)})
    )
    found = estimate(unseen)
    assert found.n_inspected == 0
    assert found.missed.high == len(population)


def test_with_one_point_a_finding_is_worth_what_it_counts():
    population, _ = a_population()
    points, first = np.ones(len(population)), np.arange(len(population)) < 5_000
    assert utility(population, 1.0 * points) == estimate(population).total
    assert utility(population, points, first) == estimate(population, first).total
    three = utility(population, 3.0 * points, first)
    assert (three.value, three.low) == pytest.approx(
        (3 * estimate(population, first).total.value, 3 * estimate(population, first).total.low)
    )


def test_intervals_of_points_hold_in_most_repetitions():
    holds = []
    for seed in range(100, 200):
        population, finding = a_population(seed=seed)
        points = np.where(np.random.default_rng([seed, 1]).random(len(population)) < 0.3, 4.0, 1.0)
        holds.append(utility(population, points * (population.label == 1)).holds(float(points[finding].sum())))
    assert np.mean(holds) >= 0.85


def test_a_part_and_the_rest_share_all_findings():
    holds = []
    for seed in range(100, 160):
        population, finding = a_population(seed=seed)
        top = population.predicted >= np.quantile(population.predicted, 0.9)
        found = share_of_total(estimate(population, top), estimate(population, ~top))
        holds.append(found.holds(finding[top].sum() / finding.sum()))
        assert 0.0 <= found.low <= found.value <= found.high <= 1.0
    assert np.mean(holds) >= 0.9


def test_what_was_inspected_whole_is_worth_what_was_found():
    n = 6
    population = Population(
        predicted=np.full(n, 0.2),
        label=np.ones(n, dtype=np.int64),
        propensity=np.full(n, 0.05),
        is_selected=np.ones(n, dtype=np.bool_),
        day=np.arange(n),
        sender=np.arange(n),
    )
    points = np.array([1.0, 1.0, 4.0, 1.0, 1.0, 0.5])
    found = utility(population, points)
    assert (found.value, found.low, found.high) == (8.5, 8.5, 8.5)


def test_points_never_exceed_what_the_parcels_could_hold():
    population, _ = a_population()
    top = np.zeros(len(population), dtype=np.bool_)
    top[np.argsort(-population.predicted)[:40]] = True
    found = estimate(population, top)
    assert utility(population, np.ones(len(population)), top).high <= found.n_parcels


@pytest.mark.parametrize("share", [0.005, 0.02, 0.05])
def test_where_hardly_a_draw_fell_a_wrong_model_is_not_believed(share: float):
    n, holds, rng = 5_000, [], np.random.default_rng(7)
    part = np.arange(n) < 100
    for _ in range(200):
        finding, drawn = rng.random(n) < 0.02, rng.random(n) < share
        population = Population(
            predicted=np.where(part, 0.5, 0.02),
            label=np.where(drawn, finding.astype(int), -1),
            propensity=np.full(n, share),
            is_selected=drawn,
            day=np.arange(n) // 100,
            sender=np.arange(n),
        )
        holds.append(estimate(population, part).total.holds(float(finding[part].sum())))
    assert np.mean(holds) >= 0.85


def test_a_surely_selected_parcel_that_was_not_presented_is_stood_for_by_those_that_were():
    n, rng = 4_000, np.random.default_rng(8)
    sure = np.arange(n) < 800
    finding = rng.random(n) < np.where(sure, 0.4, 0.01)
    totals = []
    for _ in range(60):
        drawn = sure | (rng.random(n) < 0.1)
        seen = drawn & (rng.random(n) < 0.8)
        population = Population(
            predicted=np.full(n, 0.01),
            label=np.where(seen, finding.astype(int), -1),
            propensity=np.where(drawn, np.where(sure, 1.0, 0.1), np.nan),
            is_selected=drawn,
            day=np.arange(n) // 100,
            sender=np.arange(n),
        )
        totals.append(estimate(population).total.value)
    assert np.mean(totals) == pytest.approx(finding.sum(), rel=0.06)
