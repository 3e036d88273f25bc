from __future__ import annotations

import numpy as np
import pytest

from training.estimates.doubly_robust import Population, estimate, share_of_total, worth


def a_flow(
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
    flow = Population(
        predicted=np.clip(risk * wrong_by, 0, 1),
        label=np.where(seen, finding.astype(int), -1),
        propensity=propensity,
        is_selected=selected,
        day=np.arange(n) // 500,
        sender=rng.integers(0, n // 3, n),
    )
    return flow, finding


@pytest.mark.parametrize("wrong_by", [0.0, 1.0, 3.0])
def test_a_wrong_model_does_not_shift_the_estimate(wrong_by: float):
    errors = []
    for seed in range(60):
        flow, finding = a_flow(seed=seed, wrong_by=wrong_by)
        errors.append(estimate(flow).total.value / finding.sum() - 1.0)
    assert abs(np.mean(errors)) < 0.1


@pytest.mark.parametrize("wrong_by", [0.3, 1.0, 3.0])
def test_intervals_hold_in_most_repetitions(wrong_by: float):
    holds = []
    for seed in range(100, 200):
        flow, finding = a_flow(seed=seed, wrong_by=wrong_by)
        found = estimate(flow)
        holds.append((found.total.holds(finding.sum()), found.recall.holds(found.n_found / finding.sum())))
    assert np.mean(holds, axis=0).min() >= 0.85


def test_what_was_found_is_no_estimate():
    flow, _ = a_flow()
    found = estimate(flow)
    assert found.n_found == int((flow.label == 1).sum())
    assert found.total.low >= found.n_found
    assert found.recall.high <= 1.0


def test_the_line_that_opens_everything_misses_nothing():
    flow, finding = a_flow(presented=1.0)
    everything = Population(
        predicted=flow.predicted,
        label=finding.astype(int),
        propensity=np.ones(len(flow)),
        is_selected=np.ones(len(flow), dtype=bool),
        day=flow.day,
        sender=flow.sender,
    )
    found = estimate(everything)
    assert (found.missed.value, found.missed.high) == (0.0, 0.0)
    assert found.recall.low == 1.0


def test_parcels_that_were_not_presented_are_stood_for_by_those_that_were():
    flow, _ = a_flow()
    weight = flow.weight()
    sure = flow.is_selected & (flow.propensity >= 0.999)
    assert weight[sure].sum() == pytest.approx(sure.sum())
    assert weight[~sure].sum() == pytest.approx((~sure).sum(), rel=1e-9)
    assert (weight[flow.label < 0] == 0).all()


def test_a_part_of_the_flow_is_estimated_like_the_whole():
    flow, _ = a_flow()
    half = np.arange(len(flow)) % 2 == 0
    both = estimate(flow, half).total.value + estimate(flow, ~half).total.value
    assert both == pytest.approx(estimate(flow).total.value, rel=1e-9)


def test_findings_that_hang_together_widen_the_interval():
    flow, _ = a_flow(seed=4)
    one_sender = Population(**(vars(flow) | {"sender": np.zeros(len(flow), dtype=int)}))
    assert estimate(one_sender).missed.width >= estimate(flow).missed.width


def test_without_any_draw_nothing_can_be_excluded():
    flow, _ = a_flow()
    unseen = Population(**(vars(flow) | {"label": np.full(len(flow), -1), "propensity": np.full(len(flow), np.nan)}))
    found = estimate(unseen)
    assert found.n_inspected == 0
    assert found.missed.high == len(flow)


def test_with_one_point_a_finding_is_worth_what_it_counts():
    flow, _ = a_flow()
    points, first = np.ones(len(flow)), np.arange(len(flow)) < 5_000
    assert worth(flow, 1.0 * points) == estimate(flow).total
    assert worth(flow, points, first) == estimate(flow, first).total
    three = worth(flow, 3.0 * points, first)
    assert (three.value, three.low) == pytest.approx(
        (3 * estimate(flow, first).total.value, 3 * estimate(flow, first).total.low)
    )


def test_intervals_of_points_hold_in_most_repetitions():
    holds = []
    for seed in range(100, 200):
        flow, finding = a_flow(seed=seed)
        points = np.where(np.random.default_rng([seed, 1]).random(len(flow)) < 0.3, 4.0, 1.0)
        holds.append(worth(flow, points * (flow.label == 1)).holds(float(points[finding].sum())))
    assert np.mean(holds) >= 0.85


def test_a_part_and_the_rest_share_all_findings():
    holds = []
    for seed in range(100, 160):
        flow, finding = a_flow(seed=seed)
        top = flow.predicted >= np.quantile(flow.predicted, 0.9)
        found = share_of_total(estimate(flow, top), estimate(flow, ~top))
        holds.append(found.holds(finding[top].sum() / finding.sum()))
        assert 0.0 <= found.low <= found.value <= found.high <= 1.0
    assert np.mean(holds) >= 0.9


def test_what_was_inspected_whole_is_worth_what_was_found():
    n = 6
    flow = Population(
        predicted=np.full(n, 0.2),
        label=np.ones(n, dtype=np.int64),
        propensity=np.full(n, 0.05),
        is_selected=np.ones(n, dtype=np.bool_),
        day=np.arange(n),
        sender=np.arange(n),
    )
    points = np.array([1.0, 1.0, 4.0, 1.0, 1.0, 0.5])
    found = worth(flow, points)
    assert (found.value, found.low, found.high) == (8.5, 8.5, 8.5)


def test_points_never_exceed_what_the_parcels_could_hold():
    flow, _ = a_flow()
    top = np.zeros(len(flow), dtype=np.bool_)
    top[np.argsort(-flow.predicted)[:40]] = True
    found = estimate(flow, top)
    assert worth(flow, np.ones(len(flow)), top).high <= found.n_parcels


@pytest.mark.parametrize("share", [0.005, 0.02, 0.05])
def test_where_hardly_a_draw_fell_a_wrong_model_is_not_believed(share: float):
    n, holds, rng = 5_000, [], np.random.default_rng(7)
    part = np.arange(n) < 100
    for _ in range(200):
        finding, drawn = rng.random(n) < 0.02, rng.random(n) < share
        flow = Population(
            predicted=np.where(part, 0.5, 0.02),
            label=np.where(drawn, finding.astype(int), -1),
            propensity=np.full(n, share),
            is_selected=drawn,
            day=np.arange(n) // 100,
            sender=np.arange(n),
        )
        holds.append(estimate(flow, part).total.holds(float(finding[part].sum())))
    assert np.mean(holds) >= 0.85


def test_a_surely_selected_parcel_that_was_not_presented_is_stood_for_by_those_that_were():
    n, rng = 4_000, np.random.default_rng(8)
    sure = np.arange(n) < 800
    finding = rng.random(n) < np.where(sure, 0.4, 0.01)
    totals = []
    for _ in range(60):
        drawn = sure | (rng.random(n) < 0.1)
        seen = drawn & (rng.random(n) < 0.8)
        flow = Population(
            predicted=np.full(n, 0.01),
            label=np.where(seen, finding.astype(int), -1),
            propensity=np.where(drawn, np.where(sure, 1.0, 0.1), np.nan),
            is_selected=drawn,
            day=np.arange(n) // 100,
            sender=np.arange(n),
        )
        totals.append(estimate(flow).total.value)
    assert np.mean(totals) == pytest.approx(finding.sum(), rel=0.06)
