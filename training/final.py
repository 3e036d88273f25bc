"""The final model of a played season beside its ceiling: the same model trained on what every parcel really held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.bundle import predict_raw
from features.declared.declare import Floats
from training.dataset import Flags
from training.fit import Rows, fit, scaled
from training.loop import LoopOptions, Played, background_of, learning_rows
from training.metrics import at_capacity
from training.season import WEEK_US, Season


@dataclass(frozen=True, kw_only=True)
class Final:
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


def final(season: Season, played: Played, options: LoopOptions, *, seed: int, n_trees: int = 250) -> Final:
    """Train on what was known when the judged weeks began, and judge both models on them."""
    first_judged = int(season.week[-1]) + 1 - options.judged_weeks
    late = season.week[played.rows] >= first_judged
    start_us = int(season.lodged_at_us[0]) + first_judged * WEEK_US
    known = played.selected & season.is_presented & (season.lodged_at_us + season.delay_us < start_us)
    background = background_of(season, options, seed)
    rows, values = played.rows[~late], played.values[~late]
    # Judged as a model of ours, whatever the strategy itself trained on.
    gathered = learning_rows(season, rows, values, known, background, played.propensity, options.fit)
    truth = _truth_rows(season, played, ~late, background)
    holds = season.holds[played.rows[late]].astype(np.int64)

    def recall(table: Rows) -> float:
        booster = fit(table, options=options.fit, seed=seed, n_trees=n_trees, n_threads=options.n_threads).booster
        raw: Floats = predict_raw(booster, played.values[late])
        return at_capacity(raw, holds, options.policy.capacity_share)[1]

    return Final(
        recall=recall(gathered),
        ceiling_recall=recall(truth),
        n_found=gathered.n_found,
        n_truth=truth.n_found,
        n_judged=int(late.sum()),
    )


def _truth_rows(season: Season, played: Played, early: Flags, background: Flags) -> Rows:
    rows, values = played.rows[early], played.values[early]
    holds = season.holds[rows]
    chosen = holds | background[rows]
    label = holds[chosen].astype(np.float64)
    return Rows(
        values=values[chosen],
        label=label,
        weight=scaled(np.ones(label.size), label),
        columns=tuple(range(values.shape[1])),
    )
