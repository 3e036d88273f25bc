"""The final model of a simulated period compared with its ceiling: the same model trained on the full truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.bundle import predict_raw
from features.declared.declare import Floats
from training.backtest.period import WEEK_US, SimulationPeriod
from training.backtest.simulate import LoopOptions, Simulated, background_of, learning_rows
from training.data.datasets import Flags
from training.evaluation.metrics import at_capacity
from training.fit.booster import Rows, fit, scaled


@dataclass(frozen=True, kw_only=True)
class CeilingComparison:
    """Share of the contraband of the last weeks that is ranked within the line's capacity.

    Attributes
    ----------
    recall, ceiling_recall:
        Of the model trained on the results that the strategy had gathered, and of the one trained on the truth.
    n_found, n_truth:
        Findings, and parcels with contraband, that each was trained on.
    n_judged:
        Parcels of the last weeks.
    """

    recall: float
    ceiling_recall: float
    n_found: int
    n_truth: int
    n_judged: int

    @property
    def share_of_ceiling(self) -> float:
        """Recall over that of the ceiling."""
        return self.recall / self.ceiling_recall if self.ceiling_recall else 0.0


def compare_with_ceiling(
    period: SimulationPeriod, simulated: Simulated, options: LoopOptions, *, seed: int, n_trees: int = 250
) -> CeilingComparison:
    """Train on what was known when the judged weeks began, and judge both models on them."""
    first_judged = int(period.week[-1]) + 1 - options.judged_weeks
    late = period.week[simulated.rows] >= first_judged
    start_us = int(period.lodged_at_us[0]) + first_judged * WEEK_US
    known = simulated.selected & period.is_presented & (period.lodged_at_us + period.delay_us < start_us)
    background = background_of(period, options, seed)
    rows, values = simulated.rows[~late], simulated.values[~late]
    # Judged as a model of ours, whatever the strategy itself trained on.
    gathered = learning_rows(
        period, rows, values, known, background, simulated.propensity, options.fit, options.sensitivities
    )
    truth = _truth_rows(period, simulated, ~late, background)
    holds = period.holds[simulated.rows[late]].astype(np.int64)

    def recall(table: Rows) -> float:
        booster = fit(table, options=options.fit, seed=seed, n_trees=n_trees, n_threads=options.n_threads).booster
        raw: Floats = predict_raw(booster, simulated.values[late])
        return at_capacity(raw, holds, options.policy.capacity_share)[1]

    return CeilingComparison(
        recall=recall(gathered),
        ceiling_recall=recall(truth),
        n_found=gathered.n_found,
        n_truth=truth.n_found,
        n_judged=int(late.sum()),
    )


def _truth_rows(period: SimulationPeriod, simulated: Simulated, early: Flags, background: Flags) -> Rows:
    rows, values = simulated.rows[early], simulated.values[early]
    holds = period.holds[rows]
    chosen = holds | background[rows]
    label = holds[chosen].astype(np.float64)
    return Rows(
        values=values[chosen],
        label=label,
        weight=scaled(np.ones(label.size), label),
        columns=tuple(range(values.shape[1])),
    )
