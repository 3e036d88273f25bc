"""Worlds of half-seen mail are counted: whose interval holds, on which side it fails, and how wide the naive one is."""

from __future__ import annotations

import pytest

from parcel_risk.intervals import HALF_SEEN, worlds_of
from policy.estimates import Interval
from training.backtest.contents import CheckedContents, contents_summary


def row(low: float, high: float, truth: float) -> dict[str, object]:
    middle = Interval(value=(low + high) / 2, low=low, high=high)
    naive = Interval(value=0.2, low=0.1, high=0.3)
    return CheckedContents(quantity="rate", truth=truth, interval=middle, naive=naive).as_row()


def test_a_summary_counts_worlds_and_says_on_which_side_an_interval_fails() -> None:
    rows = [row(0.01, 0.05, 0.03), row(0.01, 0.05, 0.06), row(0.01, 0.05, 0.15), row(0.04, 0.06, 0.02)]
    (summary,) = contents_summary(rows)
    assert (summary["worlds"], summary["holds"], summary["too_low"], summary["too_high"]) == (4, 1, 2, 1)
    assert summary["naive_holds"] == 1
    assert (summary["width"], summary["naive_width"]) == pytest.approx((0.035, 0.2))
    assert summary["truth"] == pytest.approx(0.065)


def test_the_worlds_that_are_checked_are_those_of_the_scenario() -> None:
    worlds = worlds_of(HALF_SEEN, None)
    assert worlds.scenario == HALF_SEEN
    assert worlds_of(HALF_SEEN, 6_000).n_parcels == 6_000
    assert worlds_of(HALF_SEEN, 6_000).key() != worlds.key()
