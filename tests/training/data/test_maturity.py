from __future__ import annotations

import numpy as np
import pytest

from policy.estimates import Population, estimate
from tests.builders import a_dataset
from training.data.maturity import Delays

DAY_US = 86_400_000_000


def test_the_share_known_is_that_of_delays_up_to_the_age():
    delays = Delays(found=np.array([2, 4, 6, 8]), clean=np.array([1, 2]))
    label, age = np.array([1, 1, 1, 0, 0, -1]), np.array([4, 1, 100, 1, 5, 0])
    assert delays.known_share(label, age).tolist() == [0.5, 0.25, 1.0, 0.5, 1.0, 1.0]


def test_without_delays_everything_counts_as_known():
    none = Delays(found=np.array([], dtype=np.int64), clean=np.array([], dtype=np.int64))
    assert none.known_share(np.array([1, 0]), np.array([3, 3])).tolist() == [1.0, 1.0]
    assert none.mature_age_us == 0


def test_delays_are_those_of_the_rows_asked_for():
    data = a_dataset(400, delay_days=3.0)
    first_half = np.arange(len(data)) < 200
    delays = Delays.of(data, first_half)
    assert delays.found.size == int((data.label[first_half] == 1).sum())
    assert delays.clean.size == int((data.label[first_half] == 0).sum())
    assert delays.mature_age_us == pytest.approx(np.quantile(delays.found, 0.25), abs=1)


def test_late_findings_do_not_make_the_flow_look_clean():
    rng = np.random.default_rng(8)
    n = 60_000
    holds = rng.random(n) < 0.05
    age = rng.integers(5 * DAY_US, 20 * DAY_US, n)
    delay = np.where(holds, rng.exponential(10.0, n), rng.exponential(1.0, n)) * DAY_US
    delays = Delays(found=np.sort(delay[holds].astype(np.int64)), clean=np.sort(delay[~holds].astype(np.int64)))
    selected = rng.random(n) < 0.2
    label = np.where(selected & (delay < age), holds.astype(int), -1)
    plain = Population(
        predicted=np.full(n, 0.05),
        label=label,
        propensity=np.full(n, 0.2),
        is_selected=selected,
        day=np.arange(n) // 100,
        sender=np.arange(n),
    )
    helped = Population(**(vars(plain) | {"known_share": delays.known_share(label, age)}))
    truth = holds.mean()
    assert estimate(plain).finding_share.value < 0.8 * truth
    assert estimate(helped).finding_share.value == pytest.approx(truth, rel=0.08)
