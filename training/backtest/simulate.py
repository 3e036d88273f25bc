"""The back-test in the loop: simulate a strategy week by week; it learns only from what it selected itself.

Every strategy starts with the same weeks of historic rules. Then each selects by its own means, and what it finds
enters the log when it becomes known: history features, watch-list and model of a strategy know nothing else. Results
are handed over once a week: one that becomes known in the week of the parcel's lodging counts from the next on.

A strategy's models differ in the scale of their scores. Its probabilities are therefore calibrated on the ranks of
scores in their week, which mean the same under every model (docs/evidence.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from features.bundle import Calibration, predict_raw
from features.declared.declare import Floats
from features.handling import Sensitivities
from features.history import Engine
from features.log import number
from features.parcel.fields import METHODS
from features.replay import feature_rows
from policy import LinePolicy
from policy.estimates import SURE
from policy.lists import WatchList
from training.backtest.period import WEEK_US, SimulationPeriod, outcomes_of
from training.backtest.strategies import Choice, Strategy, Week, at_random, by_rules, together
from training.data.datasets import MAX_WEIGHT, Flags, Ints
from training.data.methods import label_weights
from training.fit.booster import Options, Rows, fit, scaled, scores_chose
from training.fit.calibration import SLOPES_WEIGHT, calibrate

AS_PUBLISHED = Options(alternate=False, params={"num_leaves": 31})
"""Ordinary boosted trees, as large as LightGBM makes them by itself."""


@dataclass(frozen=True, kw_only=True)
class LoopOptions:
    """How a period is simulated.

    Attributes
    ----------
    warm_up_weeks:
        Weeks of historic rules at the start.
    train_every_weeks, n_trees:
        How often models are trained, and of how many trees.
    background_per_week:
        Parcels of each week that are kept to fit against.
    memory_weeks:
        Weeks that a model learns from.
    judged_weeks:
        Last weeks, whose rows are kept whole, so that final models can be compared on them.
    sensitivities:
        Of methods of inspection, by which clean results are weighed as in a training run, where a period distinguishes
        methods.
    """

    policy: LinePolicy = field(default_factory=LinePolicy)
    warm_up_weeks: int = 8
    train_every_weeks: int = 1
    n_trees: int = 300
    background_per_week: int = 1_500
    memory_weeks: int = 52
    judged_weeks: int = 8
    fit: Options = field(default_factory=Options)
    n_threads: int = 1
    sensitivities: Sensitivities = field(default_factory=Sensitivities.read)


@dataclass(kw_only=True)
class Simulated:
    """What a strategy did.

    Attributes
    ----------
    weeks:
        One row a week: ``week, n_parcels, n_selected, n_inspected, n_found, value, n_findable, findable_value``.
    selected, propensity:
        What was selected and with what probability, one per parcel of the period.
    standing:
        Log-odds of the rank of each score in its week at the decision, see `standings`; NaN where there was no
        model.
    rows, values:
        Parcels whose feature rows were kept, and the rows.
    """

    weeks: pl.DataFrame
    selected: Flags
    propensity: Floats
    rank_log_odds: Floats
    rows: Ints
    values: Floats


class _Simulation:
    """One strategy in the middle of its period."""

    def __init__(self, period: SimulationPeriod, strategy: Strategy, options: LoopOptions, seed: int) -> None:
        self.period, self.strategy, self.options, self.seed = period, strategy, options, seed
        n = period.events.height
        self.engine, self.watch_list = Engine(), WatchList()
        self.selected, self.propensity = np.zeros(n, dtype=np.bool_), np.zeros(n)
        self.rank_log_odds = np.full(n, np.nan)
        self.known_at_us = np.full(n, np.iinfo(np.int64).max)
        self.week_of = period.week
        self.n_weeks = int(self.week_of[-1]) + 1
        self.start_us = int(period.lodged_at_us[0])
        self.is_kept = background_of(period, options, seed)
        self.pending: list[pl.DataFrame] = []
        self.due: list[pl.DataFrame] = []
        self.rows: list[Ints] = []
        self.values: list[Floats] = []
        self.model: Callable[[Floats], Floats] | None = None
        self.calibration = Calibration()

    def simulate_week(self, number_of_week: int) -> dict[str, float]:
        period, rows = self.period, np.flatnonzero(self.week_of == number_of_week)
        now_us = self.start_us + number_of_week * WEEK_US
        parcels, values = self._lodge(rows, now_us)
        warm = number_of_week < self.options.warm_up_weeks
        choose = by_rules if warm else self.strategy.choose
        is_undeclared = period.is_undeclared[rows]
        declared = rows[~is_undeclared]
        if self.model and declared.size:
            self.rank_log_odds[declared] = log_odds_of_rank(self.model(values[~is_undeclared]))
        choice = choose(self.options.policy, self._week(declared, parcels.filter(pl.Series(~is_undeclared)), now_us))
        if is_undeclared.any():
            seen = self._week(rows[is_undeclared], parcels.filter(pl.Series(is_undeclared)), now_us, is_scored=False)
            choice = together(is_undeclared, choice, at_random(self.options.policy, seen))
        for events in self.due:
            self.watch_list.add(events.filter(pl.col("result") == "found"), now_us + WEEK_US)
        self._inspect(rows, parcels, choice, now_us + WEEK_US)
        self._keep(rows, values, whole=number_of_week >= self.n_weeks - self.options.judged_weeks)
        return self._figures(number_of_week, rows)

    def _week(self, rows: Ints, parcels: pl.DataFrame, now_us: int, *, is_scored: bool = True) -> Week:
        """What a strategy may know of some parcels of the week."""
        period, is_scored = self.period, is_scored and self.model is not None
        return Week(
            rank_log_odds=self.rank_log_odds[rows] if is_scored else None,
            probability=self.calibration.probability(self.rank_log_odds[rows]) if is_scored else None,
            rule_weight=period.rule_weight[rows],
            is_watched=self.watch_list.hits(parcels, now_us),
            utility=period.severity[rows] * period.is_presented[rows],
            draw=period.draw[rows],
            second_draw=np.modf(period.draw[rows] * 1_000_003.0)[0],
        )

    def _lodge(self, rows: Ints, now_us: int) -> tuple[pl.DataFrame, Floats]:
        """Process the week's parcels, and the results that became known in it, through the history.

        Only a strategy that learns needs feature rows; the others get none.
        """
        parcels = self.period.events[rows]
        known = pl.col("known_at").dt.epoch("us") < now_us + WEEK_US
        due = [events.filter(known) for events in self.pending]
        self.pending = [later for events in self.pending if (later := events.filter(~known)).height]
        self.due = due
        if not self.strategy.learns:
            return parcels, np.zeros((rows.size, 0))
        log = number(pl.concat([parcels.with_columns(pl.col("seq") * -1), *due]), self.engine.last_seq + 1)
        replayed = feature_rows(log, self.engine)
        return parcels.with_columns(pl.Series("seq", replayed.seq)), replayed.values

    def _inspect(self, rows: Ints, parcels: pl.DataFrame, choice: Choice, next_week_us: int) -> None:
        period, taken = self.period, np.flatnonzero(choice.selected)
        at = rows[taken]
        self.selected[at] = True
        self.propensity[rows] = choice.propensity
        self.known_at_us[at] = np.maximum(period.lodged_at_us[at] + period.delay_us[at], next_week_us)
        cause = [choice.cause[index] for index in taken.tolist()]
        seen = outcomes_of(period, at, self.known_at_us[at], cause, choice.propensity[taken])
        self.pending.append(seen.with_columns(parcels["seq"].gather(pl.Series(taken)).alias("subject_seq")))

    def _keep(self, rows: Ints, values: Floats, *, whole: bool) -> None:
        """Keep feature rows of the selected, of the background, and of what the truth-trained ceiling needs."""
        kept = self.selected[rows] | self.is_kept[rows] | self.period.holds[rows] | whole
        self.rows.append(rows[kept])
        self.values.append(values[kept])

    def train(self, number_of_week: int) -> None:
        """Train on the results known at the end of the week."""
        period, options = self.period, self.options
        now_us = self.start_us + (number_of_week + 1) * WEEK_US
        first = max(0, number_of_week + 1 - options.memory_weeks)
        rows, values = np.concatenate(self.rows[first:]), np.concatenate(self.values[first:])
        known = self.selected & period.is_presented & (self.known_at_us < now_us) & ~period.is_undeclared
        background = np.zeros_like(self.is_kept) if self.strategy.as_published else self.is_kept & ~period.is_undeclared
        table = learning_rows(
            period,
            rows,
            values,
            known,
            background,
            self.propensity,
            options.fit,
            None if self.strategy.as_published else options.sensitivities,
        )
        if table.n_found >= 5:
            wanted = AS_PUBLISHED if self.strategy.as_published else options.fit
            fitted = fit(table, options=wanted, seed=self.seed, n_trees=options.n_trees, n_threads=options.n_threads)
            booster = fitted.booster
            self.model = lambda values: predict_raw(booster, values)
            self.calibration = calibration_of(period, self.rank_log_odds, known, self.propensity)

    def _figures(self, number_of_week: int, rows: Ints) -> dict[str, float]:
        period, at = self.period, rows[self.selected[rows]]
        inspected = at[period.is_presented[at]]
        findable = rows[period.would_be_found[rows] & period.is_presented[rows]]
        return {
            "week": number_of_week,
            "n_parcels": rows.size,
            "n_selected": at.size,
            "n_inspected": inspected.size,
            "n_found": int(period.would_be_found[inspected].sum()),
            "value": float(period.severity[inspected].sum()),
            "n_findable": findable.size,
            "findable_value": float(period.severity[findable].sum()),
        }


def log_odds_of_rank(raw: Floats) -> Floats:
    """Log-odds of the rank of each score among all of them: 0 in the middle, higher for higher scores.

    Scores of models that were trained on different results differ in scale; ranks do not, so that one calibration
    holds for the scores of several models. Of equal scores the first ranks higher.
    """
    percentile = np.empty(raw.size)
    percentile[np.argsort(-raw, kind="stable")] = (np.arange(raw.size) + 0.5) / raw.size
    return np.log((1.0 - percentile) / percentile)


def background_of(period: SimulationPeriod, options: LoopOptions, seed: int) -> Flags:
    """Parcels that are kept to fit against: a plain random sample of the mail flow."""
    per_week = period.events.height / (int(period.week[-1]) + 1)
    share = min(1.0, options.background_per_week / per_week)
    return np.asarray(np.random.default_rng(seed).random(period.events.height) < share)


def learning_rows(
    period: SimulationPeriod,
    rows: Ints,
    values: Floats,
    known: Flags,
    background: Flags,
    propensity: Floats,
    options: Options,
    sensitivities: Sensitivities | None = None,
) -> Rows:
    """Rows to fit on among those kept: results that are known, and the background without result.

    As in a training run there is no background where scores chose a good part of what is known, and with
    `sensitivities` a clean result weighs by its method, see `training.data.methods`.
    """
    labelled = known[rows]
    if scores_chose(propensity[known] >= SURE):
        background = np.zeros_like(background)
    chosen = labelled | background[rows]
    at = rows[chosen]
    label = (known[at] & period.would_be_found[at]).astype(np.float64)
    weight = np.ones(at.size)
    if options.weights == "ipw":
        weight = np.where(known[at], 1.0 / np.maximum(propensity[at], 1.0 / MAX_WEIGHT), weight)
    if sensitivities is not None and period.method is not None:
        results = pl.DataFrame({"label": np.where(known[at], label, -1.0), "method": method_names(period.method[at])})
        weight = weight * label_weights(results, sensitivities)
    weight = scaled(weight, label) if background.any() else weight
    return Rows(values=values[chosen], label=label, weight=weight, columns=tuple(range(values.shape[1])))


def method_names(method: Ints) -> pl.Series:
    """Names of methods that are given as numbers of ``METHODS``."""
    return pl.Series(METHODS).gather(pl.Series(method))


def calibration_of(period: SimulationPeriod, rank_log_odds: Floats, known: Flags, propensity: Floats) -> Calibration:
    """Calibration of where parcels stood when they were decided on, by the results that are `known`."""
    rows = known & np.isfinite(rank_log_odds)
    label = period.would_be_found[rows].astype(np.float64)
    if label.sum() < 2 or label.sum() == label.size:
        return Calibration()
    return calibrate(rank_log_odds[rows], label, np.minimum(1.0 / propensity[rows], SLOPES_WEIGHT))


def run_simulation(
    period: SimulationPeriod,
    strategy: Strategy,
    options: LoopOptions,
    *,
    seed: int = 1,
    progress: Callable[[float], None] | None = None,
) -> Simulated:
    """Simulate a whole period with one strategy."""
    simulation = _Simulation(period, strategy, options, seed)
    weeks = []
    for week in range(simulation.n_weeks):
        weeks.append(simulation.simulate_week(week))
        due = week + 1 >= options.warm_up_weeks and (week + 1) % options.train_every_weeks == 0
        if strategy.learns and due and week + 1 < simulation.n_weeks:
            simulation.train(week)
        if progress:
            progress((week + 1) / simulation.n_weeks)
    return Simulated(
        weeks=pl.DataFrame(weeks),
        selected=simulation.selected,
        propensity=simulation.propensity,
        rank_log_odds=simulation.rank_log_odds,
        rows=np.concatenate(simulation.rows),
        values=np.concatenate(simulation.values),
    )
