from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import Cause, LinePolicy, Referral, draws, select, select_blind

SECRET = b"a secret of the line, for its draws"
POLICY = LinePolicy(capacity_share=0.05, random_share=0.2, floor=0.2)
N = 40_000


def flow(n: int = N, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Raw scores of a flow with few risky parcels, and their probabilities."""
    raw = np.random.default_rng(seed).normal(-4.0, 1.0, n)
    return raw, 1 / (1 + np.exp(-raw))


def chosen(policy: LinePolicy, draw: np.ndarray, *, raw: np.ndarray, probability: np.ndarray):
    threshold = float(np.quantile(raw, 1 - policy.score_budget))
    mean_root = float(np.sqrt(probability).mean())
    return select(policy, raw=raw, probability=probability, threshold=threshold, mean_root=mean_root, draw=draw)


def share(causes: list[Cause], cause: Cause) -> float:
    return sum(one is cause for one in causes) / len(causes)


def test_draws_are_the_same_whenever_they_are_made_again():
    texts = [f"P-{place}" for place in range(200)]
    first = draws(SECRET, texts)
    assert np.array_equal(first, draws(SECRET, texts))
    assert np.array_equal(first[::-1], draws(SECRET, reversed(texts)))
    assert not np.array_equal(first, draws(b"another secret", texts))


def test_draws_are_spread_evenly_between_0_and_1():
    drawn = draws(SECRET, (f"P-{place}" for place in range(20_000)))
    assert ((drawn >= 0) & (drawn < 1)).all()
    tenths = np.histogram(drawn, bins=10, range=(0, 1))[0]
    assert np.abs(tenths - 2_000).max() < 5 * np.sqrt(2_000)


def test_no_texts_have_no_draws():
    assert draws(SECRET, []).shape == (0,)


def test_the_number_of_selected_parcels_meets_the_capacity_of_the_line():
    raw, probability = flow()
    selection = chosen(POLICY, draws(SECRET, map(str, range(N))), raw=raw, probability=probability)
    assert share(selection.cause, Cause.SCORE) == pytest.approx(POLICY.score_budget, rel=0.01)
    assert share(selection.cause, Cause.RANDOM) == pytest.approx(POLICY.random_budget, rel=0.15)
    assert selection.propensity.mean() == pytest.approx(POLICY.capacity_share, rel=0.05)


def test_the_propensity_is_the_frequency_with_which_a_parcel_is_drawn():
    raw, probability = flow(200)
    rounds = 4_000
    policy = LinePolicy(capacity_share=0.4, random_share=0.5)
    counts = np.zeros(200)
    rng = np.random.default_rng(11)
    for _ in range(rounds):
        selection = chosen(policy, rng.random(200), raw=raw, probability=probability)
        counts += [cause is not Cause.NONE for cause in selection.cause]
    propensity = selection.propensity
    deviation = np.abs(counts / rounds - propensity) / np.sqrt(np.maximum(propensity * (1 - propensity), 1e-9) / rounds)
    assert deviation.max() < 5
    assert (counts[propensity == 1.0] == rounds).all()


def test_a_parcel_above_the_threshold_is_selected_for_its_score_with_certainty():
    raw, probability = np.array([2.0, 1.0, 0.9]), np.array([0.9, 0.7, 0.6])
    selection = select(POLICY, raw=raw, probability=probability, threshold=1.0, mean_root=0.5, draw=np.full(3, 0.99))
    assert selection.cause == [Cause.SCORE, Cause.SCORE, Cause.NONE]
    assert selection.propensity[:2].tolist() == [1.0, 1.0]
    assert 0 < selection.propensity[2] < 1


def test_referrals_open_what_is_selected_and_release_the_rest():
    raw, probability = np.array([2.0, 0.0, 0.0]), np.array([0.9, 0.5, 0.5])
    drawn = np.array([0.5, 0.0, 0.9999])
    selection = select(POLICY, raw=raw, probability=probability, threshold=1.0, mean_root=0.5, draw=drawn)
    assert selection.cause == [Cause.SCORE, Cause.RANDOM, Cause.NONE]
    assert selection.referrals() == [Referral.OPEN, Referral.OPEN, Referral.RELEASE]


def test_the_chance_of_a_draw_grows_with_the_root_of_the_probability_above_the_floor():
    probability = np.array([0.0, 0.01, 0.04, 0.16])
    selection = select(
        POLICY, raw=np.zeros(4), probability=probability, threshold=1.0, mean_root=0.2, draw=np.ones(4) * 0.5
    )
    assert selection.propensity / POLICY.random_budget == pytest.approx([0.2, 0.5, 1.0, 2.0])


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.integers(0, 2**31))
def test_every_parcel_has_a_propensity_between_0_and_1_and_a_cause_that_fits_its_draw(
    capacity: float, random_share: float, floor: float, seed: int
):
    policy = LinePolicy(capacity_share=capacity, random_share=random_share, floor=floor)
    rng = np.random.default_rng(seed)
    raw, probability = flow(50, seed)
    draw = rng.random(50)
    selection = chosen(policy, draw, raw=raw, probability=probability)
    assert ((selection.propensity >= 0) & (selection.propensity <= 1)).all()
    assert [cause is not Cause.NONE for cause in selection.cause] == (draw < selection.propensity).tolist()


def test_a_floor_above_zero_leaves_every_parcel_a_chance():
    raw, _ = flow(100)
    selection = chosen(POLICY, np.full(100, 0.5), raw=raw, probability=np.full(100, 1e-12))
    assert (selection.propensity > 0).all()


def test_without_a_model_the_whole_capacity_is_drawn_at_random():
    drawn = draws(SECRET, map(str, range(N)))
    selection = select_blind(POLICY, drawn)
    assert set(selection.propensity.tolist()) == {POLICY.capacity_share}
    assert Cause.SCORE not in selection.cause
    assert share(selection.cause, Cause.RANDOM) == pytest.approx(POLICY.capacity_share, rel=0.1)


def test_the_budgets_share_the_capacity():
    assert POLICY.score_budget == pytest.approx(0.04)
    assert POLICY.random_budget == pytest.approx(0.01)
    assert replace(POLICY, random_share=0.0).random_budget == 0.0


@pytest.mark.parametrize("name", ["capacity_share", "random_share", "floor"])
@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan"), float("inf")])
def test_a_share_outside_0_to_1_is_refused_by_name(name: str, value: float):
    with pytest.raises(ValueError, match=rf"{name} is {value}; it is a share and lies between 0 and 1"):
        LinePolicy(**{name: value})


def test_a_line_without_parcels_selects_nothing():
    nothing = np.zeros(0)
    selection = select(POLICY, raw=nothing, probability=nothing, threshold=0.0, mean_root=0.5, draw=nothing)
    assert (selection.cause, selection.referrals()) == ([], [])
    assert select_blind(POLICY, nothing).cause == []
