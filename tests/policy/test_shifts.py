"""Shifts and the share that may be selected for them: they overflow no more often than stated, and are used."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import LinePolicy, Referral
from policy.forecast import HOUR_US, Forecast, exceeded, forecast, most_expected
from policy.seeds import beginning_us
from policy.shifts import Capacity, Cut, Habits, Seen, Shift, Window, cut, is_news, order, parsed_time, tie_share

MONDAY = date(2026, 9, 7)
EVERY_DAY = frozenset(range(7))
DAY = Shift(line="hall", weekdays=frozenset(range(5)), begins=480, ends=960, hands=6)
CAPACITY = Capacity(shifts=(DAY,), overflow=0.05)
HABITS = Habits(minutes=12.0, must_share=0.001)
POLICY = LinePolicy(random_share=0.1)
HOUR_OF_DAY = np.array([1, 1, 1, 1, 2, 3, 5, 8, 9, 9, 8, 7, 6, 6, 7, 8, 8, 7, 5, 4, 3, 2, 2, 1]) * 60.0
WEEKDAY = np.array([1.0, 1.1, 1.0, 0.9, 1.0, 0.5, 0.2])


def rates(n_days: int, first: date, rng: np.random.Generator, shape: float) -> np.ndarray:
    """True mean of each hour: the hour's, the weekday's, and a factor of the day that nobody knows before."""
    weekday = np.array([(first + timedelta(days=day)).weekday() for day in range(n_days)])
    factor = rng.gamma(shape, 1 / shape, n_days) if np.isfinite(shape) else np.ones(n_days)
    return (WEEKDAY[weekday] * factor)[:, None] * HOUR_OF_DAY


def test_two_hundred_simulated_shifts_overflow_no_more_often_than_stated() -> None:
    """Eight weeks of the past give the forecast; every hour the share is cut again."""
    rng, first, n_past, n_shifts = np.random.default_rng(5), MONDAY, 56, 200
    n_days = n_past + n_shifts * 7 // 5 + 7
    arrivals = rng.poisson(rates(n_days, first, rng, shape=20.0)).reshape(-1)
    first_hour = beginning_us(first) // HOUR_US
    n_over, used = 0, []
    at_us = beginning_us(first) + n_past * 24 * HOUR_US
    for _ in range(n_shifts):
        window = CAPACITY.window(at_us)
        assert window is not None
        begins, ends = (one // HOUR_US - first_hour for one in (window.since_us, window.until_us))
        volume = forecast(arrivals[max(0, begins - 1_344) : begins], first_hour + max(0, begins - 1_344))
        assert volume is not None
        selected = 0
        for hour in range(begins, ends):
            n_today = int(arrivals[hour - (first_hour + hour) % 24 : hour].sum())
            seen = Seen(n_today=n_today, referrals={Referral.OPEN: selected})
            now = cut(CAPACITY, window, volume, POLICY, HABITS, at_us=(first_hour + hour) * HOUR_US, seen=seen)
            selected += int(rng.binomial(arrivals[hour], min(1.0, now.share + HABITS.must_share)))
        n_over += selected > window.minutes / HABITS.minutes
        used.append(selected / (window.minutes / HABITS.minutes))
        at_us = window.until_us
    assert n_over <= CAPACITY.overflow * n_shifts
    assert np.mean(used) > 0.9


def test_the_hours_of_the_week_are_forecast_from_those_before() -> None:
    counts = np.concatenate(
        [np.round(day).astype(np.int64) for day in rates(28, MONDAY, np.random.default_rng(1), np.inf)]
    )
    found = forecast(counts, beginning_us(MONDAY) // HOUR_US)
    assert found is not None
    assert found.shape == np.inf
    begins = beginning_us(MONDAY + timedelta(days=35))
    assert found.mean(begins, begins + 24 * HOUR_US) == counts[:24].sum()
    assert found.mean(begins + HOUR_US // 2, begins + 2 * HOUR_US) == pytest.approx(counts[0] / 2 + counts[1])
    assert found.mean(begins, begins) == 0.0
    holiday = replace(found, holidays=frozenset({MONDAY + timedelta(days=35)}))
    assert holiday.mean(begins, begins + 24 * HOUR_US) == counts[6 * 24 : 7 * 24].sum()


def test_a_forecast_needs_two_weeks_and_skips_what_is_no_whole_day() -> None:
    first_hour = beginning_us(MONDAY) // HOUR_US
    assert forecast(np.ones(14 * 24 - 1, dtype=np.int64), first_hour) is None
    found = forecast(np.ones(15 * 24, dtype=np.int64), first_hour + 5)
    assert found is not None
    assert found.n_days == 14


@pytest.mark.parametrize("shape", [3.0, 50.0, float("inf")])
def test_exceedance_is_that_of_simulated_counts(shape: float) -> None:
    rng = np.random.default_rng(7)
    factor = rng.gamma(shape, 1 / shape, 100_000) if np.isfinite(shape) else 1.0
    counts = rng.poisson(40.0 * factor, 100_000)
    for limit in (20, 40, 60):
        assert exceeded(limit, 40.0, shape) == pytest.approx((counts > limit).mean(), abs=0.006)


@given(st.integers(0, 5_000), st.one_of(st.just(float("inf")), st.floats(0.5, 500)), st.floats(0.001, 0.5))
def test_the_largest_mean_just_keeps_the_stated_probability(limit: int, shape: float, overflow: float) -> None:
    most = most_expected(limit, shape, overflow)
    assert exceeded(limit, most, shape) == pytest.approx(overflow, rel=1e-6)
    assert exceeded(-1, 1.0, shape) == 1.0
    assert exceeded(limit, 0.0, shape) == 0.0
    assert most_expected(-1, shape, overflow) == 0.0


def flat(per_hour: float, shape: float = 30.0) -> Forecast:
    return Forecast(by_hour=np.full(168, per_hour), shape=shape)


NOTHING = Seen(n_today=0, referrals={})


def one_cut(at_us: int, seen: Seen = NOTHING, policy: LinePolicy = POLICY) -> Cut:
    window = CAPACITY.window(at_us)
    assert window is not None
    return cut(CAPACITY, window, flat(500.0), policy, HABITS, at_us=at_us, seen=seen)


TUESDAY_US = beginning_us(MONDAY + timedelta(days=1))


def test_windows_join_without_gaps_and_the_weekend_waits_for_monday() -> None:
    friday = CAPACITY.window(beginning_us(MONDAY + timedelta(days=4)) + 17 * HOUR_US)
    assert friday is not None
    assert friday.since_us == beginning_us(MONDAY + timedelta(days=4)) + 16 * HOUR_US
    assert friday.until_us == beginning_us(MONDAY + timedelta(days=7)) + 16 * HOUR_US
    assert friday.minutes == 6 * 480
    assert CAPACITY.window(friday.until_us) != friday
    assert CAPACITY.window(friday.until_us - 1) == friday


def test_shifts_that_end_together_add_up_and_a_night_shift_ends_on_the_next_day() -> None:
    other = replace(DAY, line="annex", hands=2)
    night = replace(DAY, line="night", begins=1_320, ends=360)
    window = replace(CAPACITY, shifts=(DAY, other, night)).window(TUESDAY_US + 10 * HOUR_US)
    assert window == Window(since_us=TUESDAY_US + 6 * HOUR_US, until_us=TUESDAY_US + 16 * HOUR_US, minutes=8 * 480)
    assert night.minutes == 6 * 480


def test_no_shift_begins_on_a_holiday() -> None:
    holiday = replace(CAPACITY, holidays=frozenset({MONDAY + timedelta(days=1)}))
    window = holiday.window(TUESDAY_US)
    assert window is not None
    assert window.until_us == TUESDAY_US + 40 * HOUR_US


def test_where_less_than_expected_came_more_may_be_selected_and_the_other_way_round() -> None:
    at_us = TUESDAY_US + 4 * HOUR_US
    calm, usual, busy = (one_cut(at_us, Seen(n_today=n, referrals={})) for n in (1_000, 2_000, 4_000))
    assert calm.expected < usual.expected < busy.expected
    assert calm.share > usual.share > busy.share
    assert usual.expected == pytest.approx(12 * 500, rel=0.01)
    assert all(0.02 < one.overflow < 0.03 for one in (calm, usual, busy))


def test_what_was_selected_leaves_less_and_chance_keeps_its_budget() -> None:
    at_us = TUESDAY_US + 4 * HOUR_US
    little, much = (one_cut(at_us, Seen(n_today=2_000, referrals={Referral.OPEN: n})) for n in (10, 239))
    begun = one_cut(TUESDAY_US - 8 * HOUR_US, Seen(n_today=16 * 500, referrals={}))
    assert begun.random_share == pytest.approx(POLICY.random_share, rel=0.05)
    budget = begun.of(POLICY).random_budget
    assert [one.of(POLICY).random_budget for one in (little, much)] == pytest.approx([budget] * 2)
    assert much.left == 1
    assert much.of(POLICY).score_budget == pytest.approx(0.0)
    assert little.share > much.share == pytest.approx(budget)


def test_work_counts_by_method_and_what_names_none_counts_as_the_longest() -> None:
    referrals = {Referral.XRAY: 4, Referral.OPEN: 1, Referral.HOLD: 1, Referral.RELEASE: 1_000}
    assert CAPACITY.work(referrals) == 4 * 1.5 + 12 + 12


def test_only_a_cut_that_differs_is_news() -> None:
    assert not is_news(POLICY, replace(POLICY, capacity_share=POLICY.capacity_share * 1.04))
    assert is_news(POLICY, replace(POLICY, capacity_share=POLICY.capacity_share * 1.06))
    assert is_news(replace(POLICY, capacity_share=0.0), POLICY)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.randoms())
def test_the_order_is_strict_and_does_not_depend_on_arrival(scores: list[int], random: object) -> None:
    rng = np.random.default_rng(len(scores))
    raw, draw = np.array(scores, dtype=float), rng.random(len(scores))
    shuffled = rng.permutation(len(scores))
    ranked = order(raw, draw)
    assert np.array_equal(shuffled[order(raw[shuffled], draw[shuffled])], ranked)
    assert (np.diff(raw[ranked]) <= 0).all()
    assert sorted(ranked.tolist()) == list(range(len(scores)))


def test_ties_are_those_whose_equals_were_let_go() -> None:
    raw = np.array([5.0, 4.0, 4.0, 4.0, 1.0])
    assert [tie_share(raw, n) for n in range(6)] == [0.0, 0.0, 0.5, pytest.approx(2 / 3), 0.0, 0.0]


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: replace(DAY, weekdays=frozenset()), "weekdays"),
        (lambda: replace(DAY, weekdays=frozenset({7})), "weekdays"),
        (lambda: replace(DAY, ends=DAY.begins), "two times of the day"),
        (lambda: replace(DAY, begins=1_440), "two times of the day"),
        (lambda: replace(DAY, hands=0), "hands"),
        (lambda: replace(CAPACITY, shifts=()), "no shift"),
        (lambda: replace(CAPACITY, overflow=0.0), "overflow is 0.0"),
        (lambda: replace(CAPACITY, minutes={Referral.OPEN: 0.0}), "minutes of open are 0.0"),
        (lambda: parsed_time("24:00"), "24:00"),
    ],
)
def test_what_gives_no_capacity_is_refused(make: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        make()  # type: ignore[operator]
