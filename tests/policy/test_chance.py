from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import LinePolicy, draw_text, draws
from policy.chance import chance

SECRET = b"a secret of the line, for its draws"
POLICY = LinePolicy(capacity_share=0.05, random_share=0.2, floor=0.2)
NAMES = st.text("|:1a", max_size=4)


def test_draws_are_the_same_whenever_they_are_made_again():
    texts = [f"P-{number}" for number in range(200)]
    first = draws(SECRET, texts)
    assert np.array_equal(first, draws(SECRET, texts))
    assert np.array_equal(first[::-1], draws(SECRET, reversed(texts)))
    assert not np.array_equal(first, draws(b"another secret", texts))


def test_draws_are_spread_evenly_between_0_and_1():
    drawn = draws(SECRET, (f"P-{number}" for number in range(20_000)))
    assert ((drawn >= 0) & (drawn < 1)).all()
    tenths = np.histogram(drawn, bins=10, range=(0, 1))[0]
    assert np.abs(tenths - 2_000).max() < 5 * np.sqrt(2_000)


def test_no_texts_have_no_draws():
    assert draws(SECRET, []).shape == (0,)


@given(st.tuples(NAMES, NAMES, st.integers(0, 20)), st.tuples(NAMES, NAMES, st.integers(0, 20)))
def test_only_one_parcel_is_drawn_by_a_text(one: tuple[str, str, int], other: tuple[str, str, int]):
    assert (draw_text(*one) == draw_text(*other)) is (one == other)


def test_the_chance_of_a_draw_grows_with_the_root_of_the_probability_above_the_floor():
    probability = np.array([0.0, 0.01, 0.04, 0.16])
    assert chance(POLICY, probability, 0.2) / POLICY.random_budget == pytest.approx([0.2, 0.5, 1.0, 2.0])


def test_a_chance_is_never_above_1():
    every = LinePolicy(capacity_share=1.0, random_share=1.0)
    assert chance(every, np.array([0.09, 0.01]), 0.2).tolist() == pytest.approx([1.0, 0.5])


def test_where_no_risk_is_known_the_floor_remains():
    assert chance(POLICY, np.zeros(2), 0.0).tolist() == pytest.approx([0.002, 0.002])


def test_each_lane_gets_its_share_of_the_draws_whatever_its_risk():
    probability = np.repeat([0.0004, 0.04], 500) * np.tile([0.5, 1.5], 500)
    roots = np.sqrt(probability).reshape(2, 500).mean(axis=1)
    by_lane = chance(POLICY, probability, np.repeat(roots, 500)).reshape(2, 500).sum(axis=1)
    assert by_lane == pytest.approx([500 * POLICY.random_budget] * 2)
