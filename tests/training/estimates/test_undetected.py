"""What inspections have missed: by hand, and whether the intervals hold where methods miss."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from features.handling import Sensitivities, Sensitivity
from training.estimates.undetected import by_method, missed


def sensitivity(share: float, low: float, high: float) -> Sensitivity:
    return Sensitivity(share=share, low=low, high=high, source="test", is_measured=True)


def test_half_seen_means_as_many_missed_as_found() -> None:
    assert missed([(40, sensitivity(0.5, 0.5, 0.5))]).value == pytest.approx(40)
    assert missed([(40, sensitivity(1.0, 1.0, 1.0))]).value == 0


def test_nothing_found_by_a_weak_method_may_still_have_missed_something() -> None:
    interval = missed([(0, sensitivity(0.5, 0.4, 0.6))])
    assert (interval.value, interval.low) == (0, 0)
    assert interval.high > 0.5


def test_a_finding_counts_for_the_x_ray_that_raised_it_and_no_more_is_missed_than_was_called_clean() -> None:
    parcels = pl.DataFrame(
        {
            "label": [1, 1, 0, -1, 0],
            "method": ["xray", "opened", "xray", "xray", None],
            "raised_by": [None, "xray", None, None, None],
        }
    )
    first, second = by_method(parcels, Sensitivities.read())
    assert (first.method, first.n_examined, first.n_found) == ("xray", 3, 2)
    assert first.missed.high == 1
    assert (second.method, second.n_examined) == ("unknown", 1)


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_intervals_hold_where_the_sensitivity_is_known_only_roughly(share: float) -> None:
    """The truth of each world is drawn around a sensitivity; the office knows its interval."""
    rng = np.random.default_rng(7)
    spread = 0.06 if share < 0.8 else 0.03
    known = sensitivity(share, share - 1.645 * spread, share + 1.645 * spread)
    held = 0
    for truth in rng.normal(share, spread, 400).clip(0.05, 0.99):
        contraband = int(rng.poisson(60))
        found = int(rng.binomial(contraband, truth))
        held += missed([(found, known)]).holds(contraband - found)
    assert held >= 0.86 * 400
