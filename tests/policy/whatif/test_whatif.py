"""What a line with a fixed capacity would have selected, and what one rule among others does for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy import Ask, Inputs, LinePolicy, Referral, Scores, decide
from policy.decide import raised
from policy.rules import MOST_POINTS
from policy.shifts import Capacity, Shift
from policy.whatif import Candidate, Grouped, Period, Selector, Source, compare, findings, windows_of_days
from policy.whatif.windows import windows_of_shifts

DAY_US = 86_400_000_000


def a_period(n: int = 4_000, *, seed: int = 1, days: int = 10) -> Period:
    """Parcels whose probability is right, a tenth of which were drawn and examined."""
    rng = np.random.default_rng(seed)
    probability = rng.beta(0.5, 12.0, n)
    holds = rng.random(n) < probability
    was = rng.random(n) < 0.1
    at_us = np.sort(rng.integers(0, days * DAY_US, n))
    return Period(
        at_us=at_us,
        raw=np.log(probability / (1 - probability)),
        probability=probability,
        root=np.full(n, np.sqrt(probability).mean()),
        label=np.where(was, holds, -1).astype(np.int64),
        was_selected=was,
        was_propensity=np.full(n, 0.1),
        was_minutes=np.where(was, 12.0, 0.0),
        sender=np.arange(n),
        lane=Grouped(rng.integers(0, 3, n), ("a", "b", "c")),
        origin=Grouped(rng.integers(0, 2, n), ("NL", "US")),
    )


def a_rule(name: str, hits: np.ndarray, referral: Referral = Referral.OPEN) -> Source:
    return Source(name=name, referral=referral, hits=hits)


POLICY = LinePolicy(capacity_share=0.05)


def on_days(period: Period, *sources: Source, share: float = 0.05, **more: object) -> Candidate:
    return Candidate(policy=POLICY, windows=windows_of_days(period.at_us, share), sources=sources, **more)  # type: ignore[arg-type]


@settings(max_examples=15)
@given(st.integers(0, 1_000), st.floats(0.01, 0.3), st.floats(0.0, 0.02))
def test_no_window_is_given_more_than_it_has_but_by_lists_and_rules(seed: int, share: float, hit_share: float) -> None:
    period = a_period(600, seed=seed)
    rule = a_rule("r", np.random.default_rng(seed).random(600) < hit_share)
    candidate = on_days(period, rule, share=share)
    selected = Selector(period, candidate).select(candidate.must)
    work = candidate.windows.sums((selected.surely + 0.0) * 12.0) + candidate.windows.minutes * POLICY.random_share
    assert np.all(work <= candidate.windows.minutes + selected.overrun + 1e-6)
    assert np.all(selected.must == rule.hits)
    for window in range(candidate.windows.minutes.size):
        rows = (candidate.windows.of == window) & ~selected.must
        if selected.by_score[rows].any() and (~selected.by_score[rows]).any():
            assert period.raw[rows][selected.by_score[rows]].min() >= period.raw[rows][~selected.by_score[rows]].max()


def test_it_selects_what_the_decision_selects_where_the_threshold_is_that_of_the_window() -> None:
    period = a_period(3_000, days=1)
    rng = np.random.default_rng(3)
    rule, trusted = a_rule("r", rng.random(3_000) < 0.01), rng.random(3_000) < 0.05
    points = np.where(rng.random(3_000) < 0.05, rng.integers(1, 9, 3_000), 0).astype(np.float64)
    policy = replace(POLICY, most_points=MOST_POINTS)
    candidate = on_days(period, rule, trusted=trusted, points=points, most_points=policy.most_points)
    selected = Selector(period, candidate).select(candidate.must)
    chosen = (period.raw + raised(points, policy.most_points))[selected.by_score]
    assert (points[selected.by_score] > 0).any()
    made = decide(
        Inputs(
            draw=np.full(3_000, 0.999999),
            scores=Scores(
                raw=period.raw, probability=period.probability, threshold=chosen.min(), mean_root=period.root
            ),
            rules=[
                Ask(referral=Referral.OPEN if hit else Referral.RELEASE, hits=("r",), points=more)
                if hit or more
                else None
                for hit, more in zip(rule.hits, points.tolist(), strict=True)
            ],
            trusted=trusted,
        ),
        policy,
    )
    assert np.array_equal(made.asks_inspection, selected.surely)
    assert np.allclose(np.where(selected.surely, 1.0, selected.chance), made.propensity)


def test_a_rule_takes_from_scores_what_it_asks_for_and_no_more() -> None:
    period = a_period()
    low = period.raw < np.median(period.raw)
    rule = a_rule("low", low & (np.arange(4_000) % 50 == 0))
    with_rule, without = compare(period, on_days(period, rule)), compare(period, on_days(period))
    (figures,) = with_rule.sources
    assert figures.unique.n == figures.n_hits == rule.hits.sum()
    assert figures.displaced.n == figures.n_hits, "each opening of a rule takes one of a score"
    assert with_rule.surely.n == without.surely.n
    assert with_rule.missed.value > without.missed.value
    by_xray = compare(period, on_days(period, replace(rule, referral=Referral.XRAY)))
    assert by_xray.sources[0].displaced.n < figures.displaced.n / 4, "an x-ray takes an eighth of the minutes"


def test_what_two_rules_hit_is_unique_to_none_and_what_scores_select_to_no_rule() -> None:
    period = a_period()
    twice = np.arange(4_000) % 100 == 0
    top = np.zeros(4_000, dtype=np.bool_)
    top[np.argsort(-period.raw)[:20]] = True
    made = compare(period, on_days(period, a_rule("one", twice), a_rule("two", twice), a_rule("top", top)))
    one, two, best = made.sources
    assert (one.unique.n, two.unique.n, one.n_hits) == (0, 0, 40)
    assert best.unique.n <= 2, "what is among the highest scores of its day would be selected anyway"
    assert one.is_superfluous
    assert two.is_superfluous


def test_a_rule_that_finds_less_than_chance_is_proposed_for_retirement_and_a_good_one_is_not() -> None:
    n = 20_000
    rng = np.random.default_rng(5)
    period = a_period(n, seed=5)
    bad, good = (np.arange(n) % 20 == 3), (np.arange(n) % 20 == 7)
    holds = np.where(good, rng.random(n) < 0.3, np.where(bad, False, rng.random(n) < 0.04))
    flat = np.full(n, 0.04)
    examined = rng.random(n) < 0.5
    period = replace(
        period,
        raw=rng.normal(size=n),
        probability=np.where(good, 0.3, np.where(bad, 0.001, flat)),
        label=np.where(examined, holds, -1).astype(np.int64),
        was_selected=examined,
        was_propensity=np.full(n, 0.5),
    )
    made = compare(period, on_days(period, a_rule("bad", bad), a_rule("good", good), share=0.2))
    assert [(one.name, one.is_superfluous) for one in made.sources] == [("bad", True), ("good", False)]
    assert made.sources[1].unique.share.low > made.base_share.value


@settings(max_examples=10)
@given(st.integers(0, 1_000))
def test_the_truth_is_within_the_bounds_and_figures_of_parts_add_up(seed: int) -> None:
    rng = np.random.default_rng(seed)
    period = a_period(1_000, seed=seed)
    rows = rng.random(1_000) < 0.3
    found = findings(period, rows)
    assert found.worst <= found.estimated.low <= found.estimated.value <= found.estimated.high <= found.best
    assert found.n_found == (period.label[rows] == 1).sum()
    made = compare(period, on_days(period, a_rule("r", rows & (rng.random(1_000) < 0.05))))
    for parts in (made.by_lane, made.by_origin):
        assert sum(part.n for part in parts) == 1_000
        assert sum(part.selected for part in parts) == pytest.approx(made.surely.n + made.drawn)
        assert sum(part.n_was_selected for part in parts) == made.was.n
    assert made.was_by_hour.sum() * made.n_days == pytest.approx(period.was_minutes.sum())
    assert made.only_candidate.n - made.only_was.n == made.surely.n - made.was.n


def test_without_a_model_only_lists_rules_and_chance_select() -> None:
    period = a_period(2_000)
    nothing = np.full(2_000, np.nan)
    period = replace(period, raw=nothing, probability=nothing)
    rule = a_rule("r", np.arange(2_000) % 100 == 0)
    made = compare(period, on_days(period, rule))
    assert made.surely.n == 20
    assert made.drawn == pytest.approx(2_000 * POLICY.capacity_share * POLICY.random_share, rel=0.02)


def test_shifts_give_their_minutes_to_what_came_since_the_shift_before() -> None:
    capacity = Capacity(shifts=(Shift(line="hall", weekdays=frozenset(range(7)), begins=360, ends=720, hands=1.0),))
    at_us = np.array([hour * 3_600_000_000 for hour in (1, 11, 13, 30, 37)], dtype=np.int64)
    windows = windows_of_shifts(at_us, capacity)
    assert windows.of.tolist() == [0, 0, 1, 1, 2]
    assert windows.minutes.tolist() == [360.0, 360.0, 360.0]
    assert windows_of_shifts(np.array([], dtype=np.int64), capacity).minutes.size == 0
