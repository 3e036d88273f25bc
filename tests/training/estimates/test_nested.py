from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.estimates import EstimatedFindings, Interval
from training.estimates.nested import nested, rising


def interval(value: float, half: float) -> Interval:
    return Interval(value=value, low=max(0.0, value - half), high=value + half)


INTERVALS = st.lists(st.builds(interval, st.floats(0, 100), st.floats(0.1, 50)), min_size=1, max_size=8)


@given(INTERVALS)
def test_of_growing_sets_none_is_below_a_smaller_one(intervals: list[Interval]):
    for smaller, larger in pairwise(rising(intervals)):
        assert smaller.value <= larger.value
        assert smaller.low <= larger.low
        assert smaller.high <= larger.high


@given(INTERVALS)
def test_an_estimate_stays_within_its_interval(intervals: list[Interval]):
    for one in rising(intervals):
        assert one.low - 1e-9 <= one.value <= one.high + 1e-9


def test_estimates_that_rise_already_stay():
    given_ = [interval(1, 1), interval(2, 3), interval(2, 1)]
    assert [one.value for one in rising(given_)] == pytest.approx([1, 2, 2])


def test_of_two_that_fall_the_surer_one_counts_for_more():
    both = rising([interval(34, 30), interval(16, 3)])
    assert both[0].value == both[1].value
    assert 16 <= both[0].value < 17


def test_what_was_found_stays_found():
    def estimated(n_found: int, missed: float) -> EstimatedFindings:
        return EstimatedFindings(n_parcels=100, n_inspected=50, n_found=n_found, missed=interval(missed, 1))

    first, second = nested([estimated(2, 30.0), estimated(20, 0.0)])
    assert (first.n_found, second.n_found) == (2, 20)
    assert second.missed.value >= 0
    assert first.total.value <= second.total.value
