"""Do the intervals hold? One synthetic period, simulated with our policy, judged by the truth."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from features.bundle import Calibration, predict_raw
from features.declared.declare import Floats
from policy.estimates import SURE, EstimatedFindings, Interval, Population, estimate, wilson
from training.backtest.period import WEEK_US, SimulationPeriod
from training.backtest.simulate import LoopOptions, Simulated, calibration_of, learning_rows, run_simulation
from training.backtest.strategies import STRATEGIES
from training.data.datasets import Flags, Ints
from training.estimates import presented_share
from training.fit.booster import Options, Weights, fit


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One quantity in one world: its interval, the truth, and the intervals of two plain random samples.

    `draws` is as large as our random share was, from the parcels that were not selected for its score; `all_random` as
    large as all our inspections.
    """

    quantity: str
    truth: float
    interval: Interval
    draws: Interval
    all_random: Interval

    def as_row(self) -> dict[str, Any]:
        """Flat values for a table."""
        ours = {name: value for name, value in asdict(self.interval).items()}
        return {
            "quantity": self.quantity,
            "truth": self.truth,
            **ours,
            "holds": self.interval.holds(self.truth),
            "width": self.interval.width,
            "plain_width": self.draws.width,
            "plain_holds": self.draws.holds(self.truth),
            "all_random_width": self.all_random.width,
        }


def cover(period: SimulationPeriod, options: LoopOptions, *, seed: int) -> list[dict[str, Any]]:
    """Simulate a period with our policy and check the estimates for its second half.

    The first half after the warm-up calibrates; the challenger is a model with other parameters and inverse-propensity
    weights, fitted on what was known when the second half began.

    Returns
    -------
    list of dict
        One row each for the finding rate of the population, the recall of the line, the challenger's yield, and the
        naive share of findings among inspected parcels.
    """
    simulated, judged, known, calibration = halves(period, options, seed=seed)
    population = population_of_period(period, simulated, judged, calibration)
    challenger = _challenger(period, simulated, known, judged, options, seed)
    rng = np.random.default_rng([seed, 7])
    truth = period.would_be_found[judged]
    everything, of_challenger = estimate(population), estimate(population, challenger)
    checks = [
        *_checks_of_population(everything, population, truth, rng),
        _yield(of_challenger, population, truth, challenger, rng),
    ]
    inspected = population.label >= 0
    naive = wilson(int(population.label[inspected].sum()), int(inspected.sum()))
    return [
        *(check.as_row() for check in checks),
        Checked(
            quantity="naive finding rate", truth=float(truth.mean()), interval=naive, draws=naive, all_random=naive
        ).as_row(),
    ]


def halves(period: SimulationPeriod, options: LoopOptions, *, seed: int) -> tuple[Simulated, Flags, Flags, Calibration]:
    """Simulate our policy; return it, the second half, the results known before that, and a calibration by them."""
    ours = next(strategy for strategy in STRATEGIES if strategy.name == "ours")
    simulated = run_simulation(period, ours, options, seed=seed)
    week = period.week
    first_judged = int(week[-1]) + 1 - options.judged_weeks
    judged = week >= first_judged
    start_us = int(period.lodged_at_us[0]) + first_judged * WEEK_US
    known = simulated.selected & period.is_presented & (period.lodged_at_us + period.delay_us < start_us) & ~judged
    return simulated, judged, known, calibration_of(period, simulated.rank_log_odds, known, simulated.propensity)


def population_of_period(
    period: SimulationPeriod, simulated: Simulated, judged: Flags, calibration: Calibration
) -> Population:
    """Population of the `judged` parcels of a simulated period."""
    seen = simulated.selected & period.is_presented
    label = np.where(seen, period.would_be_found.astype(np.int64), -1)
    sender = period.events["sender_key"].fill_null(-1 - period.events["seq"].abs()).to_numpy()
    rank_log_odds = np.nan_to_num(simulated.rank_log_odds[judged], nan=-10.0)
    return Population(
        predicted=calibration.probability(rank_log_odds),
        label=label[judged],
        propensity=simulated.propensity[judged],
        is_selected=simulated.selected[judged],
        day=period.lodged_at_us[judged] // 86_400_000_000,
        sender=sender[judged],
    )


def population_as_presented(
    period: SimulationPeriod, simulated: Simulated, judged: Flags, calibration: Calibration, earlier: Flags
) -> Population:
    """The same where posts differ in what they present, and where some mail was declared by nobody.

    Of undeclared items no model knows anything: each is expected to hold what those with a result of `earlier` weeks
    did, one of which is taken to be a finding in a hundred more.
    """
    has_result = simulated.selected & period.is_presented
    origin = period.events["dispatch_country"]
    shares = presented_share(simulated.selected[judged], has_result[judged], origin.filter(pl.Series(judged)))
    population = population_of_period(period, simulated, judged, calibration)
    known = period.would_be_found[earlier & period.is_undeclared]
    usual = (float(known.sum()) + 1.0) / (known.size + 100.0)
    predicted = np.where(period.is_undeclared[judged], usual, population.predicted)
    return replace(population, predicted=predicted, known_share=shares)


