from __future__ import annotations

import numpy as np
import pytest

from policy.estimates.intervals import wilson
from policy.estimates.planning import PRIOR, draws_needed, plan


@pytest.mark.parametrize("share", [0.0, 0.002, 0.05, 0.5])
@pytest.mark.parametrize("half_width", [0.002, 0.01, 0.1])
def test_fewer_draws_would_not_do_and_these_do(share: float, half_width: float) -> None:
    n = draws_needed(share, half_width)
    found = share * n
    z2 = 1.6448536269514722**2

    def half(n: int) -> float:
        return float(np.sqrt(z2) * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n))

    assert half(n) <= half_width
    assert n == 1 or half(n - 1) > half_width
    if found == round(found) and n > 10:  # Wilson's interval of a whole number of findings is the same one
        interval = wilson(round(found), n)
        assert interval.width / 2 <= half_width + 1e-12


def test_intervals_of_as_many_draws_are_as_narrow_as_planned() -> None:
    share, half_width = 0.03, 0.01
    n = draws_needed(share, half_width)
    widths = [wilson(int(found), n).width / 2 for found in np.random.default_rng(1).binomial(n, share, 400)]
    assert float(np.mean(widths)) == pytest.approx(half_width, rel=0.05)


@pytest.mark.parametrize(("share", "half_width"), [(-0.1, 0.1), (1.1, 0.1), (0.1, 0.0), (0.1, 0.5)])
def test_impossible_wishes_are_refused(share: float, half_width: float) -> None:
    with pytest.raises(ValueError, match="it lies"):
        draws_needed(share, half_width)


def test_a_lane_with_few_results_is_taken_for_usual_and_a_drawn_one_counts_for_others() -> None:
    lanes = ["TH to DE"] * 100 + ["JP to DE"] * 300 + ["FR to DE"] * 10
    weight = [1.0] * 50 + [0.0] * 50 + [2.0] * 100 + [0.0] * 200 + [0.0] * 10
    found = [True] * 25 + [False] * 75 + [False] * 310
    planned = {row["lane"]: row for row in plan(lanes, weight, found, n_weeks=2.0).iter_rows(named=True)}
    usual = 25 / 250
    assert planned["FR to DE"]["share"] == pytest.approx(usual)
    assert planned["TH to DE"]["share"] == pytest.approx((50 * 0.5 + PRIOR * usual) / (50 + PRIOR))
    assert planned["JP to DE"]["share"] == pytest.approx(PRIOR * usual / (100 + PRIOR))
    assert planned["JP to DE"]["parcels_a_week"] == 150
    assert list(planned) == ["JP to DE", "TH to DE", "FR to DE"]
