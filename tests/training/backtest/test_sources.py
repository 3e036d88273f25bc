"""Sources of selection: each within its part of the capacity, and unique where no other selects."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from policy import LinePolicy
from training.backtest.sources import OFFICERS_LIFT, PARTS, SOURCES, Together, alone, by_pick
from training.backtest.strategies import Week
from training.backtest.yields import Yield, against, draw_yields, pooled

N = 20_000
POLICY = LinePolicy(capacity_share=0.05)


def a_week(*, with_model: bool = True) -> Week:
    rng = np.random.default_rng(4)
    score = rng.normal(size=N)
    return Week(
        rank_log_odds=score if with_model else None,
        probability=1 / (1 + np.exp(5 - score)) if with_model else None,
        rule_weight=np.where(rng.random(N) < 0.1, rng.integers(1, 4, N), 0).astype(np.float64),
        is_watched=rng.random(N) < 0.002,
        utility=(rng.random(N) < 0.02).astype(np.float64),
        draw=rng.random(N),
        second_draw=rng.random(N),
    )


@pytest.mark.parametrize("with_model", [True, False])
def test_together_they_stay_within_the_capacity_and_what_lists_leave_the_model_gets(*, with_model: bool) -> None:
    week, together = a_week(with_model=with_model), Together()
    choice = together(POLICY, week)
    (made,) = together.chosen
    assert made.keys() == SOURCES.keys() == PARTS.keys()
    assert np.array_equal(choice.selected, np.logical_or.reduce(list(made.values())))
    assert choice.selected.mean() <= POLICY.capacity_share + 0.002  # draws vary
    assert made["lists"].sum() == week.is_watched.sum(), "few are watched"
    but_draws = np.logical_or.reduce([flags for name, flags in made.items() if name != "draws"])
    assert but_draws.mean() == pytest.approx(0.05 * (1 - PARTS["draws"]), abs=1e-4), "the score fills what is left"
    assert (choice.propensity[but_draws] == 1).all(), "also where a number is low enough to be drawn"
    assert not (made["draws"] & but_draws).any(), "what is selected anyway is not drawn"
    drawn = choice.propensity[made["draws"]]
    assert ((drawn > 0) & (drawn < 1)).all()
    assert [choice.cause[row] for row in np.flatnonzero(made["draws"])] == ["random"] * int(made["draws"].sum())
    assert sum(PARTS.values()) == pytest.approx(1)


def test_of_what_rules_hit_the_highest_scores_come_first_next_to_others() -> None:
    week, together = a_week(), Together()
    together(POLICY, week)
    assert week.rank_log_odds is not None
    (made,) = together.chosen
    hits = week.rule_weight > 0
    assert made["rules"].any()
    assert week.rank_log_odds[made["rules"]].min() > week.rank_log_odds[hits & ~made["rules"]].max()


def test_alone_each_has_the_whole_capacity_and_selects_only_what_it_knows() -> None:
    week = a_week()
    assert alone(SOURCES["lists"])(POLICY, week).selected.sum() == week.is_watched.sum()
    by_rules = alone(SOURCES["rules"])(POLICY, week).selected
    assert by_rules.mean() == pytest.approx(0.05, abs=1e-4)
    assert week.rule_weight[by_rules].min() >= np.sort(week.rule_weight)[-by_rules.sum()]
    assert not alone(SOURCES["draws"])(POLICY, week).selected.all()


def test_an_officer_picks_what_holds_something_as_often_as_stated() -> None:
    week = a_week()
    picked = by_pick(week, 0.05)
    holds = week.utility > 0
    lift = picked[holds].mean() / picked[~holds].mean()
    assert lift == pytest.approx(OFFICERS_LIFT, rel=0.35)


def test_next_to_others_an_officer_picks_by_eye_and_score_together() -> None:
    week, together = a_week(), Together()
    together(POLICY, week)
    assert week.probability is not None
    (made,) = together.chosen
    picked = made["pick"] & (week.utility == 0)
    assert week.probability[picked].mean() > 1.5 * week.probability.mean(), "high scores are picked more often"
    assert week.utility[made["pick"]].mean() > 2 * week.utility.mean(), "and what holds something, as alone"


def test_worlds_are_pooled_by_inspections() -> None:
    one = [Yield(name="lists only", n_inspected=100, n_found=10, value=20.0)]
    other = [Yield(name="lists only", n_inspected=300, n_found=2, value=4.0)]
    (row,) = pooled([one, other]).to_dicts()
    assert (row["inspections"], row["per_1000"], row["utility_per_1000"]) == (400, 30.0, 60.0)
    assert row["low"] < 30.0 < row["high"]
    assert pooled([[Yield(name="nothing", n_inspected=0, n_found=0, value=0.0)]])["per_1000"][0] == 0


def test_a_source_that_leaves_the_line_idle_is_held_against_the_whole_line() -> None:
    few = Yield(name="lists only", n_inspected=10, n_found=5, value=10.0)
    many = Yield(name="model only", n_inspected=1_000, n_found=20, value=30.0)
    lists, model = pooled([[few, many]]).to_dicts()
    assert (lists["per_1000"], lists["per_1000_places"], lists["utility_per_1000_places"]) == (500.0, 5.0, 10.0)
    assert (model["per_1000"], model["per_1000_places"]) == (20.0, 20.0)


def test_differences_are_of_the_same_world_and_say_how_sure_they_are() -> None:
    def world(model: int, together: int) -> list[Yield]:
        return [
            Yield(name=name, n_inspected=100, n_found=n, value=float(2 * n))
            for name, n in (("model only", model), ("all together", together))
        ]

    (row,) = against([world(10, 13), world(40, 42), world(5, 9)], "all together", ["model only"]).to_dicts()
    assert (row["less"], row["worlds"], row["findings"], row["points"]) == ("model only", 3, 3.0, 6.0)
    wanted = pytest.approx((7 / 3, 11 / 3))
    assert (row["findings_low"], row["findings_high"]) == wanted, "worlds differ more than what is compared"
    assert (row["findings_ahead"], row["points_ahead"]) == (3, 3)
    (row,) = against([world(10, 13), world(13, 10)], "all together", ["model only"]).to_dicts()
    assert row["findings_low"] < 0 < row["findings_high"]
    with pytest.raises(KeyError):
        against([world(1, 2)], "all together", ["nobody"])


def test_yields_are_drawn(tmp_path: Path) -> None:
    table = pooled([[Yield(name="lists only", n_inspected=300, n_found=2, value=4.0)]])
    draw_yields({"baseline": table, "collapse": table}, tmp_path / "yields.png")
    assert (tmp_path / "yields.png").read_bytes().startswith(b"\x89PNG")
