"""Do the intervals hold? One synthetic season, played by our policy, judged by the truth."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from features.bundle import Calibration, predict_raw
from features.declared.declare import Floats
from training.dataset import Flags, Ints
from training.fit import Options, Weights, fit
from training.flow import SURE, Flow, Found, estimate
from training.intervals import Interval, wilson
from training.loop import LoopOptions, Played, calibration_of, learning_rows, play
from training.season import WEEK_US, Season
from training.strategies import STRATEGIES


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One quantity in one world: its interval, the truth, and the intervals of two plain random samples.

    `draws` is as large as our random share was, from the flow that was not selected for its score; `all_random` as
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


def cover(season: Season, options: LoopOptions, *, seed: int) -> list[dict[str, Any]]:
    """Play a season with our policy and check the estimates for its second half.

    The first half after the warm-up calibrates; the challenger is a model with other parameters and inverse-propensity
    weights, fitted on what was known when the second half began.

    Returns
    -------
    list of dict
        One row each for the finding rate of the flow, the recall of the line, the challenger's yield, and the naive
        share of findings among inspected parcels.
    """
    ours = next(strategy for strategy in STRATEGIES if strategy.name == "ours")
    played = play(season, ours, options, seed=seed)
    week = season.week
    first_judged = int(week[-1]) + 1 - options.judged_weeks
    judged = week >= first_judged
    start_us = int(season.lodged_at_us[0]) + first_judged * WEEK_US
    known = played.selected & season.is_presented & (season.lodged_at_us + season.delay_us < start_us) & ~judged
    calibration = calibration_of(season, played.standing, known, played.propensity)
    flow = flow_of_season(season, played, judged, calibration)
    challenger = _challenger(season, played, known, judged, options, seed)
    rng = np.random.default_rng([seed, 7])
    truth = season.would_be_found[judged]
    everything, of_challenger = estimate(flow), estimate(flow, challenger)
    checks = [*_checks_of_flow(everything, flow, truth, rng), _yield(of_challenger, flow, truth, challenger, rng)]
    inspected = flow.label >= 0
    naive = wilson(int(flow.label[inspected].sum()), int(inspected.sum()))
    return [
        *(check.as_row() for check in checks),
        Checked(
            quantity="naive finding rate", truth=float(truth.mean()), interval=naive, draws=naive, all_random=naive
        ).as_row(),
    ]


def flow_of_season(season: Season, played: Played, judged: Flags, calibration: Calibration) -> Flow:
    """Flow of the `judged` parcels of a played season."""
    seen = played.selected & season.is_presented
    label = np.where(seen, season.would_be_found.astype(np.int64), -1)
    sender = season.events["sender_key"].fill_null(-1 - season.events["seq"].abs()).to_numpy()
    standing = np.nan_to_num(played.standing[judged], nan=-10.0)
    return Flow(
        predicted=calibration.probability(standing),
        label=label[judged],
        propensity=played.propensity[judged],
        is_selected=played.selected[judged],
        day=season.lodged_at_us[judged] // 86_400_000_000,
        sender=sender[judged],
    )


def _challenger(season: Season, played: Played, known: Flags, judged: Flags, options: LoopOptions, seed: int) -> Flags:
    """Parcels of the second half that a model fitted in another way would open."""
    early = ~judged[played.rows]
    kept = np.zeros(season.events.height, dtype=np.bool_)
    kept[played.rows[early]] = True
    other = Options(weights=Weights.IPW, params={"num_leaves": 7, "min_data_in_leaf": 50, "feature_fraction": 0.4})
    background = kept & ~played.selected
    rows = learning_rows(season, played.rows[early], played.values[early], known, background, played.propensity, other)
    booster = fit(rows, options=other, seed=seed, n_trees=options.n_trees, n_threads=1).booster
    return _top(predict_raw(booster, played.values[~early]), options.policy.capacity_share)


def _top(raw: Floats, share: float) -> Flags:
    chosen = np.zeros(raw.size, dtype=np.bool_)
    chosen[np.argsort(-raw, kind="stable")[: max(1, round(share * raw.size))]] = True
    return chosen


def _checks_of_flow(everything: Found, flow: Flow, truth: Flags, rng: np.random.Generator) -> list[Checked]:
    n, n_true = len(flow), int(truth.sum())
    drawn = _plain(flow, rng, flow.propensity < SURE)
    missed = _scaled_share(drawn, truth, int((flow.propensity < SURE).sum()))
    whole = _scaled_share(_plain(flow, rng, np.ones(n, dtype=np.bool_), everything.n_inspected), truth, n)
    sure = int(truth[(flow.propensity >= SURE)].sum())
    n_found = everything.n_found
    return [
        Checked(
            quantity="finding rate of the flow",
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


def _yield(found: Found, flow: Flow, truth: Flags, chosen: Flags, rng: np.random.Generator) -> Checked:
    unsure = chosen & (flow.propensity < SURE)
    sure = int(truth[chosen & ~unsure].sum())
    drawn = _plain(flow, rng, flow.propensity < SURE)
    everything = _plain(flow, rng, np.ones(len(flow), dtype=np.bool_), int((flow.label >= 0).sum()))
    return Checked(
        quantity="challenger's yield",
        truth=float(truth[chosen].sum()),
        interval=found.total,
        draws=_scaled_share(drawn[unsure[drawn]], truth, int(unsure.sum())).shifted(sure),
        all_random=_scaled_share(everything[chosen[everything]], truth, int(chosen.sum())),
    )


def _plain(flow: Flow, rng: np.random.Generator, among: Flags, n: int | None = None) -> Ints:
    """Plain random sample: as many parcels as our random share had results, or `n`."""
    size = int(((flow.label >= 0) & (flow.propensity < SURE)).sum()) if n is None else n
    return np.asarray(rng.choice(np.flatnonzero(among), min(size, int(among.sum())), replace=False))


def _scaled_share(sample: Ints, truth: Flags, n: int) -> Interval:
    return wilson(int(truth[sample].sum()), sample.size).scaled(float(n))


def _recall(n_found: int, total: Interval) -> Interval:
    def share(all_findings: float) -> float:
        return min(1.0, n_found / all_findings) if all_findings > 0 else 1.0

    return Interval(value=share(total.value), low=share(total.high), high=share(total.low))


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Share of worlds in which each interval holds, and its width beside those of plain random samples."""
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