def _challenger(
    period: SimulationPeriod, simulated: Simulated, known: Flags, judged: Flags, options: LoopOptions, seed: int
) -> Flags:
    """Parcels of the second half that a model fitted in another way would open."""
    early = ~judged[simulated.rows]
    kept = np.zeros(period.events.height, dtype=np.bool_)
    kept[simulated.rows[early]] = True
    other = Options(weights=Weights.IPW, params={"num_leaves": 7, "min_data_in_leaf": 50, "feature_fraction": 0.4})
    background = kept & ~simulated.selected
    rows = learning_rows(
        period, simulated.rows[early], simulated.values[early], known, background, simulated.propensity, other
    )
    booster = fit(rows, options=other, seed=seed, n_trees=options.n_trees, n_threads=1).booster
    return _top(predict_raw(booster, simulated.values[~early]), options.policy.capacity_share)


def _top(raw: Floats, share: float) -> Flags:
    chosen = np.zeros(raw.size, dtype=np.bool_)
    chosen[np.argsort(-raw, kind="stable")[: max(1, round(share * raw.size))]] = True
    return chosen


def _checks_of_population(
    everything: EstimatedFindings, population: Population, truth: Flags, rng: np.random.Generator
) -> list[Checked]:
    n, n_true = len(population), int(truth.sum())
    drawn = _plain(population, rng, population.propensity < SURE)
    missed = _scaled_share(drawn, truth, int((population.propensity < SURE).sum()))
    whole = _scaled_share(_plain(population, rng, np.ones(n, dtype=np.bool_), everything.n_inspected), truth, n)
    sure = int(truth[(population.propensity >= SURE)].sum())
    n_found = everything.n_found
    return [
        Checked(
            quantity="finding rate of the population",
            truth=n_true / n,
            interval=everything.finding_share,
            draws=missed.shifted(sure).scaled(1 / n),
            all_random=whole.scaled(1 / n),
        ),
        Checked(
            quantity="recall of the line",
            truth=n_found / max(1, n_true),
            interval=everything.recall,
            draws=_recall(n_found, missed.shifted(sure)),
            all_random=_recall(n_found, whole),
        ),
    ]


def _yield(
    found: EstimatedFindings, population: Population, truth: Flags, chosen: Flags, rng: np.random.Generator
) -> Checked:
    unsure = chosen & (population.propensity < SURE)
    sure = int(truth[chosen & ~unsure].sum())
    drawn = _plain(population, rng, population.propensity < SURE)
    everything = _plain(population, rng, np.ones(len(population), dtype=np.bool_), int((population.label >= 0).sum()))
    return Checked(
        quantity="challenger's yield",
        truth=float(truth[chosen].sum()),
        interval=found.total,
        draws=_scaled_share(drawn[unsure[drawn]], truth, int(unsure.sum())).shifted(sure),
        all_random=_scaled_share(everything[chosen[everything]], truth, int(chosen.sum())),
    )


def _plain(population: Population, rng: np.random.Generator, among: Flags, n: int | None = None) -> Ints:
    """Plain random sample: as many parcels as our random share had results, or `n`."""
    size = int(((population.label >= 0) & (population.propensity < SURE)).sum()) if n is None else n
    return np.asarray(rng.choice(np.flatnonzero(among), min(size, int(among.sum())), replace=False))


def _scaled_share(sample: Ints, truth: Flags, n: int) -> Interval:
    return wilson(int(truth[sample].sum()), sample.size).scaled(float(n))


def _recall(n_found: int, total: Interval) -> Interval:
    def share(all_findings: float) -> float:
        return min(1.0, n_found / all_findings) if all_findings > 0 else 1.0

    return Interval(value=share(total.value), low=share(total.high), high=share(total.low))


def coverage_summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Share of worlds in which each interval holds, and its width compared with those of plain random samples."""
    names = list(dict.fromkeys(row["quantity"] for row in rows))
    return [_summary_of(name, [row for row in rows if row["quantity"] == name]) for name in names]


def _summary_of(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    def mean(key: str) -> float:
        return float(np.mean(np.array([row[key] for row in rows], dtype=np.float64)))

    narrower: Floats = np.array([row["width"] < row["plain_width"] for row in rows], dtype=np.float64)
    return {
        "quantity": name,
        "worlds": len(rows),
        "holds": mean("holds"),
        "plain_holds": mean("plain_holds"),
        "width": mean("width"),
        "plain_width": mean("plain_width"),
        "all_random_width": mean("all_random_width"),
        "narrower_in": float(narrower.mean()),
    }
